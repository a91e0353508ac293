"""Any input gives messages or a reason, never an exception, within two seconds and bounded memory."""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail import mail, mail_of, mboxrd, multipart, part
from test_docx import document, p, r
from test_mime import RAW_LINES, nested_forwards, nested_multiparts
from test_transcripts import OTTER, SRT, TEAMS

from partnersignal.cleaning import own_sentences, zoned
from partnersignal.errors import InputError
from partnersignal.messages import Message, Unreadable
from partnersignal.reading import open_export
from partnersignal.suppliers import Supplier, SupplierDirectory, attribute
from partnersignal.tagging.resources import shipped

DIRECTORY = SupplierDirectory((Supplier("Acme", ("acme.example",)), Supplier("Bolt", ("bolt.example",))), ("ours.example",))
SET = Path(__file__).with_name("data") / "attribution"
SECONDS = 2.0
TABLE = 'message_id,from,to,date,subject,body\n1,ann@acme.example,bob@ours.example,2024-03-05,Disk,"We fixed it.\nAll of it."\n'
PIECES = [
    b"", b"\x00", b"\xff\xfe", b"\n\n", b"\r", b"From ", b">From a@b Tue Mar  5 09:12:00 2024\n", b"--edge", b"--edge--", b"<v ", b"-->",
    b"Content-Type: multipart/mixed; boundary=edge\n", b"Content-Type: message/rfc822\n\n", b"Content-Transfer-Encoding: base64\n", b"=?utf-8?B?",
    b'"', b";", b"{", b"<" * 50, b"(" * 50, b"PK\x03\x04", b"Attendees: Ann (Acme), Bob; Acme: Cy\n", b"On 3 May 2024, Ann <a@b.c> wrote:\n> ",
    b"A" * 5_000, b" " * 5_000, b"a@" * 2_000, b"# Acme\n- ", "Ünïcödé\u2028\u202e".encode(), b"\xed\xa0\x80",
]  # fmt: skip


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").strip("\n").split("\n")


def seeds() -> list[tuple[str, bytes]]:
    """Every kind of file that is read, with its suffix."""
    html = part("<p>We <b>fixed</b> it.</p><blockquote>Old</blockquote>", "text/html; charset=utf-8")
    mails = [mail(), mail_of(multipart("alternative", part("Plain."), html)), mail_of(html)]
    found = [(".eml", each) for each in mails] + [(".mbox", mboxrd(mails)), (".csv", TABLE.encode())]
    found += [
        (".tsv", TABLE.replace(",", "\t").encode()),
        (".jsonl", b'{"from": "ann@acme.example", "body": "We fixed it."}\n' * 2),
    ]
    found += [(".vtt", TEAMS.encode()), (".srt", SRT.encode()), (".txt", OTTER.encode())]
    found += [(".docx", document(p(r("Acme call")) + p(r("They fixed it."))))]
    rows = [json.loads(line) for name in ("notes", "threads") for line in _lines(SET / f"{name}.jsonl")]
    found += [(".md" if "text" in row else ".eml", row.get("text", row.get("raw", "")).encode()) for row in rows]
    found += [(".md", path.read_bytes()) for path in sorted((shipped("data/sample") / "export" / "notes").iterdir())]
    found += [(".mbox", (shipped("data/sample") / "export" / "mail.mbox").read_bytes()[:20_000])]
    return found


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Cut, repeat, overwrite and insert at random places."""
    for _ in range(chance.randint(1, 6)):
        at, to = sorted((chance.randint(0, len(data)), chance.randint(0, len(data))))
        to = min(to, at + chance.choice((1, 10, 2_000)))
        data = chance.choice(
            (
                data[:at] + data[to:],
                data[:to] + data[at:to] * chance.randint(1, 5) + data[to:],
                data[:at] + chance.choice(PIECES) + data[at:],
                data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :],
                data[:at] + chance.randbytes(to - at) + data[to:],
            )
        )
    return data[:200_000]


def survives(path: Path, data: bytes) -> None:
    """Read, clean and attribute a file; anything but messages and reasons is an error."""
    path.write_bytes(data)
    start = time.process_time()
    try:
        items = list(open_export(path))
    except InputError as error:
        assert "\n" not in str(error) and "expected" in str(error)
        return
    for item in items:
        if isinstance(item, Unreadable):
            assert item.reason and "\n" not in item.reason and "Error" not in item.reason
            continue
        assert isinstance(item, Message)
        clean = zoned(item)
        sentences = own_sentences(clean)
        assert all(each.text == clean.text[each.start : each.end] for each in sentences)
        assert len(attribute(clean, sentences, DIRECTORY)) == len(sentences)
        (item.text + item.subject + str(item.sender)).encode()
        assert item.replaced == item.text.count("\ufffd")
    assert time.process_time() - start < SECONDS


def fuzz(folder: Path, number: int, seed: int) -> None:
    chance = random.Random(seed)
    found = seeds()
    for turn in range(number):
        suffix, data = found[turn % len(found)]
        data = mutated(data, chance)
        try:
            survives(folder / f"fuzz{suffix}", data)
        except BaseException:
            (folder / f"failed-{seed}-{turn}{suffix}").write_bytes(data)
            raise


def test_every_kind_of_file_is_read_unharmed(tmp_path: Path) -> None:
    for number, (suffix, data) in enumerate(seeds()):
        (tmp_path / f"{number}{suffix}").write_bytes(data)
        assert all(isinstance(item, Message) for item in open_export(tmp_path / f"{number}{suffix}"))


def test_mutated_files_never_raise(tmp_path: Path) -> None:
    fuzz(tmp_path, 300, seed=1)


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(RAW_LINES, max_size=25), suffix=st.sampled_from([".eml", ".mbox", ".txt", ".vtt", ".csv", ".jsonl", ".docx"])
)
def test_made_up_files_never_raise(tmp_path_factory: pytest.TempPathFactory, lines: list[str], suffix: str) -> None:
    data = "\n".join(lines).encode("utf-8", "replace")
    survives(tmp_path_factory.getbasetemp() / f"made{suffix}", (b"From x\n" if suffix == ".mbox" else b"") + data)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(10))
def test_fifty_thousand_mutated_files_never_raise(tmp_path: Path, seed: int) -> None:
    fuzz(tmp_path, 5_000, seed=100 + seed)


HOSTILE = {
    "nested multiparts": nested_multiparts(10_000),
    "nested forwards": nested_forwards(10_000),
    "encoded words": mail(Subject="=?utf-8?Q?" + "=41" * 100_000 + "?="),
    "brackets": mail(From="(" * 100_000, To="<" * 100_000, Cc='"' * 100_001),
    "commas": mail(To="a," * 200_000),
    "references": mail(References="<a@b> " * 100_000),
    "folded boundary": b'Content-Type: multipart/mixed; boundary="' + b"\n a" * 100_000 + b'"\n\n--a\n',
    "boundaries": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 50_000,
    "parameters": b"Content-Type: text/plain; " + b"a*0*=x;" * 20_000 + b"\n\nwords",
    "date": mail(Date="Tue, " * 50_000),
    "spaces": mail(" " * 500_000 + "x"),
    "names": mail("Ann Lee " * 60_000),
    "capitals": mail("A" * 500_000),
    "addresses": mail("a@b." * 120_000),
    "quotes": mail("> " * 200_000),
    "dashes": mail("-" * 500_000 + "x"),
    "times": mail("1:1" * 150_000),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("suffix", [".eml", ".txt"])
def test_hostile_input_takes_under_two_seconds(tmp_path: Path, name: str, suffix: str) -> None:
    survives(tmp_path / f"hostile{suffix}", HOSTILE[name])


NOTES = {
    "labels": "Ann Lee: words\n" * 20_000,
    "attendees": "Attendees: " + "Ann Lee (Acme), " * 20_000,
    "lists": "Attendees:\n" + "Ann Lee (Acme)\n" * 20_000,
    "names": "Acme Bolt " * 40_000,
    "headings": "# Acme\n" * 40_000,
    "brackets": "Ann (" * 80_000,
    "times": "Ann  0:12\nwords\n" * 20_000,
    "cues": "0:01 --> 0:02\n<v Ann>words\n" * 15_000,
    "tabs": "Acme\t" * 80_000,
}


@pytest.mark.parametrize("name", NOTES)
def test_hostile_notes_take_under_two_seconds(tmp_path: Path, name: str) -> None:
    survives(tmp_path / "hostile.txt", NOTES[name].encode())


READ = """
import sys
from partnersignal.reading import open_export
items = list(open_export(sys.argv[1]))
# Not getrusage: its peak remembers the process that this one was forked from.
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
print(len(items), int(peak) // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", [60, 100])
@pytest.mark.parametrize("suffix", [".eml", ".mbox", ".csv", ".jsonl", ".txt", ".vtt", ".srt", ".md"])
def test_one_line_of_a_hundred_megabytes_fits_into_memory(tmp_path: Path, suffix: str, megabytes: int) -> None:
    head = {
        ".eml": mail(""), ".mbox": b"From a@b.example Tue Mar  5 09:12:00 2024\n" + mail(""), ".csv": b"from,body\na@b.example,",
        ".jsonl": b'{"from": "a@b.example", "body": "', ".vtt": b"0:01 --> 0:02\n", ".srt": b"0:01 --> 0:02\n",
    }.get(suffix, b"")  # fmt: skip
    path = tmp_path / f"long{suffix}"
    with path.open("wb") as file:
        file.write(head)
        for _ in range(megabytes):
            file.write(b"word" * (1024 * 256))
        file.write(b'"}\n' if suffix == ".jsonl" else b"\n")
    seconds = {resource.RLIMIT_CPU: (60, 60), resource.RLIMIT_DATA: (2**30, 2**30)}
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        capture_output=True, text=True, check=False,
        preexec_fn=lambda: [resource.setrlimit(which, limit) for which, limit in seconds.items()],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    items, peak = map(int, done.stdout.split())
    assert items == 1
    # Pages of the file itself, which an mbox is mapped to, are the system's to drop.
    assert peak - (megabytes if suffix == ".mbox" else 0) < 256
