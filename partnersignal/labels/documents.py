"""Label files: documents with labelled sentences, as JSON Lines or flat tables."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partnersignal.errors import InputError
from partnersignal.messages import VOICES, Voice
from partnersignal.signals import labels as default_labels

_LABEL_SEPARATORS = (";", "|", ",")


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A sentence with what readers said of it.

    Attributes
    ----------
    text : str
        The sentence.
    voice : str
        Who speaks.
    labels : frozenset of str
        Signals it shows.
    group : str
        What must not be split between training and test: a world, an organisation, a thread.
    previous : str
        The sentence before it in its document, or empty.
    ignore : frozenset of str or None
        Labels on which readers differed; None for all of them.
    """

    text: str
    voice: Voice
    labels: frozenset[str]
    group: str
    previous: str = ""
    ignore: frozenset[str] | None = frozenset()

    @property
    def ignored(self) -> bool:
        """Return whether any of it is not scored."""
        return self.ignore is None or bool(self.ignore)


def read_labels(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], known: Sequence[str] | None = None
) -> tuple[LabelledSentence, ...]:
    """Read label files.

    Parameters
    ----------
    paths : path or iterable of paths
        JSON Lines of documents (with ``segments``) or of sentences (``text``, ``labels``, optional ``voice``
        and ``group``), CSV of sentences, or folders of such files.
    known : sequence of str, optional
        The labels allowed; the 20 default signals unless given.

    Returns
    -------
    tuple of LabelledSentence
        In the order of the files. The group of a document is its file, unless it names one.

    Raises
    ------
    InputError
        If a file is missing or a line is wrong; the message names file and line.
    """
    allowed = frozenset(known if known is not None else default_labels())
    found: list[LabelledSentence] = []
    for path in _files(paths):
        if path.suffix.lower() in (".csv", ".tsv"):
            found += _read_csv(path, allowed)
        elif path.suffix.lower() in (".jsonl", ".ndjson", ".json"):
            found += _read_jsonl(path, allowed)
        else:
            raise InputError(f"got the label file {path}, expected .jsonl or .csv")
    if not found:
        raise InputError("got label files without a sentence, expected at least one")
    return tuple(found)


def _files(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Iterator[Path]:
    named = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    for each in named:
        path = Path(each)
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix in (".jsonl", ".csv"))
            if not inside:
                raise InputError(f"got the folder {path} without .jsonl or .csv files, expected label files in it")
            yield from inside
        elif path.is_file():
            yield path
        else:
            raise InputError(f"got the label file {path}, which does not exist; expected .jsonl or .csv")


def _read_jsonl(path: Path, allowed: frozenset[str]) -> Iterator[LabelledSentence]:
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            place = f"{path}, line {number}"
            try:
                entry = json.loads(line)
            except ValueError as error:
                raise InputError(f"{place}: got no JSON ({error}), expected one object a line") from error
            if not isinstance(entry, dict):
                raise InputError(f"{place}: got a JSON {type(entry).__name__}, expected an object")
            if "segments" in entry:
                yield from _document(entry, place, path.stem, allowed)
            else:
                yield _sentence(entry, place, path.stem, allowed)


def _document(entry: dict[str, Any], place: str, stem: str, allowed: frozenset[str]) -> Iterator[LabelledSentence]:
    previous = ""
    segments = entry["segments"]
    if not isinstance(segments, list) or not all(isinstance(s, dict) and isinstance(s.get("text"), str) for s in segments):
        raise InputError(
            f'{place}: got segments that are no list of objects with a text, expected [{{"text": ..., "labels": [...]}}]'
        )
    for segment in segments:
        yield _sentence(
            {"voice": entry.get("author", "supplier"), "group": entry.get("group", stem), **segment},
            place,
            stem,
            allowed,
            previous,
        )
        previous = segment["text"]


def _read_csv(path: Path, allowed: frozenset[str]) -> Iterator[LabelledSentence]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        if "text" not in (reader.fieldnames or ()) or "labels" not in (reader.fieldnames or ()):
            raise InputError(
                f"{path}: got the columns {', '.join(reader.fieldnames or ()) or 'none'}, expected text and labels"
            )
        for row in reader:
            yield _sentence({k: v for k, v in row.items() if v}, f"{path}, line {reader.line_num}", path.stem, allowed)


def _sentence(entry: dict[str, Any], place: str, stem: str, allowed: frozenset[str], previous: str = "") -> LabelledSentence:
    text = entry.get("text")
    if not isinstance(text, str) or not text.strip():
        raise InputError(f'{place}: got no text, expected a sentence in "text"')
    labels = _label_set(entry.get("labels", ()), place, allowed)
    voice = str(entry.get("voice", "supplier"))
    if voice not in VOICES:
        raise InputError(f"{place}: got the voice {voice!r}, expected one of {', '.join(VOICES)}")
    ignore = entry.get("ignore", ())
    ignored = None if ignore is True else _label_set(ignore or (), place, allowed)
    return LabelledSentence(text, voice, labels, str(entry.get("group", stem)), previous, ignored)


def _label_set(value: Any, place: str, allowed: frozenset[str]) -> frozenset[str]:
    if isinstance(value, str):
        separator = next((s for s in _LABEL_SEPARATORS if s in value), ";")
        value = [each.strip() for each in value.split(separator) if each.strip()]
    if not isinstance(value, list | tuple):
        raise InputError(f"{place}: got labels of type {type(value).__name__}, expected a list of texts")
    unknown = sorted(str(each) for each in value if each not in allowed)
    if unknown:
        raise InputError(f"{place}: got the label {unknown[0]!r}, expected one of {', '.join(sorted(allowed))}")
    return frozenset(value)
