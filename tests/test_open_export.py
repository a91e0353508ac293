"""From what the user names to shards, with an error that says what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mail import mail, mboxrd

from partnersignal.api import read
from partnersignal.errors import InputError
from partnersignal.messages import Message
from partnersignal.reading import export as room
from partnersignal.reading import open_export

SUPPORTED = (
    "mbox (.mbox), .eml files, a folder of them, a Maildir, tables (.csv, .jsonl, .parquet) "
    "or notes (.txt, .md, .docx, .vtt, .srt)"
)


def put(path: Path, data: bytes | str = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def texts(*paths: Path, **columns: str) -> list[str]:
    return [item.text for item in open_export(paths, columns or None) if isinstance(item, Message)]


def passed_over(folder: Path) -> dict[str, str]:
    return {item.source: item.reason for item in open_export(folder).passed_over}


def fails(message: str) -> re.Pattern[str]:
    return re.compile(f"^{re.escape(message)}$")


def test_no_path() -> None:
    with pytest.raises(InputError, match=fails(f"got no export, expected at least one path; supported are {SUPPORTED}")):
        open_export([])


def test_missing_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=fails(f"got {tmp_path / 'a.mbox'}, which does not exist; expected {SUPPORTED}")):
        open_export(tmp_path / "a.mbox")


def test_empty_file(tmp_path: Path) -> None:
    path = put(tmp_path / "a.mbox")
    with pytest.raises(InputError, match=fails(f"got {path}, which is empty; expected {SUPPORTED}")):
        open_export(path)


def test_unknown_format(tmp_path: Path) -> None:
    path = put(tmp_path / "a.bin", "\x89PNG")
    with pytest.raises(InputError, match=fails(f"got {path}, which is of no known format; expected {SUPPORTED}")):
        open_export(str(path))


def test_mbox_that_is_none(tmp_path: Path) -> None:
    path = put(tmp_path / "a.mbox", mail())
    expected = (
        f"got {path}, which does not start with a 'From ' line; expected an mbox: "
        "save single messages as .eml, or check that the file is whole"
    )
    with pytest.raises(InputError, match=fails(expected)):
        open_export(path)


def test_table_without_a_body(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "from,gist\na@x,One.\n")
    expected = (
        f"{path}: got the columns from, gist, expected one named body (or text, content, body_text); "
        "rename it or map it with --column body=NAME"
    )
    with pytest.raises(InputError, match=fails(expected)):
        open_export(path)


def test_table_without_a_head(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got the columns none, expected one named body"):
        open_export(put(tmp_path / "a.csv", "\n"))


def test_damaged_parquet(tmp_path: Path) -> None:
    path = put(tmp_path / "a.parquet", "PAR1 and no more")
    with pytest.raises(
        InputError, match=rf"^got {re.escape(str(path))}, which is no readable Parquet file \(.+\); write it again$"
    ):
        open_export(path)


def test_parquet_without_a_body(tmp_path: Path) -> None:
    pq.write_table(pa.table({"gist": ["One."]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="got the columns gist, expected one named body"):
        open_export(tmp_path / "a.parquet")


def test_folder_with_nothing_to_read(tmp_path: Path) -> None:
    put(tmp_path / "a.bin", "x")
    with pytest.raises(
        InputError, match=fails(f"got the folder {tmp_path}, which holds no file that can be read; expected {SUPPORTED}")
    ):
        open_export(tmp_path)


@pytest.mark.parametrize("name", ["a.mbox", "a.MBX", "Inbox", "a.dat"])
def test_mbox_by_name_or_by_content(tmp_path: Path, name: str) -> None:
    assert texts(put(tmp_path / name, mboxrd([mail("One."), mail("Two.")]))) == ["One.", "Two."]


@pytest.mark.parametrize("name", ["a.eml", "a.EML", "12345", "1.mail"])
def test_single_mail_by_name_or_by_content(tmp_path: Path, name: str) -> None:
    assert texts(put(tmp_path / name, mail("One."))) == ["One."]


def test_eml_with_a_separator_left_in(tmp_path: Path) -> None:
    assert texts(put(tmp_path / "a.eml", mboxrd([mail("One.")]))) == ["One."]


def test_parquet_by_content(tmp_path: Path) -> None:
    pq.write_table(pa.table({"body": ["One."]}), tmp_path / "table")
    assert texts(tmp_path / "table") == ["One."]


def test_folder_is_searched_in_a_fixed_order(tmp_path: Path) -> None:
    put(tmp_path / "b/2.eml", mail("Two."))
    put(tmp_path / "a/1.eml", mail("One."))
    put(tmp_path / "c.mbox", mboxrd([mail("Three.")]))
    put(tmp_path / "d/call.txt", "Four.")
    put(tmp_path / "e.csv", "from,body\na@x,Five.\n")
    assert texts(tmp_path) == ["Three.", "Five.", "One.", "Two.", "Four."]
    assert passed_over(tmp_path) == {}


def test_files_of_no_format_are_passed_over_with_a_reason(tmp_path: Path) -> None:
    put(tmp_path / "1.eml", mail())
    put(tmp_path / "logo.png", "\x89PNG")
    put(tmp_path / "sub/empty.csv")
    put(tmp_path / "sub/empty.mbox")
    put(tmp_path / "prices.csv", "item,price\n")
    put(tmp_path / "torn.parquet", "PAR1")
    reasons = passed_over(tmp_path)
    assert sorted(reasons) == ["logo.png", "prices.csv", "sub/empty.csv", "sub/empty.mbox", "torn.parquet"]
    assert reasons["logo.png"] == "of no supported format"
    assert reasons["sub/empty.csv"] == reasons["sub/empty.mbox"] == "the file is empty"
    assert "expected one named body" in reasons["prices.csv"]


def test_hidden_files_are_ignored(tmp_path: Path) -> None:
    put(tmp_path / "1.eml", mail("One."))
    put(tmp_path / ".DS_Store", "x")
    put(tmp_path / ".2.eml", mail("Two."))
    put(tmp_path / ".git/3.eml", mail("Three."))
    assert texts(tmp_path) == ["One."]
    assert passed_over(tmp_path) == {}


def test_maildir_with_its_subfolders(tmp_path: Path) -> None:
    """Maildir++ keeps subfolders as names that start with a dot."""
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    put(tmp_path / "Maildir/cur/1709626320.M1P1.host:2,S", mail("One."))
    put(tmp_path / "Maildir/new/1709626321.M2P1.host", mail("Two."))
    put(tmp_path / "Maildir/.Sent/cur/1709626322.M3P1.host:2,S", mail("Three."))
    put(tmp_path / "Maildir/dovecot-uidlist", "3 V1")
    assert sorted(texts(tmp_path / "Maildir")) == ["One.", "Three.", "Two."]
    assert passed_over(tmp_path / "Maildir") == {"dovecot-uidlist": "of no supported format"}


def test_mapping_holds_for_tables_in_a_folder(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", "who,gist\na@x,One.\n")
    assert texts(tmp_path, body="gist") == ["One."]


def test_many_files_are_cut_into_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "SHARD_FILES", 3)
    for number in range(7):
        put(tmp_path / f"{number}.eml", mail(f"{number}."))
    assert [len(shard.files) for shard in open_export(tmp_path).shards] == [3, 3, 1]
    assert texts(tmp_path) == [f"{number}." for number in range(7)]


def test_several_paths(tmp_path: Path) -> None:
    one, two = put(tmp_path / "1.eml", mail("One.")), put(tmp_path / "a.mbox", mboxrd([mail("Two.")]))
    assert texts(two, one) == ["Two.", "One."]


def test_unreadable_mail_lands_in_its_place(tmp_path: Path) -> None:
    put(tmp_path / "1.eml", mail("One."))
    put(tmp_path / "2.eml")
    put(tmp_path / "3.eml", mail("Three."))
    assert [getattr(item, "reason", "") for item in open_export(tmp_path)] == ["", "the message is empty", ""]


def test_read_logs_what_it_passes_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(tmp_path / "1.eml", mail("Hi Bob,\n\nOne.\n\n> old"))
    put(tmp_path / "2.eml", "  ")
    (message,) = read(tmp_path)
    assert message.new_text == "Hi Bob,\n\nOne."
    assert caplog.messages == ["passed over 2.eml: the message is empty"]


def test_read_opens_at_once_and_reads_lazily(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "missing.mbox")
