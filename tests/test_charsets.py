"""Bytes to text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnersignal.reading.charsets import decode

GERMAN = "Grüße aus München, wir prüfen die Störung und melden uns später."


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("utf-8", "utf-8"), ("UTF8", "utf-8"), ("uft-8", "utf-8"), ("utf8mb4", "utf-8"), ("utf-8mb4", "utf-8"), ('"utf-8"', "utf-8"),
        ("iso-8859-1", "latin-1"), ("iso-8859-15", "iso-8859-15"), ("windows-1252", "cp1252"), ("cp-850", "cp850"),
        ("x-mac-roman", "mac_roman"), ("utf-16", "utf-16"), ("unicode-1-1-utf-7", "utf-7"), (" 'utf-8' ", "utf-8"),
    ],
)  # fmt: skip
def test_declared_names_and_their_misspellings(declared: str, codec: str) -> None:
    assert decode(GERMAN.encode(codec), declared) == GERMAN


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("iso-8859-8-i", "iso-8859-8", "שלום"),
        ("gb2312", "gb18030", "我们会尽快处理"),
        ("x-gbk", "gbk", "我们会尽快处理"),
        ("ks_c_5601-1987", "cp949", "안녕하세요"),
        ("shift_jis", "cp932", "よろしく①"),
        ("koi8-r", "koi8-r", "Здравствуйте"),
    ],
)
def test_other_scripts(declared: str, codec: str, text: str) -> None:
    assert decode(text.encode(codec), declared) == text


@pytest.mark.parametrize("declared", ["iso-8859-1", "us-ascii", "latin1"])
def test_latin_1_means_windows_1252(declared: str) -> None:
    assert decode(b"\x93quote\x94 \x96 5 \x80", declared) == "“quote” – 5 €"


@pytest.mark.parametrize(
    "declared",
    [
        "us-ascii",
        "iso-8859-1",
        None,
        "unknown-8bit",
        "x-unknown",
        "utf-8\x00",
        "hex",
        "rot13",
        "idna",
        "punycode",
        "unicode_escape",
        "undefined",
    ],
)
def test_utf_8_is_found_whatever_was_declared(declared: str | None) -> None:
    assert decode(GERMAN.encode(), declared) == GERMAN


@pytest.mark.parametrize("declared", ["utf-8", "default_charset", None])
def test_windows_1252_declared_as_something_else(declared: str | None) -> None:
    assert decode(GERMAN.encode("cp1252"), declared) == GERMAN


@pytest.mark.parametrize("name", ["Jürgen Groß", "José Núñez", "François"])
def test_a_few_undeclared_bytes_are_western(name: str) -> None:
    assert decode(name.encode("cp1252")) == name


def test_a_stray_byte_costs_one_character() -> None:
    assert decode("Größe ".encode() + b"\xff ok", "utf-8") == "Größe \ufffd ok"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_byte_order_mark_wins_and_goes(codec: str) -> None:
    assert decode("Grüße".encode(codec), "iso-8859-1") == "Grüße"


def test_nothing() -> None:
    assert decode(b"", "utf-8") == decode(b"") == ""


@given(
    data=st.binary(max_size=300),
    declared=st.sampled_from(["utf-8", "utf-7", "utf-16", "gb2312", "big5", "cp1252", "idna", "hex"])
    | st.text(max_size=12)
    | st.none(),
)
def test_never_raises(data: bytes, declared: str | None) -> None:
    assert isinstance(decode(data, declared), str)
