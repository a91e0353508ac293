"""Meeting notes: a message a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from partnersignal.cleaning import zoned
from partnersignal.messages import Message, Unreadable
from partnersignal.reading import notes, open_export


def read(path: Path, data: str | bytes) -> Message | Unreadable:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (item,) = open_export(path)
    return item


def note(path: Path, data: str | bytes) -> Message:
    item = read(path, data)
    assert isinstance(item, Message)
    return item


def test_notes_are_new_words_throughout(tmp_path: Path) -> None:
    message = zoned(note(tmp_path / "call.md", "# Call with Acme\n\nFrom: Ann\n> they pushed the upgrade again\nRegards"))
    assert (message.kind, message.sender, message.subject) == ("meeting_notes", None, "Call with Acme")
    assert message.new_text == message.text


@pytest.mark.parametrize("name", ["2024-03-05 call.txt", "call_20240305.md", "notes 2024.03.05.markdown", "2024_03_05.txt"])
def test_date_of_the_file_name_wins(tmp_path: Path, name: str) -> None:
    message = note(tmp_path / name, "Notes of 2023-01-01\n")
    assert f"{message.date:%Y-%m-%d}" == "2024-03-05"
    assert message.date_quality == "no_zone"


def test_date_in_the_first_lines(tmp_path: Path) -> None:
    message = note(tmp_path / "call.txt", "Call\nDate: 2024-03-05\n\nText")
    assert f"{message.date:%Y-%m-%d}" == "2024-03-05"


@pytest.mark.parametrize(
    ("name", "text"),
    [("call.txt", "no date"), ("call.txt", "x\n" * 20 + "2024-03-05"), ("call 1234567890123.txt", "Order 120240305")],
)
def test_no_date(tmp_path: Path, name: str, text: str) -> None:
    message = note(tmp_path / name, text)
    assert (message.date, message.date_quality) == (None, "missing")


def test_impossible_date(tmp_path: Path) -> None:
    assert note(tmp_path / "2024-02-31.txt", "Text").date_quality == "unparsed"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    assert note(tmp_path / "call.txt", "Grüße\r\naus Köln".encode(encoding)).text == "Grüße\naus Köln"


def test_key_is_the_content(tmp_path: Path) -> None:
    first, second = note(tmp_path / "a.txt", "Same."), note(tmp_path / "b.txt", "Same.")
    assert first.message_id == second.message_id != note(tmp_path / "a.txt", "Other.").message_id


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b" \n", "the file is empty"), (b"PK\x03\x04\x00\x00", "it is not text"), (b"x" * 40, "larger than 0 MiB")],
)
def test_unreadable_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, reason: str) -> None:
    monkeypatch.setattr(notes, "LARGEST_MESSAGE", 20)
    assert read(tmp_path / "call.txt", data) == Unreadable("call.txt", reason)
