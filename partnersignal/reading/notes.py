"""Meeting notes as plain text or Markdown: a message a file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from partnersignal.messages import Message, Unreadable
from partnersignal.reading.charsets import decode
from partnersignal.reading.dates import parse_date
from partnersignal.reading.mime import LONGEST_TEXT, content_key, normalised
from partnersignal.reading.shard import LARGEST_MESSAGE, Shard

_FILE_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
_HEAD_LINES = 12


def read(shard: Shard) -> Iterator[Message | Unreadable]:
    """Read the notes of a shard.

    The date is the first of: a ``YYYY-MM-DD`` in the file name, an ISO date in the first lines.
    The subject is the first heading or line.

    Parameters
    ----------
    shard : Shard
        Its `files` are notes.

    Yields
    ------
    Message or Unreadable
        One for each file.
    """
    for name in shard.files:
        path = os.path.join(shard.path, name)
        try:
            if os.path.getsize(path) > LARGEST_MESSAGE:
                raise ValueError(f"larger than {LARGEST_MESSAGE // 1024 // 1024} MiB")
            data = Path(path).read_bytes()
            if not data.strip():
                raise ValueError("the file is empty")
            if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise ValueError("it is not text")
        except (OSError, ValueError) as error:
            yield Unreadable(name, str(error))
            continue
        text = normalised(decode(data))[:LONGEST_TEXT]
        date, quality, offset = parse_date(_date(Path(name).name, text))
        yield Message(
            message_id=content_key(data),
            date=date,
            date_quality=quality,
            utc_offset=offset,
            sender=None,
            recipients=(),
            subject=_subject(text),
            text=text,
            kind="meeting_notes",
            replaced=text.count("\ufffd"),
            source=name,
        )


def _date(file_name: str, text: str) -> str | None:
    for place in (file_name, *text.split("\n")[:_HEAD_LINES]):
        match = _FILE_DATE.search(place)
        if match:
            return "-".join(match.groups())
    return None


def _subject(text: str) -> str:
    first = next((line for line in text.split("\n") if line.strip()), "")
    return first.strip().lstrip("#").strip()[:200]
