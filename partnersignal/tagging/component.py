"""The spaCy component: ``nlp.add_pipe("partnersignal")`` puts the signals into ``doc.spans``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from partnersignal.messages import TaggedText
from partnersignal.tagging.tagger import load


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
        As in `load`.
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
        self._tagger = load(model)

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

    # The pipeline's config holds all there is to save: model, voice and key.
    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write nothing: the pipeline's config says it all.

        Parameters
        ----------
        path : path
            Unused.
        exclude : iterable of str
            Unused.
        """

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> SignalComponent:
        """Read nothing back.

        Parameters
        ----------
        path : path
            Unused.
        exclude : iterable of str
            Unused.

        Returns
        -------
        SignalComponent
            This one.
        """
        del path, exclude
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Write nothing.

        Parameters
        ----------
        exclude : iterable of str
            Unused.

        Returns
        -------
        bytes
            Empty.
        """
        del exclude
        return b""

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> SignalComponent:
        """Read nothing back.

        Parameters
        ----------
        data : bytes
            Unused.
        exclude : iterable of str
            Unused.

        Returns
        -------
        SignalComponent
            This one.
        """
        del data, exclude
        return self
