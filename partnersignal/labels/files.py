"""Reading and writing label files of every format; an entry shows by its fields whose it is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from partnersignal.errors import InputError
from partnersignal.labels.argilla import ARGILLA
from partnersignal.labels.doccano import DOCCANO
from partnersignal.labels.documents import DOCUMENTS, FLAT
from partnersignal.labels.label_studio import LABEL_STUDIO
from partnersignal.labels.prodigy import PRODIGY
from partnersignal.labels.sentences import LabelledSentence, join_annotators
from partnersignal.labels.source import Format, Source
from partnersignal.labels.tables import read_dataset, read_delimited, read_parquet, read_row, write_delimited, write_parquet
from partnersignal.signals import labels as default_labels

FORMATS = (DOCUMENTS, LABEL_STUDIO, ARGILLA, PRODIGY, DOCCANO, FLAT)  # the first that claims an entry reads it
TABLES = {".csv": read_delimited, ".tsv": read_delimited, ".parquet": read_parquet}
JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
FORMAT_NAMES = (*(each.name for each in FORMATS), "csv", "tsv", "parquet")
_USUAL = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "label-studio", ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet"
}  # fmt: skip
_SUFFIXES = ".jsonl, .json, .csv, .tsv or .parquet"


def read_labels(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | Any,
    known: Sequence[str] | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    renamed: Mapping[str, str | None] | None = None,
    join: bool = True,
) -> tuple[LabelledSentence, ...]:
    """Read label files.

    Parameters
    ----------
    paths : path, iterable of paths, or a datasets object
        JSON Lines of documents (with ``segments``) or of sentences (``text``, ``labels``, optional ``voice``
        and ``group``); exports of Label Studio, Argilla, Prodigy and doccano; CSV, TSV and Parquet; folders of
        such files; a ``datasets.Dataset`` or ``DatasetDict``.
    known : sequence of str, optional
        The labels allowed; the 20 default signals unless given.
    columns : mapping of str to str, optional
        Field to the name it has in the files, for example ``{"text": "Satz"}``.
    renamed : mapping of str to (str or None), optional
        Labels of the files that go by another name, or, for None, are passed over; of a `Taxonomy`.
    join : bool, default True
        Whether judgements of several annotators on one sentence become one; see `join_annotators`.

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
    base = Source("the dataset", "dataset", allowed, dict(columns or {}), dict(renamed or {}))
    found: list[LabelledSentence] = []
    if _is_dataset(paths):
        found += (read_row(row, replace(base, place=place)) for place, row in read_dataset(paths))
    else:
        for path in label_files(paths):
            found += _read_file(path, replace(base, stem=path.stem))
    if not found:
        raise InputError("got label files without a sentence, expected at least one")
    return join_annotators(found) if join else tuple(found)


def _is_dataset(value: Any) -> bool:
    some = next(iter(value.values()), None) if isinstance(value, Mapping) else value
    return hasattr(some, "features") and hasattr(some, "column_names")


def label_files(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Iterator[Path]:
    """List label files.

    Parameters
    ----------
    paths : path or iterable of paths
        Files, and folders of files.

    Yields
    ------
    pathlib.Path
        Files that exist; those of a folder by name.

    Raises
    ------
    InputError
        If one does not exist, or a folder holds none.
    """
    named = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    for each in named:
        path = Path(each)
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in (*TABLES, *JSON_SUFFIXES))
            if not inside:
                raise InputError(f"got the folder {path} without {_SUFFIXES} files, expected label files in it")
            yield from inside
        elif path.is_file():
            yield path
        else:
            raise InputError(f"got the label file {path}, which does not exist; expected {_SUFFIXES}")


def _read_file(path: Path, base: Source) -> Iterator[LabelledSentence]:
    suffix = path.suffix.lower()
    if suffix in TABLES:
        for place, row in TABLES[suffix](path):
            yield read_row(row, replace(base, place=place))
    elif suffix in JSON_SUFFIXES:
        # Read twice rather than held: what stands in the file is several times as large as its sentences.
        spans = {each.name for _, entry in _entries(path) if (each := _format_of(entry)).spans(entry)}
        for place, entry in _entries(path):
            each = _format_of(entry)
            yield from each.read(entry, replace(base, place=place, spans=each.name in spans))
    else:
        raise InputError(f"got the label file {path}, expected {_SUFFIXES}")


def _format_of(entry: Mapping[str, Any]) -> Format:
    return next(each for each in FORMATS if each.claims(entry))


def _entries(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the objects of JSON Lines, or of one list."""
    with open(path, encoding="utf-8-sig") as file:
        start = file.read(1)
        while start.isspace():
            start = file.read(1)
        file.seek(0)
        try:
            listed = json.load(file) if start == "[" and path.suffix.lower() == ".json" else None
        except ValueError as error:
            raise InputError(f"{path}: got no JSON ({error}), expected a list of objects") from error
        lines = ((f"{path}, line {n}", line) for n, line in enumerate(file, 1) if line.strip()) if listed is None else ()
        for place, line in lines:
            try:
                yield place, _object(json.loads(line), place)
            except ValueError as error:
                if isinstance(error, InputError):
                    raise
                raise InputError(f"{place}: got no JSON ({error}), expected one object a line") from error
        for number, entry in enumerate(listed or (), 1):
            yield f"{path}, entry {number}", _object(entry, f"{path}, entry {number}")


def _object(entry: Any, place: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise InputError(f"{place}: got a JSON {type(entry).__name__}, expected an object")
    return entry


def write_labels(
    sentences: Sequence[LabelledSentence],
    path: str | os.PathLike[str],
    form: str | None = None,
    known: Sequence[str] | None = None,
) -> Path:
    """Write a label file.

    Parameters
    ----------
    sentences : sequence of LabelledSentence
        What to write.
    path : path
        Replaced if it exists.
    form : str, optional
        ``documents``, ``jsonl``, ``label-studio``, ``argilla``, ``prodigy``, ``doccano``, ``csv``, ``tsv`` or
        ``parquet``; by the ending of the path unless given (``.jsonl`` is flat, ``.json`` Label Studio).
    known : sequence of str, optional
        All labels, for tools that list the choices; the default signals unless given.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        If the format is unknown.
    """
    target = Path(path)
    chosen = form or _USUAL.get(target.suffix.lower())
    if chosen not in FORMAT_NAMES:
        raise InputError(f"got the label format {chosen or target.suffix!r}, expected one of {', '.join(FORMAT_NAMES)}")
    if chosen == "parquet":
        write_parquet(sentences, target)
        return target
    labels = list(known if known is not None else default_labels())
    if chosen in ("csv", "tsv"):
        text = write_delimited(sentences, "," if chosen == "csv" else "\t")
    else:
        text = next(each for each in FORMATS if each.name == chosen).write(sentences, labels)
    target.write_text(text, encoding="utf-8", newline="")
    return target
