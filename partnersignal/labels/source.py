"""Where a label entry stands and what it may hold: the checks that all formats share."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from partnersignal.cleaning import split_sentences
from partnersignal.errors import InputError
from partnersignal.labels.sentences import LabelledSentence
from partnersignal.messages import VOICES, Zone

_LABEL_SEPARATORS = (";", "|", ",")
Span = tuple[Any, Any, Any]  # start, end, label, as a stranger's file has them


@dataclass(frozen=True, slots=True)
class Source:
    """An entry's place, and what is known of the file around it.

    Attributes
    ----------
    place : str
        File and line, for errors.
    stem : str
        Name of the file, the group of what names none.
    allowed : frozenset of str
        Labels that may occur.
    columns : mapping of str to str
        Field to the name it has in the file, where it differs.
    renamed : mapping of str to (str or None)
        Labels that have another name here, or None.
    spans : bool
        Whether stretches of longer texts were labelled in this file: then every text is cut into sentences.
    """

    place: str
    stem: str
    allowed: frozenset[str]
    columns: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str | None] = field(default_factory=dict)
    spans: bool = False

    def fields(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Give the fields of an entry the names they have here.

        Parameters
        ----------
        entry : mapping
            As in the file.

        Returns
        -------
        dict
            With the user's columns under our names.
        """
        found = dict(entry)
        for ours, theirs in self.columns.items():
            if theirs in found:
                found[ours] = found.pop(theirs)
        return found

    def sentence(
        self, entry: Mapping[str, Any], labels: Any, *, previous: str = "", ignore: Any = None, annotator: Any = ""
    ) -> LabelledSentence:
        """Make a sentence of an entry.

        Parameters
        ----------
        entry : mapping
            With ``text``, and ``voice``, ``group``, ``previous`` and ``ignore`` where known.
        labels : list of str, or str
            Its signals.
        previous : str
            The sentence before, unless the entry names one.
        ignore : object, optional
            Labels not judged, or True; the entry's own unless given.
        annotator : object
            Who labelled it.

        Returns
        -------
        LabelledSentence
            Checked.

        Raises
        ------
        InputError
            If text, voice or labels are wrong.
        """
        text = entry.get("text")
        if not isinstance(text, str) or not text.strip():
            raise InputError(f'{self.place}: got no text, expected a sentence in "text"')
        voice = str(entry.get("voice") or "supplier")
        if voice not in VOICES:
            raise InputError(f"{self.place}: got the voice {voice!r}, expected one of {', '.join(VOICES)}")
        unsure = entry.get("ignore") if ignore is None else ignore
        everything = unsure is True or unsure == ["true"] or str(unsure).lower() == "true"
        before = entry.get("previous")
        return LabelledSentence(
            text,
            VOICES[VOICES.index(voice)],  # one text for all
            self.labels(labels),
            sys.intern(str(entry.get("group") or self.stem)),
            before if isinstance(before, str) else previous,
            None if everything else self.labels(unsure or ()),
            str(annotator if annotator is not None else ""),
        )

    def labels(self, value: Any) -> frozenset[str]:
        """Check labels.

        Parameters
        ----------
        value : object
            A list, or one text with ``;``, ``|`` or ``,`` between labels.

        Returns
        -------
        frozenset of str
            Labels that are allowed.

        Raises
        ------
        InputError
            If it is neither, or a label is unknown.
        """
        if isinstance(value, str):
            separator = next((s for s in _LABEL_SEPARATORS if s in value), ";")
            value = [each.strip() for each in value.split(separator) if each.strip()]
        if not isinstance(value, list | tuple | set | frozenset):
            raise InputError(f"{self.place}: got labels of type {type(value).__name__}, expected a list of texts")
        value = [new for each in value if (new := self.renamed.get(each, each) if isinstance(each, str) else each) is not None]
        unknown = sorted(str(each) for each in value if not isinstance(each, str) or each not in self.allowed)
        if unknown:
            raise InputError(f"{self.place}: got the label {unknown[0]!r}, expected one of {', '.join(sorted(self.allowed))}")
        return frozenset(value)

    def cut(self, entry: Mapping[str, Any], spans: Iterable[Span], **said: Any) -> Iterator[LabelledSentence]:
        """Cut a longer text into sentences; each gets the labels of the spans in it.

        Parameters
        ----------
        entry : mapping
            As in `sentence`.
        spans : iterable of (start, end, label)
            Code points and a label.
        **said : object
            As in `sentence`.

        Yields
        ------
        LabelledSentence
            A span belongs to the sentences it covers at least half of, or else to the one it covers most of.

        Raises
        ------
        InputError
            If a span lies outside the text.
        """
        text = entry.get("text")
        if not isinstance(text, str) or not text.strip():
            raise InputError(f'{self.place}: got no text, expected a text in "text"')
        pieces = [(s.start, s.end) for s in split_sentences(text, (Zone("new", 0, len(text)),))] or [(0, len(text))]
        found: list[set[str]] = [set() for _ in pieces]
        for start, end, label in spans:
            if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
                raise InputError(f"{self.place}: got a span from {start} to {end}, expected it inside the text of {len(text)}")
            shared = [max(0, min(end, last) - max(start, first)) for first, last in pieces]
            inside = [n for n, (first, last) in enumerate(pieces) if 2 * shared[n] >= last - first]
            for number in inside or [max(range(len(pieces)), key=shared.__getitem__)]:
                found[number].add(label)
        previous = ""
        for (start, end), labels in zip(pieces, found, strict=True):
            yield self.sentence({**entry, "text": text[start:end]}, sorted(labels), previous=previous, **said)
            previous = text[start:end]


@dataclass(frozen=True, slots=True)
class Format:
    """A label format.

    Attributes
    ----------
    name : str
        For options and errors.
    suffix : str
        Of files written.
    claims : callable
        Whether an entry is of this format.
    spans : callable
        Whether an entry labels stretches of a longer text.
    read : callable
        From entry and source to sentences.
    write : callable
        From sentences and all labels to the text of a file.
    """

    name: str
    suffix: str
    claims: Callable[[Mapping[str, Any]], bool]
    spans: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Mapping[str, Any], Source], Iterator[LabelledSentence]]
    write: Callable[[Sequence[LabelledSentence], Sequence[str]], str]


def context(sentence: LabelledSentence) -> dict[str, Any]:
    """Return what the tools keep beside text and labels, so that nothing is lost on the way.

    Parameters
    ----------
    sentence : LabelledSentence
        Any.

    Returns
    -------
    dict
        ``sentence_id``, ``voice``, ``group``, and ``previous`` where there is one.
    """
    said = {"sentence_id": sentence.id, "voice": sentence.voice, "group": sentence.group}
    return {**said, "previous": sentence.previous} if sentence.previous else said


def unsure(sentence: LabelledSentence) -> dict[str, Any]:
    """Return the labels that are not judged, as the files hold them.

    Parameters
    ----------
    sentence : LabelledSentence
        Any.

    Returns
    -------
    dict
        Empty, or ``ignore``: true or a list.
    """
    if sentence.ignore is None:
        return {"ignore": True}
    return {"ignore": sorted(sentence.ignore)} if sentence.ignore else {}


def same_sentences(sentences: Sequence[LabelledSentence]) -> list[list[LabelledSentence]]:
    """Bring together what several annotators said of one sentence.

    Parameters
    ----------
    sentences : sequence of LabelledSentence
        In any order.

    Returns
    -------
    list of list of LabelledSentence
        In order of first appearance; a sentence without an annotator stands alone.
    """
    found: dict[tuple[Any, ...], list[LabelledSentence]] = {}
    times: Counter[tuple[str, ...]] = Counter()  # somebody who labelled it twice opens a second place for it
    for number, sentence in enumerate(sentences):
        shared = (sentence.text, sentence.voice, sentence.group, sentence.previous)
        who = (*shared, sentence.annotator)
        found.setdefault((*shared, times[who]) if sentence.annotator else (number,), []).append(sentence)
        times[who] += 1
    return list(found.values())


def json_lines(entries: Iterable[Mapping[str, Any]]) -> str:
    """Write JSON Lines.

    Parameters
    ----------
    entries : iterable of mapping
        One a line.

    Returns
    -------
    str
        With a line break at the end.
    """
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
