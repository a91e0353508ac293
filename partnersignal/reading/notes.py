"""Meeting notes and transcripts, whatever the file: a message a file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from partnersignal.messages import Message, Unreadable
from partnersignal.reading.charsets import decode
from partnersignal.reading.dates import parse_date
from partnersignal.reading.docx import read_document
from partnersignal.reading.mime import LONGEST_TEXT, content_key, normalised
from partnersignal.reading.shard import LARGEST_MESSAGE, Shard
from partnersignal.reading.transcripts import speaker_label, subtitles_to_turns, transcript_to_turns

_FILE_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
_HEAD_LINES = 12
_READ_BYTES = 8 * 1024 * 1024  # of a text file: eight times the characters that are kept


def read(shard: Shard) -> Iterator[Message | Unreadable]:
    """Read the notes of a shard.

    The date is the first of: a ``YYYY-MM-DD`` in the file name, an ISO date in the first lines, the day on
    which a Word document was made. The subject is the first heading or line, or the file's name where the
    text begins with a speaker's turn.

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
            with open(path, "rb") as file:
                data = file.read(-1 if name.lower().endswith(".docx") else _READ_BYTES)
            if not data.strip():
                raise ValueError("the file is empty")
            yield _message(data, name)
        except (OSError, ValueError) as error:
            yield Unreadable(name, str(error))


def _message(data: bytes, name: str) -> Message:
    text, made = _text(data, Path(name).suffix.lower())
    text = normalised(text)[:LONGEST_TEXT]
    if not text.strip():
        raise ValueError("it holds no words")
    date, quality, offset = parse_date(_date(Path(name).name, text) or made)
    return Message(
        message_id=content_key(data),
        date=date,
        date_quality=quality,
        utc_offset=offset,
        sender=None,
        recipients=(),
        subject=_subject(text, Path(name).stem),
        text=text,
        kind="meeting_notes",
        replaced=text.count("\ufffd"),
        source=name,
    )


def _text(data: bytes, suffix: str) -> tuple[str, str]:
    """Return the text of a file, transcripts in turns, and the date it was made, if it says."""
    if suffix == ".docx":
        document = read_document(data)
        return transcript_to_turns(document.text), document.created
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("it is not text")
    text = normalised(decode(data))
    if suffix in (".vtt", ".srt"):
        return subtitles_to_turns(text), ""
    return transcript_to_turns(text), ""


def _date(file_name: str, text: str) -> str | None:
    for place in (file_name, *text.split("\n")[:_HEAD_LINES]):
        match = _FILE_DATE.search(place)
        if match:
            return "-".join(match.groups())
    return None


def _subject(text: str, stem: str) -> str:
    first = next((line for line in text.split("\n") if line.strip()), "")
    speaker = speaker_label(first)
    if speaker and f"\n{speaker[0]}:" in text:
        return re.sub(r"[\s_]+", " ", _FILE_DATE.sub(" ", stem)).strip(" -_.")[:200] or stem
    return first.strip().lstrip("#").strip()[:200]
