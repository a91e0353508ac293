"""Address headers and cells."""

from __future__ import annotations

from email.utils import formataddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnersignal.messages import Party
from partnersignal.reading.addresses import decode_words, parse_addresses
from tests.timing import computing_takes_under

ANN = Party("Ann Lee", "ann@acme.example")
BOB = Party("", "bob@ours.example")


@pytest.mark.parametrize(
    "value",
    [
        "Ann Lee <ann@acme.example>",
        '"Ann Lee" <ANN@acme.example>',
        "ann@acme.example (Ann Lee)",
        "'Ann Lee' <ann@acme.example>",
        "=?utf-8?Q?Ann_Lee?= <ann@acme.example>",
        "Ann Lee <mailto:ann@acme.example>",
        "Ann Lee\n\t<ann@acme.example>",
        " Ann  Lee  < ann@acme.example > ",
    ],
)
def test_one_address(value: str) -> None:
    assert parse_addresses(value) == (ANN,)


@pytest.mark.parametrize("separator", [",", ";", " ; ", ",\n "])
def test_separators(separator: str) -> None:
    assert parse_addresses(f"Ann Lee <ann@acme.example>{separator}bob@ours.example") == (ANN, BOB)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('"Lee, Ann" <ann@acme.example>', "Lee, Ann"),
        ('"Lee; Ann" <ann@acme.example>', "Lee; Ann"),
        ("=?utf-8?Q?Lee=2C_Ann?= <ann@acme.example>", "Lee, Ann"),
        ("Lee, Ann <ann@acme.example>", "Lee, Ann"),
    ],
)
def test_comma_in_a_name(value: str, name: str) -> None:
    assert parse_addresses(f"{value}, bob@ours.example") == (Party(name, "ann@acme.example"), BOB)


def test_names_without_addresses_stay_apart() -> None:
    assert parse_addresses("Ann Lee; Bob") == (Party("Ann Lee", ""), Party("Bob", ""))


def test_each_address_once() -> None:
    assert parse_addresses("Ann Lee <ann@acme.example>, ann@acme.example", "ANN@acme.example") == (ANN,)


@pytest.mark.parametrize("value", ["", " ", ",;,", "<>", "undisclosed-recipients:;", "undisclosed-recipients: ;"])
def test_nobody(value: str) -> None:
    assert parse_addresses(value) == ()


def test_group() -> None:
    assert parse_addresses("Team: Ann Lee <ann@acme.example>, bob@ours.example;") == (ANN, BOB)


def test_direction_marks_are_taken_out_of_names() -> None:
    assert parse_addresses("\u202eAnn\u2066 Lee <ann@acme.example>")[0].name == "Ann Lee"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße"),
        ("=?utf-8?B?R3LDvMOfZQ==?= x", "Grüße x"),
        ("=?utf-8?Q?a?=\n =?utf-8?Q?b?=", "ab"),
        ("a\tb\x00", "a b"),
    ],
)
def test_encoded_words(value: str, expected: str) -> None:
    assert decode_words(value) == expected


NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N"], include_characters=" ,.;\"()'-"), max_size=20)


@given(
    pairs=st.lists(
        st.tuples(
            st.from_regex(r"[A-Za-z][A-Za-z ,.;-]{0,12}[A-Za-z]", fullmatch=True),
            st.from_regex(r"[a-z0-9.]{1,8}@[a-z]{1,8}\.example", fullmatch=True),
        ),
        unique_by=lambda p: p[1],
        max_size=5,
    )
)
def test_any_list_of_addresses_comes_back(pairs: list[tuple[str, str]]) -> None:
    found = parse_addresses(", ".join(formataddr(pair) for pair in pairs))
    assert [party.address for party in found] == [address for _, address in pairs]
    assert [party.name for party in found] == [" ".join(name.split()) for name, _ in pairs]


@given(value=st.text(max_size=80) | st.text('<>@,;:"()=?a ', max_size=80))
def test_never_raises_and_never_gives_an_empty_party(value: str) -> None:
    for party in parse_addresses(value):
        assert party.name or party.address
        assert party.address == "" or "@" in party.address


@pytest.mark.parametrize(
    "value",
    ['"' * 200_000, "(" * 200_000, "<" * 200_000, '"a' * 100_000, "a@b," * 50_000, "=?" * 100_000, "=?utf-8?q?" * 20_000],
)
def test_hostile_headers_are_read_in_a_second(value: str) -> None:
    assert computing_takes_under(1, lambda: parse_addresses(value))
