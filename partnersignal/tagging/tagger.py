"""The tagger: sentences in, signals with calibrated probabilities out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice, repeat
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from partnersignal.cleaning import find_zones, split_sentences
from partnersignal.errors import InputError, ModelError
from partnersignal.messages import VOICES, Sentence, Tag, TaggedText
from partnersignal.tagging.calibration import Floats
from partnersignal.tagging.cascade import CascadeModel
from partnersignal.tagging.encoder import EncoderModel, load_encoder
from partnersignal.tagging.folder import ModelConfig, load_config
from partnersignal.tagging.hub import PREFIX, fetch_model
from partnersignal.tagging.linear import LinearModel, load_linear
from partnersignal.tagging.occlusion import WordWeight, weigh_words
from partnersignal.tagging.resources import shipped

DEFAULT_MODEL = "models/default"
SHIPPED_NAMES = ("default", "linear", "encoder")
_BATCH = 512  # texts whose sentences are scored together


class Backend(Protocol):
    """What a model must do: give raw scores."""

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
            The sentences before.
        messages : sequence of int of length n_sentences, optional
            Number of the message that each stands in; without it each stands alone.

        Returns
        -------
        numpy.ndarray of shape (n_sentences, n_signals)
            Log-odds.
        """


class Tagger:
    """Finds behaviour signals in sentences.

    Parameters
    ----------
    config : ModelConfig
        Signals, calibration, thresholds.
    backend : Backend
        The weights.
    name : str, optional
        Where it came from, for receipts.
    folder : pathlib.Path, optional
        Where it lies.
    """

    def __init__(self, config: ModelConfig, backend: Backend, name: str = "", folder: Path | None = None) -> None:
        self.config = config
        self.backend = backend
        self.name = name
        self.folder = folder

    @property
    def signals(self) -> tuple[str, ...]:
        """Labels, in the order of the columns of `predict_proba`."""
        return tuple(signal.label for signal in self.config.signals)

    @property
    def thresholds(self) -> dict[str, float]:
        """Probability from which a sentence is given a signal."""
        return dict(zip(self.signals, self.config.calibration.threshold.tolist(), strict=True))

    @property
    def reads_context(self) -> bool:
        """Whether the model reads the sentence before."""
        encoder = self.backend.encoder if isinstance(self.backend, CascadeModel) else self.backend
        return isinstance(encoder, EncoderModel) and encoder.context

    def __repr__(self) -> str:
        """Return the backend and the number of signals."""
        return f"Tagger({self.config.backend}, {len(self.signals)} signals{', ' + self.name if self.name else ''})"

    def predict_proba(
        self,
        sentences: Sequence[str],
        voices: Sequence[str] | str = "supplier",
        previous: Sequence[str] | None = None,
        messages: Sequence[int] | None = None,
    ) -> Floats:
        """Give the probability of each signal for each sentence.

        Parameters
        ----------
        sentences : sequence of str of length n_sentences
            Sentences, not whole messages.
        voices : sequence of str of length n_sentences, or str, default "supplier"
            Who speaks about the supplier: ``supplier``, ``customer`` or ``third_person``.
        previous : sequence of str, optional
            The sentence before each, for models that read context.
        messages : sequence of int of length n_sentences, optional
            Number of the message that each stands in: among offers a plain claim is an offer too. Without it each
            stands alone.

        Returns
        -------
        numpy.ndarray of shape (n_sentences, n_signals)
            Calibrated probabilities, columns in the order of `signals`.

        Raises
        ------
        InputError
            If a text is not a str, a voice is unknown, or the lengths differ.
        """
        if isinstance(sentences, str):
            raise InputError("got one text, expected a list of sentences; use tag(text) for one text")
        voices = [voices] * len(sentences) if isinstance(voices, str) else list(voices)
        if len(voices) != len(sentences):
            raise InputError(f"got {len(sentences)} sentences and {len(voices)} voices, expected as many of each")
        if previous is not None and len(previous) != len(sentences):
            raise InputError(f"got {len(sentences)} sentences and {len(previous)} previous ones, expected as many of each")
        if messages is not None and len(messages) != len(sentences):
            raise InputError(
                f"got {len(sentences)} sentences and {len(messages)} numbers of messages, expected as many of each"
            )
        for sentence in sentences:
            if not isinstance(sentence, str):
                raise InputError(f"got a sentence of type {type(sentence).__name__}, expected str")
        for voice in voices:
            _check_voice(voice)
        return self.config.probabilities(self.backend.scores(sentences, voices, previous, messages), messages)

    def tag(self, text: str, *, voice: str = "supplier") -> TaggedText:
        """Tag one text.

        Parameters
        ----------
        text : str
            A sentence or a whole message; quotes and signatures in it are passed over.
        voice : str, default "supplier"
            Who speaks about the supplier.

        Returns
        -------
        TaggedText
            Tags at or above their thresholds; none for an empty text.

        Raises
        ------
        InputError
            If `text` is not a str or `voice` is unknown.
        """
        return next(self.tag_many([text], [voice]))

    def tag_many(self, texts: Iterable[str], voices: Iterable[str] | str = "supplier") -> Iterator[TaggedText]:
        """Tag many texts, in batches.

        Parameters
        ----------
        texts : iterable of str
            As in `tag`.
        voices : iterable of str, or str, default "supplier"
            One for each text, or one for all.

        Yields
        ------
        TaggedText
            In the order of `texts`.

        Raises
        ------
        InputError
            If a text is not a str, a voice is unknown, or there are fewer voices than texts.
        """
        text_iterator = iter(texts)
        voice_iterator = repeat(voices) if isinstance(voices, str) else iter(voices)
        while batch := list(islice(text_iterator, _BATCH)):
            batch_voices = list(islice(voice_iterator, len(batch)))
            if len(batch_voices) < len(batch):
                raise InputError("got fewer voices than texts, expected one for each")
            for text in batch:
                if not isinstance(text, str):
                    raise InputError(f"got a text of type {type(text).__name__}, expected str")
            split = [split_sentences(text, find_zones(text)) for text in batch]
            tags = self.tag_sentences(split, batch_voices)
            yield from (TaggedText(text, found) for text, found in zip(batch, tags, strict=True))

    def tag_sentences(self, texts: Sequence[Sequence[Sentence]], voices: Sequence[str]) -> list[tuple[Tag, ...]]:
        """Tag texts that are already cut into sentences.

        Parameters
        ----------
        texts : sequence of sequence of Sentence
            The sentences of each text, in order.
        voices : sequence of str
            One for each text.

        Returns
        -------
        list of tuple of Tag
            One tuple a text.
        """
        flat = [sentence for sentences in texts for sentence in sentences]
        flat_voices = [voice for sentences, voice in zip(texts, voices, strict=True) for _ in sentences]
        previous = [before for sentences in texts for before in ["", *(s.text for s in sentences)][: len(sentences)]]
        messages = [number for number, sentences in enumerate(texts) for _ in sentences]
        probabilities = self.predict_proba([s.text for s in flat], flat_voices, previous, messages)
        rows = iter(
            tuple(replace(tag, explainer=partial(self.explain, tag.text, tag.signal, voice=v, previous=b)) for tag in tags)
            for tags, v, b in zip(self.decide(flat, probabilities), flat_voices, previous, strict=True)
        )
        return [tuple(tag for _ in sentences for tag in next(rows)) for sentences in texts]

    def explain(self, sentence: str, signal: str, *, voice: str = "supplier", previous: str = "") -> tuple[WordWeight, ...]:
        """Find the words that speak for a signal.

        Parameters
        ----------
        sentence : str
            One sentence.
        signal : str
            One of `signals`.
        voice : str, default "supplier"
            Who speaks about the supplier.
        previous : str, optional
            The sentence before.

        Returns
        -------
        tuple of WordWeight
            The heaviest first.

        Raises
        ------
        InputError
            If there is no such signal or voice.
        """
        _check_voice(voice)
        if signal not in self.signals:
            raise InputError(f"got the signal {signal!r}, expected one of {', '.join(self.signals)}")
        column = self.signals.index(signal)
        # Without its screen: a sentence short of a word must be scored, not passed over.
        backend = replace(self.backend, screen=0.0) if isinstance(self.backend, CascadeModel) else self.backend
        return weigh_words(
            sentence, lambda texts: backend.scores(texts, [voice] * len(texts), [previous] * len(texts))[:, column]
        )

    def decide(self, sentences: Sequence[Sentence], probabilities: Floats) -> list[tuple[Tag, ...]]:
        """Keep the signals at or above their thresholds.

        Parameters
        ----------
        sentences : sequence of Sentence of length n_sentences
            What was scored.
        probabilities : numpy.ndarray of shape (n_sentences, n_signals)
            From `predict_proba`.

        Returns
        -------
        list of tuple of Tag
            One tuple a sentence, in column order.
        """
        chosen = probabilities >= self.config.calibration.threshold
        found: list[list[Tag]] = [[] for _ in sentences]
        for row, column in zip(*np.nonzero(chosen), strict=True):
            s = sentences[row]
            found[row].append(Tag(s.number, s.start, s.end, s.text, self.signals[column], float(probabilities[row, column])))
        return [tuple(tags) for tags in found]


def _check_voice(voice: str) -> None:
    if voice not in VOICES:
        raise InputError(f"got the voice {voice!r}, expected one of {', '.join(VOICES)}")


def find_model(model: str | os.PathLike[str] = "default") -> Path:
    """Find a model's folder.

    Parameters
    ----------
    model : str or path, default "default"
        As in `load`.

    Returns
    -------
    pathlib.Path
        An existing folder.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    name = str(model)
    if name.startswith(PREFIX):
        return fetch_model(name)
    folder = shipped(DEFAULT_MODEL) if name in SHIPPED_NAMES else Path(model)
    # A cascade holds the models it is made of as folders of their own.
    folder = folder / name if name in SHIPPED_NAMES[1:] and (folder / name).is_dir() else folder
    if not folder.is_dir():
        raise ModelError(
            f"got the model {str(model)!r}, expected {', '.join(SHIPPED_NAMES)}, or a folder written by: partnersignal train"
        )
    return folder


def load(model: str | os.PathLike[str] = "default") -> Tagger:
    """Load a tagger.

    Parameters
    ----------
    model : str or path, default "default"
        ``default``: the shipped model; ``linear``, ``encoder``: the shipped ones of that kind; a model folder; or
        ``hf://owner/model``, which is fetched from the Hub.

    Returns
    -------
    Tagger
        Ready to use; nothing else is fetched from a network.

    Raises
    ------
    ModelError
        If there is no such model, or its folder is damaged or of another format.
    """
    folder = find_model(model)
    config = load_config(folder)
    return Tagger(config, _backend(folder, config), str(model), folder)


def _backend(folder: Path, config: ModelConfig) -> Backend:
    width = len(config.signals)
    if config.backend == "linear":
        return load_linear(folder, width)
    if config.backend == "encoder":
        return load_encoder(folder, width, *_options(folder, config, ("context", bool), ("max_tokens", int)))
    share, screen, silent = _options(folder, config, ("share", float), ("screen", float), ("silent", float))
    # The encoder first: packing its weights takes most memory for a moment.
    parts = {name: load_config(folder / name) for name in ("encoder", "linear")}
    encoder, linear = (_backend(folder / name, part) for name, part in parts.items())
    if not isinstance(linear, LinearModel) or not isinstance(encoder, EncoderModel):
        raise ModelError(f"got a cascade of other models in {folder}, expected linear and encoder; copy or train it again")
    return CascadeModel(linear, parts["linear"], encoder, share, screen, silent)


def _options(folder: Path, config: ModelConfig, *wanted: tuple[str, type]) -> list[Any]:
    """Read the backend's options, each of its type."""
    try:
        return [kind(config.options[name]) for name, kind in wanted]
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"got a damaged configuration in {folder} (option {error}); copy or train the model again") from error
