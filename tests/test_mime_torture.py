"""Malformed and nested mail of the MIME-tools suite, which lies beside the project on its makers' machines only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message as MimePart
from pathlib import Path

from lxml import etree

from partnersignal.messages import Message
from partnersignal.reading import mime, open_export
from partnersignal.reading.charsets import decode


def texts(part: MimePart) -> Iterator[str]:
    if part.is_multipart():
        for inner in mime._parts(part):
            yield from texts(inner)
    elif part.get_content_maintype() == "text":
        yield mime._decoded(part)


def bare(text: str) -> str:
    return " ".join(text.split())


def torture(shared: Path) -> list[Path]:
    found = sorted((shared / "data" / "mail" / "mime-torture").glob("*.msg"))
    assert len(found) > 40
    return found


def test_no_message_is_lost(shared: Path, tmp_path: Path) -> None:
    for source in torture(shared):
        path = tmp_path / f"{source.stem}.eml"
        path.write_bytes(source.read_bytes())
        (item,) = open_export(path)
        assert isinstance(item, Message), source.name
        assert item.replaced == item.text.count("\ufffd")


def test_decoded_text_parts_equal_the_expected_ones(shared: Path) -> None:
    expected = equal = 0
    for source in torture(shared):
        tree = etree.parse(
            source.with_name(f"{source.stem}_decoded.xml"), etree.XMLParser(recover=True, resolve_entities=False)
        )
        got = {bare(text) for text in texts(mime._parsed(source.read_bytes()))}
        for body in tree.iter("text-body"):
            data = source.with_name(re.sub(r"[^\w.-]", "", body.get("name", ""))).read_bytes()
            expected += 1
            equal += bool({bare(decode(data)), bare(data.decode("latin-1"))} & got)
    assert expected > 90
    assert equal / expected >= 0.95, f"{equal} of {expected}"
