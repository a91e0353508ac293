"""mbox files: where a message begins, and that none is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mail import SEPARATOR, mail, mboxrd

from partnersignal.messages import Message, Unreadable
from partnersignal.reading import mbox


def read(path: Path) -> list[Message | Unreadable]:
    return [item for shard in mbox.shards(str(path)) for item in mbox.read(shard)]


def texts(path: Path, data: bytes) -> list[str]:
    path.write_bytes(data)
    return [item.text if isinstance(item, Message) else f"unreadable: {item.reason}" for item in read(path)]


def test_two_messages_with_their_sources(tmp_path: Path) -> None:
    path = tmp_path / "a.mbox"
    path.write_bytes(mboxrd([mail("One."), mail("Two.", Message_ID="<2@acme.example>")]))
    first, second = read(path)
    assert isinstance(first, Message)
    assert (first.message_id, first.text, first.source) == ("1@acme.example", "One.", "a.mbox:0")
    assert isinstance(second, Message)
    assert second.source == f"a.mbox:{path.read_bytes().rindex(SEPARATOR)}"


@pytest.mark.parametrize(
    "line",
    [
        "From Monday we ship at 9:30 from the new site, 2024 is full.",
        "From here on it works",
        "From ann@acme.example Tue Mar  5 09:12:00 2024 and so on",
    ],
)
def test_a_sentence_that_starts_with_from_is_no_separator(tmp_path: Path, line: str) -> None:
    body = f"First.\n\n{line}\nand that is all."
    assert texts(tmp_path / "a.mbox", SEPARATOR + mail(body) + b"\n\n") == [body]


def test_a_separator_needs_a_blank_line_before_it(tmp_path: Path) -> None:
    body = f"He pasted this:\n{SEPARATOR.decode()}Subject: x\n\nend"
    assert texts(tmp_path / "a.mbox", SEPARATOR + mail(body)) == [body]


@pytest.mark.parametrize(
    "line",
    [
        b"From - Tue Mar  5 09:12:00 2024\n",
        b"From 1234567890@xxx Tue Mar 05 09:12:00 +0000 2024\n",
        b'From "ann lee"@acme.example Tue Mar  5 09:12:00 2024\n',
        b"From ann@acme.example  Tue Mar  5 09:12:00 CET 2024\n",
        b"From \n",
    ],
    ids=["thunderbird", "takeout", "quoted", "zone", "bare"],
)
def test_separators_of_other_programs(tmp_path: Path, line: bytes) -> None:
    assert texts(tmp_path / "a.mbox", line + mail("One.") + b"\n\n" + line + mail("Two.") + b"\n") == ["One.", "Two."]


def test_first_line_separates_whatever_follows_from(tmp_path: Path) -> None:
    data = b"From MAILER-DAEMON\n" + mail("One.") + b"\n\n" + SEPARATOR + mail("Two.")
    assert texts(tmp_path / "a.mbox", data) == ["One.", "Two."]


def test_mboxrd_lines_lose_one_mark(tmp_path: Path) -> None:
    data = SEPARATOR + mail(">From the start\n>>From quoted\n> From spaced\nx >From inside")
    assert texts(tmp_path / "a.mbox", data) == ["From the start\n>From quoted\n> From spaced\nx >From inside"]


def test_crlf(tmp_path: Path) -> None:
    data = mboxrd([mail("One.\n\nStill one."), mail("Two.")]).replace(b"\n", b"\r\n")
    assert texts(tmp_path / "a.mbox", data) == ["One.\n\nStill one.", "Two."]


def test_crlf_mails_between_lf_separators(tmp_path: Path) -> None:
    data = b"".join(SEPARATOR + mail(body).replace(b"\n", b"\r\n") + b"\r\n\n" for body in ("One.", "Two."))
    assert texts(tmp_path / "a.mbox", data) == ["One.", "Two."]


@pytest.mark.parametrize("size", [1, 100, 1_000, 10_000_000])
def test_shards_cover_all_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(mbox, "SHARD_BYTES", size)
    path = tmp_path / "a.mbox"
    path.write_bytes(mboxrd(mail(f"Body {n}.", Message_ID=f"<{n}@acme.example>") for n in range(40)))
    shards = list(mbox.shards(str(path)))
    assert [shard.start for shard in shards[1:]] == [shard.stop for shard in shards[:-1]]
    assert [item.text for item in read(path) if isinstance(item, Message)] == [f"Body {n}." for n in range(40)]
    assert len(shards) == {1: 40, 10_000_000: 1}.get(size, len(shards))


def test_one_bad_message_never_stops_the_rest(tmp_path: Path) -> None:
    deep = mail("x", Content_Type="multipart/mixed; boundary=b0") + b"".join(
        b"\n--b%d\nContent-Type: multipart/mixed; boundary=b%d\n" % (n, n + 1) for n in range(2_000)
    )
    data = mboxrd([mail("One."), deep, mail("Three.")])
    assert texts(tmp_path / "a.mbox", data) == ["One.", "unreadable: its parts are nested too deeply", "Three."]


def test_message_larger_than_the_limit_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbox, "LARGEST_MESSAGE", 2 * 1024 * 1024)
    data = mboxrd([mail("x" * 3_000_000), mail("Two.")])
    assert texts(tmp_path / "a.mbox", data) == ["unreadable: larger than 2 MiB", "Two."]


LINES = st.sampled_from(
    [
        "From here",
        ">From there",
        ">>From x",
        "From ann@acme.example Tue Mar  5 09:12:00 2024",
        "Subject: x",
        "",
        "words",
        "> q",
        "--b",
    ]
)
BODIES = st.lists(LINES | st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20), max_size=8).map(
    "\n".join
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(BODIES, min_size=1, max_size=6))
@example(bodies=["From a b 1:00 2024\nA: b", "\n\n\n"])
def test_any_mails_written_as_mboxrd_are_read_back(tmp_path: Path, bodies: list[str]) -> None:
    mails = [mail(body, Content_Type="text/plain; charset=utf-8") for body in bodies]
    assert texts(tmp_path / "a.mbox", mboxrd(mails)) == [body.strip("\n") for body in bodies]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(max_size=400))
def test_junk_between_good_mails_costs_none_of_them(tmp_path: Path, junk: bytes) -> None:
    found = texts(tmp_path / "a.mbox", mboxrd([mail("One."), junk, mail("Three.")]))
    assert found[0].startswith("One.")
    assert found[-1] == "Three."
