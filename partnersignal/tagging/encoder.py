"""The encoder: a small fine-tuned transformer, run by onnxruntime.

One set of weights: ``model.safetensors`` (half precision) is what transformers loads, and what the
graph ``encoder.onnx``, which holds none, is given when it is loaded here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partnersignal.errors import ModelError
from partnersignal.memory import give_back
from partnersignal.tagging.calibration import Floats

GRAPH_FILE = "encoder.onnx"
WEIGHTS_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"
LONGEST = 600  # characters of a sentence that are read
_BATCH = 16  # measured: larger batches pad more than they save (benchmarks/results)
# What the voice is called in the text the model reads.
VOICE_WORDS = {"supplier": "supplier", "customer": "customer", "third_person": "note"}


def encoder_input(sentence: str, voice: str) -> str:
    """Write a sentence as the encoder reads it.

    Parameters
    ----------
    sentence : str
        What was said.
    voice : str
        Who speaks.

    Returns
    -------
    str
        With the voice before it.
    """
    return f"{VOICE_WORDS[voice]}: {sentence[:LONGEST]}"


@dataclass(frozen=True)
class EncoderModel:
    """A fine-tuned encoder.

    Attributes
    ----------
    folder : pathlib.Path
        Where it was loaded from.
    n_signals : int
        Width of its scores.
    context : bool
        Whether it reads the sentence before.
    run : callable
        From token ids and mask to log-odds.
    tokenizer : tokenizers.Tokenizer
        Cuts texts.
    """

    folder: Path
    n_signals: int
    context: bool
    run: Callable[[Any, Any, Any], Any]
    tokenizer: Any

    def __reduce__(self) -> tuple[Any, ...]:
        """Load again in another process: sessions of onnxruntime cannot be sent."""
        return load_encoder, (self.folder, self.n_signals, self.context, self.tokenizer.truncation["max_length"])

    def scores(
        self,
        sentences: Sequence[str],
        voices: Sequence[str],
        previous: Sequence[str] | None = None,
        messages: Sequence[int] | None = None,
    ) -> Floats:
        """Score sentences.

        Parameters
        ----------
        sentences, voices : sequence of str of length n_sentences
            What was said, and by whom.
        previous : sequence of str, optional
            The sentences before, for a model that reads context.
        messages : optional
            The message of each; this model does not read it.

        Returns
        -------
        numpy.ndarray of shape (n_sentences, n_signals)
            Log-odds, not calibrated. Repeated inputs are scored once; batches are of like length.
        """
        del messages
        before = previous if self.context and previous is not None else [""] * len(sentences)
        keys = [
            (encoder_input(sentence, voice), context[-LONGEST:])
            for sentence, voice, context in zip(sentences, voices, before, strict=True)
        ]
        places: dict[tuple[str, str], int] = {}
        rows = [places.setdefault(key, len(places)) for key in keys]
        unique = np.zeros((len(places), self.n_signals))
        encoded = self.tokenizer.encode_batch([key if key[1] else key[0] for key in places])
        order = sorted(range(len(encoded)), key=lambda place: len(encoded[place].ids))
        for first in range(0, len(order), _BATCH):
            batch = order[first : first + _BATCH]
            unique[batch] = self._batch([encoded[place] for place in batch])
        return unique[rows]

    def _batch(self, encoded: Sequence[Any]) -> Floats:
        longest = max(len(each.ids) for each in encoded)
        ids, mask, types = (np.zeros((len(encoded), longest), dtype=np.int64) for _ in range(3))
        for row, each in enumerate(encoded):
            ids[row, : len(each.ids)] = each.ids
            mask[row, : len(each.ids)] = 1
            types[row, : len(each.ids)] = each.type_ids
        return np.asarray(self.run(ids, mask, types), dtype=np.float64)


def load_encoder(folder: Path, n_signals: int, context: bool, max_tokens: int) -> EncoderModel:
    """Read an encoder.

    Parameters
    ----------
    folder : pathlib.Path
        With graph, weights and tokenizer.
    n_signals : int
        Signals the model's configuration names.
    context : bool
        Whether it reads the sentence before.
    max_tokens : int
        Longest input.

    Returns
    -------
    EncoderModel
        Runs on one thread: a run has a process for each core, and one thread gives the same bits everywhere.

    Raises
    ------
    ModelError
        If a file is missing, damaged, or does not fit the others.
    """
    import onnxruntime
    from safetensors import safe_open
    from tokenizers import Tokenizer

    for name in (GRAPH_FILE, WEIGHTS_FILE, TOKENIZER_FILE):
        if not (folder / name).is_file():
            raise ModelError(f"got the model folder {folder} without {name}, expected it there; copy the folder again")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    give_back()
    try:
        with safe_open(folder / WEIGHTS_FILE, framework="numpy") as file:  # one at a time: half the memory of all at once
            names = file.keys()
            weights = {name: file.get_tensor(name).astype(np.float32) for name in names}
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array)) for array in weights.values()]
        options.add_external_initializers(list(weights), values)
        session = onnxruntime.InferenceSession(str(folder / GRAPH_FILE), options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)
    except Exception as error:  # onnxruntime and tokenizers raise bare exceptions of their own
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
        raise ModelError(f"got the model folder {folder}, which is damaged ({reason}); copy or train it again") from error
    del weights, values, options
    give_back()
    width = session.get_outputs()[0].shape[-1]
    if width != n_signals:
        raise ModelError(f"got an encoder with {width} outputs in {folder}, expected {n_signals}; copy or train it again")

    wanted = {each.name for each in session.get_inputs()}  # not every architecture knows token types

    def _run(ids: Any, mask: Any, types: Any) -> Any:
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        return session.run(None, {name: array for name, array in given.items() if name in wanted})[0]

    return EncoderModel(folder, n_signals, context, _run, tokenizer)
