"""The spaCy component: ``nlp.add_pipe("partnersignal")`` puts the signals into ``doc.spans``."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup
from spacy.util import from_bytes, to_bytes

from partnersignal.errors import ModelError
from partnersignal.messages import TaggedText
from partnersignal.tagging.folder import CONFIG_FILE, model_files, write_model_files
from partnersignal.tagging.hub import PREFIX
from partnersignal.tagging.tagger import SHIPPED_NAMES, Tagger, find_model, load


@Language.factory(
    "partnersignal",
    assigns=["doc.spans"],
    default_config={"model": "default", "voice": "supplier", "spans_key": "signals"},
)
def make_component(nlp: Language, name: str, model: str, voice: str, spans_key: str) -> SignalComponent:
    """Make the component for a pipeline.

    Parameters
    ----------
    nlp : spacy.language.Language
        The pipeline; nothing of it is needed, any language's tokenizer will do.
    name : str
        Of the component in the pipeline.
    model : str
        As in `load`. A pipeline saved with a model of your own, or of the Hub, holds a copy of it.
    voice : str
        Who speaks in the texts: ``supplier``, ``customer`` or ``third_person``.
    spans_key : str
        Key in ``doc.spans``.

    Returns
    -------
    SignalComponent
        Ready to use.
    """
    del nlp
    return SignalComponent(name, model, voice, spans_key)


class SignalComponent:
    """Tags docs: a span a tag, its label the signal; probabilities in ``doc.spans[key].attrs["scores"]``.

    Parameters
    ----------
    name : str
        Of the component in the pipeline.
    model : str
        As in `load`.
    voice : str
        Who speaks.
    spans_key : str
        Key in ``doc.spans``.
    """

    def __init__(self, name: str, model: str, voice: str, spans_key: str) -> None:
        self.name = name
        self.voice = voice
        self.spans_key = spans_key
        self._model = model
        self._files: dict[str, bytes] = {}  # of a model that came as bytes
        self._loaded: Tagger | ModelError | None = None
        # A saved pipeline brings its model once it is made, on machines that do not have this one, and without the Hub.
        if not model.startswith(PREFIX):
            try:
                self._loaded = load(model)
            except ModelError as error:
                self._loaded = error

    @property
    def _tagger(self) -> Tagger:
        if self._loaded is None:
            self._loaded = load(self._model)
        if isinstance(self._loaded, ModelError):
            raise self._loaded
        return self._loaded

    def __call__(self, doc: Doc) -> Doc:
        """Tag one doc.

        Parameters
        ----------
        doc : spacy.tokens.Doc
            Changed in place.

        Returns
        -------
        spacy.tokens.Doc
            The same doc.
        """
        return self._set(doc, self._tagger.tag(doc.text, voice=self.voice))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 128) -> Iterator[Doc]:
        """Tag docs in batches.

        Parameters
        ----------
        stream : iterable of spacy.tokens.Doc
            Changed in place.
        batch_size : int, default 128
            Docs scored together.

        Yields
        ------
        spacy.tokens.Doc
            In order.
        """
        docs = iter(stream)
        while batch := list(islice(docs, batch_size)):
            tagged = self._tagger.tag_many([doc.text for doc in batch], self.voice)
            yield from (self._set(doc, found) for doc, found in zip(batch, tagged, strict=True))

    def _set(self, doc: Doc, tagged: TaggedText) -> Doc:
        spans, scores = [], []
        for tag in tagged.tags:
            span = doc.char_span(tag.start, tag.end, label=tag.signal, alignment_mode="expand")
            if span is not None:
                spans.append(span)
                scores.append(tag.probability)
        doc.spans[self.spans_key] = SpanGroup(doc, name=self.spans_key, spans=spans, attrs={"scores": scores})
        return doc

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Copy the model beside the pipeline, unless it ships with the library.

        Parameters
        ----------
        path : path
            Folder to write.
        exclude : iterable of str
            Unused.
        """
        del exclude
        files, folder = self._own_files(), Path(path)
        if (folder / CONFIG_FILE).is_file():
            shutil.rmtree(folder)  # of an earlier model
        write_model_files(files, folder)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> SignalComponent:
        """Take the model that lies beside the pipeline.

        Parameters
        ----------
        path : path
            Written by `to_disk`.
        exclude : iterable of str
            Unused.

        Returns
        -------
        SignalComponent
            This one.

        Raises
        ------
        ModelError
            If there is neither a model nor the one that the pipeline's config names.
        """
        del exclude
        if Path(path).is_dir():
            self._loaded, self._model, self._files = load(path), str(path), {}
        return self._with_model()

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Return the model, unless it ships with the library.

        Parameters
        ----------
        exclude : iterable of str
            ``model`` leaves it out.

        Returns
        -------
        bytes
            Of its files.
        """
        parts: dict[str, Any] = {"model": self._own_files}
        return to_bytes(parts, exclude)

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> SignalComponent:
        """Take the model from bytes.

        Parameters
        ----------
        data : bytes
            From `to_bytes`.
        exclude : iterable of str
            ``model`` leaves it out.

        Returns
        -------
        SignalComponent
            This one.

        Raises
        ------
        ModelError
            If there is neither a model nor the one that the pipeline's config names, or the bytes are none of ours.
        """
        files: dict[str, bytes] = {}
        parts: dict[str, Any] = {"model": files.update}
        from_bytes(data, parts, exclude)
        if files:
            with tempfile.TemporaryDirectory() as folder:
                write_model_files(files, Path(folder))
                self._loaded, self._files = load(folder), files
        return self._with_model()

    def _own_files(self) -> dict[str, bytes]:
        if self._files or self._model in SHIPPED_NAMES:
            return self._files
        return model_files(find_model(self._model))

    def _with_model(self) -> SignalComponent:
        if isinstance(self._loaded, ModelError):
            raise ModelError(
                f"got a pipeline without its model {self._model!r}, which is not on this machine either; save the pipeline "
                "again where the model is (nlp.to_disk copies it), or copy the model and name its folder when loading: "
                f'spacy.load(path, config={{"components": {{"{self.name}": {{"model": "FOLDER"}}}}}})'
            ) from self._loaded
        return self
