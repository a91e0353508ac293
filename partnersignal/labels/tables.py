"""Tables: CSV, TSV, Parquet, and the datasets library; a column of labels, or a column a label."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from partnersignal.errors import InputError, MissingExtraError
from partnersignal.labels.sentences import LabelledSentence
from partnersignal.labels.source import Source

COLUMNS = ("text", "labels", "voice", "group", "previous", "ignore", "annotator", "sentence_id")
_YES = frozenset(["1", "1.0", "true", "yes", "x", "y"])


def read_delimited(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the rows of a CSV or TSV file.

    Parameters
    ----------
    path : pathlib.Path
        UTF-8, first row the header.

    Yields
    ------
    str, dict
        Place and row.
    """
    csv.field_size_limit(10_000_000)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
            for row in reader:
                yield f"{path}, line {reader.line_num}", {k: v for k, v in row.items() if k is not None and v is not None}
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"got the label file {path}, which cannot be read ({error}); expected a table in UTF-8") from error


def read_parquet(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the rows of a Parquet file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Yields
    ------
    str, dict
        Place and row.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        number = 0
        for batch in pq.ParquetFile(path).iter_batches(10_000):
            for row in batch.to_pylist():
                number += 1
                yield f"{path}, row {number}", row
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"got the label file {path}, which is no Parquet file ({error}); write it again") from error


def read_dataset(data: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the rows of a ``datasets.Dataset``, or of every split of a ``DatasetDict``.

    Parameters
    ----------
    data : datasets.Dataset or datasets.DatasetDict
        Class labels are given their names.

    Yields
    ------
    str, dict
        Place and row.
    """
    if isinstance(data, Mapping):
        for split in data.values():
            yield from read_dataset(split)
        return
    names = {column: _class_names(feature) for column, feature in data.features.items()}
    for number, row in enumerate(data, 1):
        yield f"the dataset, row {number}", {column: _named(value, names[column]) for column, value in row.items()}


def _class_names(feature: Any) -> list[str] | None:
    """Find the names of a ClassLabel, or of a list of them."""
    inner = getattr(feature, "feature", feature)
    names = getattr(inner, "names", None)
    return list(names) if names is not None else None


def _named(value: Any, names: list[str] | None) -> Any:
    if names is None or value is None:
        return value
    return [names[each] for each in value] if isinstance(value, list) else [names[value]]


def read_row(row: Mapping[str, Any], source: Source) -> LabelledSentence:
    """Turn a row into a sentence.

    Parameters
    ----------
    row : mapping
        ``text``, and ``labels`` or a column a label; optional ``voice``, ``group``, ``previous``, ``ignore``, ``annotator``.
    source : Source
        Where it stands.

    Returns
    -------
    LabelledSentence
        Checked.

    Raises
    ------
    InputError
        If there are no labels or something is wrong.
    """
    fields = {name: value for name, value in source.fields(row).items() if value is not None}
    wide = sorted(source.allowed & fields.keys())
    if "text" not in fields or ("labels" not in fields and "label" not in fields and not wide):
        raise InputError(
            f"{source.place}: got the columns {', '.join(map(str, row)) or 'none'}, expected text and labels; "
            "name yours as text=COLUMN and labels=COLUMN"
        )
    labels = fields.get("labels", fields.get("label"))
    if labels is None:
        labels = [label for label in wide if str(fields[label]).strip().lower() in _YES]
    return source.sentence(fields, labels, annotator=fields.get("annotator", ""))


def to_row(sentence: LabelledSentence) -> dict[str, Any]:
    """Turn a sentence into a row.

    Parameters
    ----------
    sentence : LabelledSentence
        Any.

    Returns
    -------
    dict
        The columns of `COLUMNS`; labels as lists.
    """
    ignore = ["true"] if sentence.ignore is None else sorted(sentence.ignore)
    return {
        "text": sentence.text, "labels": sorted(sentence.labels), "voice": sentence.voice, "group": sentence.group,
        "previous": sentence.previous, "ignore": ignore, "annotator": sentence.annotator, "sentence_id": sentence.id,
    }  # fmt: skip


def write_delimited(sentences: Iterable[LabelledSentence], delimiter: str) -> str:
    """Write sentences as CSV or TSV.

    Parameters
    ----------
    sentences : iterable of LabelledSentence
        Rows.
    delimiter : str
        Between cells.

    Returns
    -------
    str
        Labels are separated by ``;``.
    """
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    for sentence in sentences:
        row = to_row(sentence)
        writer.writerow({**row, "labels": ";".join(row["labels"]), "ignore": ";".join(row["ignore"])})
    return file.getvalue()


def write_parquet(sentences: Sequence[LabelledSentence], path: Path) -> None:
    """Write sentences as Parquet.

    Parameters
    ----------
    sentences : sequence of LabelledSentence
        Rows.
    path : pathlib.Path
        Replaced if it exists.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"labels": pa.list_(pa.string()), "ignore": pa.list_(pa.string())}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    pq.write_table(pa.Table.from_pylist([to_row(sentence) for sentence in sentences], schema=schema), path)


def to_dataset(sentences: Sequence[LabelledSentence]) -> Any:
    """Make a ``datasets.Dataset``.

    Parameters
    ----------
    sentences : sequence of LabelledSentence
        Rows.

    Returns
    -------
    datasets.Dataset
        The columns of `COLUMNS`.
    """
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError("datasets", "train") from error
    rows = [to_row(sentence) for sentence in sentences]
    text = datasets.Value("string")
    features = datasets.Features({name: [text] if name in ("labels", "ignore") else text for name in COLUMNS})
    return datasets.Dataset.from_dict({name: [row[name] for row in rows] for name in COLUMNS}, features=features)
