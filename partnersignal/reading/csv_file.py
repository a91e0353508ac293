"""CSV files: their columns, where they can be cut, and their rows."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, TextIO

from partnersignal.errors import InputError
from partnersignal.reading.shard import LINE_TOO_LONG, READ_BYTES, SHARD_BYTES, Row, Shard

if TYPE_CHECKING:
    from _csv import Reader  # of no other name, and only for types


def csv_shards(path: str) -> Iterator[Shard]:
    """Cut a CSV file at ends of rows.

    Which line end ends a row is known only to who has read all before it, so a file is read through once, one row in
    memory at a time. A small file, and one whose row of names cannot be read, is one shard.

    Parameters
    ----------
    path : str
        The file.

    Yields
    ------
    Shard
        Rows of about a million characters; the last may hold none.
    """
    if os.path.getsize(path) <= SHARD_BYTES:
        yield Shard("csv", path)
        return
    with _csv_file(path) as (file, delimiter):
        reader = _csv_reader(file, delimiter)
        records = _records(reader)
        if isinstance(next(records, None), csv.Error):
            yield Shard("csv", path)
            return
        start, before, characters = file.tell(), reader.line_num, 0
        for values in records:
            # Counted in the row, not by where the file is: telling that is slow, and how far it read ahead may differ.
            characters += 1 if isinstance(values, csv.Error) else sum(map(len, values)) + len(values) + 1
            if characters >= SHARD_BYTES:
                yield Shard("csv", path, start, lines=(before, reader.line_num - before))
                start, before, characters = file.tell(), reader.line_num, 0
        yield Shard("csv", path, start, lines=(before, reader.line_num - before))


def csv_rows(shard: Shard) -> Iterator[Row]:
    """Read the rows of a shard.

    Parameters
    ----------
    shard : Shard
        From `csv_shards`, or of a whole file.

    Yields
    ------
    Row
        Number of the line and the cells by column, or why the row cannot be read.
    """
    with _csv_file(shard.path) as (file, delimiter):
        reader = _csv_reader(file, delimiter)
        try:
            names = [name.strip() for name in next(reader, [])]
        except csv.Error as error:
            yield 1, f"the row of names cannot be read: {error}"
            return
        before, lines = shard.lines
        if before:
            file.seek(shard.start)
            reader = _csv_reader(file, delimiter, lines)
        for values in _records(reader):
            place = before + reader.line_num
            if isinstance(values, csv.Error):
                yield place, f"the row cannot be read: {values}"
            elif values == [LINE_TOO_LONG]:
                yield place, f"got a {LINE_TOO_LONG}"
            elif values and len(values) != len(names):
                yield place, f"got {len(values)} cells, expected {len(names)}"
            elif values:
                yield place, dict(zip(names, values, strict=True))


@contextmanager
def _csv_file(path: str) -> Iterator[tuple[TextIO, str]]:
    """Open a CSV file; the second is its delimiter."""
    with open(path, "rb") as probe:
        head = probe.read(64 * 1024)
    encoding = _encoding(head)
    with open(path, encoding=encoding, errors="replace", newline="") as file:
        yield file, _delimiter(head.decode(encoding, "replace").split("\n", 1)[0])


def _csv_reader(file: TextIO, delimiter: str, lines: int | None = None) -> Reader:
    # The field limit is process-wide in the csv module; a body may be as long as a message may be.
    csv.field_size_limit(READ_BYTES)
    return csv.reader(islice(_bounded_lines(file), lines), delimiter=delimiter)


def _records(reader: Reader) -> Iterator[list[str] | csv.Error]:
    """Give each row, or why it cannot be read. After either, the reader begins afresh with the next line."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield error


def _bounded_lines(file: TextIO) -> Iterator[str]:
    """Yield lines without NUL; one that no memory should hold is passed over and says so."""
    while line := file.readline(READ_BYTES):
        if len(line) < READ_BYTES or line.endswith("\n"):
            yield line.replace("\x00", "")
            continue
        while (rest := file.readline(READ_BYTES)) and not rest.endswith("\n"):
            pass
        yield f"{LINE_TOO_LONG}\n"


def csv_names(path: str) -> list[str]:
    """Return the column names of a CSV file.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    list of str
        The cells of its first row.

    Raises
    ------
    InputError
        If that row cannot be read.
    """
    with open(path, "rb") as file:
        head = file.read(64 * 1024)
    first = re.split(r"[\r\n]", head.decode(_encoding(head), "replace").lstrip("\r\n"), maxsplit=1)[0].replace("\x00", "")
    try:
        return [name.strip() for name in next(csv.reader([first], delimiter=_delimiter(first)), [])]
    except csv.Error as error:
        raise InputError(
            f"{path}: got a first line that is no row of names ({error}), expected column names; save it again"
        ) from error


def _delimiter(first_line: str) -> str:
    return max(",;\t", key=first_line.count)


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        head[: head.rfind(b"\n") + 1].decode("utf-8")
        return "utf-8-sig"
    except UnicodeDecodeError:
        return "cp1252"
