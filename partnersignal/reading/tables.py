"""Tables of messages: CSV, JSON Lines and Parquet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from partnersignal.errors import InputError
from partnersignal.messages import Message, Unreadable
from partnersignal.reading.addresses import decode_words, parse_addresses
from partnersignal.reading.charsets import decode
from partnersignal.reading.csv_file import csv_rows
from partnersignal.reading.dates import parse_date
from partnersignal.reading.html import html_to_text
from partnersignal.reading.mime import LONGEST_HTML, LONGEST_TEXT, content_key, normalised
from partnersignal.reading.shard import LINE_TOO_LONG, READ_BYTES, SHARD_BYTES, Row, Shard

# Column names understood, lower case, spaces and hyphens as "_"; the first is the contract's.
ALIASES: dict[str, tuple[str, ...]] = {
    "message_id": ("message_id", "messageid", "internet_message_id", "internetmessageid", "id"),
    "thread_id": ("thread_id", "threadid", "conversation_id", "conversationid", "thread"),
    "in_reply_to": ("in_reply_to", "inreplyto"),
    "references": ("references",),
    "from": ("from", "sender", "from_address", "from_email", "from:_(address)", "author"),
    "to": ("to", "recipients", "to_address", "to_email", "to:_(address)", "receivedrepresentingname"),
    "cc": ("cc", "cc_address", "cc:_(address)"),
    "date": ("date", "sent", "sent_on", "sent_at", "datetime", "timestamp", "received", "sentdatetime", "received_at"),
    "subject": ("subject", "title"),
    "body": ("body", "text", "content", "body_text", "message", "plain", "body_plain"),
    "body_html": ("body_html", "html", "html_body"),
    "kind": ("kind", "type"),
}


def columns(names: list[str], path: str, mapping: Mapping[str, str] | None = None) -> dict[str, str]:
    """Find which column of a table holds which field.

    Parameters
    ----------
    names : list of str
        Column names of the table.
    path : str
        The file, for the error.
    mapping : mapping of str to str, optional
        Field of the contract to column, for names that are not among the aliases.

    Returns
    -------
    dict of str to str
        Field to column.

    Raises
    ------
    InputError
        If there is no column for the body, or `mapping` names a field or column that does not exist.
    """
    found: dict[str, str] = {}
    for field, column in (mapping or {}).items():
        if field not in ALIASES or column not in names:
            raise InputError(
                f"{path}: got the column mapping {field}={column}, expected a field of "
                f"{', '.join(ALIASES)} and a column of {', '.join(names)}"
            )
        found[field] = column
    by_name = {name.strip().lower().replace(" ", "_").replace("-", "_"): name for name in reversed(names)}
    for field, aliases in ALIASES.items():
        known = next((by_name[alias] for alias in aliases if alias in by_name), None)
        if known is not None:
            found.setdefault(field, known)
    if "body" not in found and "body_html" not in found:
        raise InputError(
            f"{path}: got the columns {', '.join(names)[:200] or 'none'}, expected one named body "
            f"(or {', '.join(ALIASES['body'][1:4])}); rename it or map it with --column body=NAME"
        )
    return found


def jsonl_shards(path: str) -> Iterator[Shard]:
    """Cut a JSON Lines file at line ends.

    Parameters
    ----------
    path : str
        The file.

    Yields
    ------
    Shard
        Byte ranges of about 1 MiB.
    """
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        start = 0
        while start < size:
            file.seek(min(start + SHARD_BYTES, size))
            while not (piece := file.readline(READ_BYTES)).endswith(b"\n") and piece:
                pass
            stop = file.tell()
            yield Shard("jsonl", path, start, stop)
            start = stop


def parquet_shards(path: str) -> Iterator[Shard]:
    """Cut a Parquet file at its row groups.

    Parameters
    ----------
    path : str
        The file.

    Yields
    ------
    Shard
        One row group each.
    """
    for group in range(pq.ParquetFile(path).num_row_groups):
        yield Shard("parquet", path, group, group + 1)


def read(shard: Shard, mapping: Mapping[str, str] | None = None) -> Iterator[Message | Unreadable]:
    """Read the rows of a table shard.

    Parameters
    ----------
    shard : Shard
        Of format ``csv``, ``jsonl`` or ``parquet``.
    mapping : mapping of str to str, optional
        As in `columns`.

    Yields
    ------
    Message or Unreadable
        One for each row.
    """
    rows = {"csv": csv_rows, "jsonl": _jsonl_rows, "parquet": _parquet_rows}[shard.format](shard)
    fields: dict[tuple[str, ...], dict[str, str]] = {}
    for place, row in rows:
        source = f"{shard.name}:{place}"
        if isinstance(row, str):
            yield Unreadable(source, row)
            continue
        names = tuple(row)
        if names not in fields:
            try:
                # Rows of JSON may leave out what they have no value for.
                fields[names] = columns(list(names), shard.path, {f: c for f, c in (mapping or {}).items() if c in names})
            except InputError:
                yield Unreadable(source, f"got the fields {', '.join(names)[:100] or 'none'}, expected one named body")
                continue
        yield _message({field: row[column] for field, column in fields[names].items()}, source)


def _message(row: dict[str, Any], source: str) -> Message | Unreadable:
    cell = {name: "" if value is None else re.sub("[\ud800-\udfff]", "\ufffd", str(value)) for name, value in row.items()}
    text = cell.get("body", "")
    if not text.strip() and cell.get("body_html"):
        text = html_to_text(cell["body_html"][:LONGEST_HTML])
    elif "<" in text and text.lstrip()[:200].lower().startswith(
        ("<html", "<!doctype", "<div", "<body", "<p>", "<head", "<meta")
    ):
        text = html_to_text(text[:LONGEST_HTML])
    text = normalised(text)[:LONGEST_TEXT]
    if not any(value.strip() for value in cell.values()):
        return Unreadable(source, "the row is empty")
    date, quality, offset = parse_date(cell.get("date"))
    senders = parse_addresses(cell.get("from", ""))
    identity = cell.get("message_id", "").strip().strip("<>")
    notes = cell.get("kind", "") in ("meeting_notes", "notes", "note", "meeting")
    return Message(
        message_id=identity or content_key("\x1f".join(f"{k}={cell[k]}" for k in sorted(cell)).encode("utf-8", "replace")),
        date=date,
        date_quality=quality,
        utc_offset=offset,
        sender=senders[0] if senders else None,
        recipients=parse_addresses(cell.get("to", ""), cell.get("cc", "")),
        subject=decode_words(cell.get("subject", ""))[:1000],
        text=text,
        kind="meeting_notes" if notes else "email",
        thread_id=cell.get("thread_id", "").strip(),
        in_reply_to=cell.get("in_reply_to", "").strip().strip("<>"),
        references=tuple(r.strip("<>") for r in cell.get("references", "").replace(",", " ").split()),
        replaced=text.count("\ufffd"),
        source=source,
    )


def _jsonl_rows(shard: Shard) -> Iterator[Row]:
    with open(shard.path, "rb") as file:
        file.seek(shard.start)
        place = shard.start
        while place < shard.stop:
            line = file.readline(READ_BYTES)
            if not line:
                return
            if len(line) == READ_BYTES and not line.endswith(b"\n"):
                del line
                while (rest := file.readline(READ_BYTES)) and not rest.endswith(b"\n"):
                    pass
                yield place, f"got a {LINE_TOO_LONG}"
            elif line.strip():
                yield place, _json_row(line)
            place = file.tell()


def _json_row(line: bytes) -> dict[str, Any] | str:
    try:
        row = json.loads(decode(line))
    except (ValueError, RecursionError):
        return "the line is not JSON"
    if not isinstance(row, dict):
        return f"got a JSON {type(row).__name__}, expected an object"
    return {name: _flat(value) for name, value in row.items()}


def _flat(value: Any) -> Any:
    if isinstance(value, bytes):
        return decode(value)
    return "; ".join(str(each) for each in value) if isinstance(value, list) else value


def _parquet_rows(shard: Shard) -> Iterator[Row]:
    file = pq.ParquetFile(shard.path)
    for group in range(shard.start, shard.stop):
        number = 0
        try:
            for batch in file.iter_batches(batch_size=1000, row_groups=[group]):
                for row in batch.to_pylist():
                    yield group * 1_000_000 + number, {name: _flat(value) for name, value in row.items()}
                    number += 1
        except (pa.ArrowException, OSError, ValueError) as error:
            yield group * 1_000_000 + number, f"the row group cannot be read: {str(error)[:200]}"
