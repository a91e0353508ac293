"""Zones into sentences with exact offsets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnersignal.cleaning import find_zones, split_sentences
from partnersignal.cleaning.sentences import LONGEST_SENTENCE, MOST_SENTENCES
from partnersignal.messages import Sentence, Zone
from tests.timing import computing_takes_under


def split(text: str) -> list[str]:
    return [sentence.text for sentence in whole(text)]


def whole(text: str) -> tuple[Sentence, ...]:
    return split_sentences(text, (Zone("new", 0, len(text)),) if text else ())


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("We added capacity. It took a night.", ["We added capacity.", "It took a night."]),
        ("Really? Yes! Good…", ["Really?", "Yes!", "Good…"]),
        ('He said "no." We asked again.', ['He said "no."', "We asked again."]),
        ("we type no capitals. it is fine. ok", ["we type no capitals.", "it is fine.", "ok"]),
        ("It costs 3.50 EUR. Version 2.0 is out.", ["It costs 3.50 EUR.", "Version 2.0 is out."]),
        ("See www.acme.example/a.b?c=d for more. Thanks.", ["See www.acme.example/a.b?c=d for more.", "Thanks."]),
        ("Wait... we call you.", ["Wait... we call you."]),
        ("我们会处理。谢谢！", ["我们会处理。", "谢谢！"]),
        ("No end", ["No end"]),
        ("...", []),
        ("", []),
    ],
)
def test_sentence_ends(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Lee called Dr. No about it.", "Order No. 5 is late.", "See Fig. 3 and Vol. 2 of it.", "Ann Lee Sr. signed it.", "We met on Jan. 5 in Cologne.", "Use it e.g. for backups.",
        "Acme Inc. raised it.", "J. Smith of Acme asked.", "It is approx. 5 EUR.", "We use z.B. Acme dafür.", "The U.S. team called.", "Das kostet ca. 5 EUR.",
    ],
)  # fmt: skip
def test_abbreviations_end_no_sentence(text: str) -> None:
    assert split(text) == [text]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("We said no.", "They pushed the upgrade anyway."),
        ("They came at 5 p.m.", "We left."),
        ("I doubt that it was I.", "It was Ann."),
        ("That is the max.", "We stop there."),
        ("He sat.", "We stood."),
        ("It is in 2024.", "We wait."),
    ],
)
def test_words_that_look_like_abbreviations(first: str, second: str) -> None:
    assert split(f"{first} {second}") == [first, second]


@pytest.mark.parametrize("mark", ["-", "*", "•", "1.", "2)", "(3)", "a)", "b.", "–", "+", "o"])
def test_each_list_item_is_a_sentence_without_its_mark(mark: str) -> None:
    assert split(f"We will:\n{mark} add capacity\n{mark} call you daily\n") == ["We will:", "add capacity", "call you daily"]


def test_list_items_wrap_and_hold_sentences() -> None:
    text = "- We add capacity on Monday because the disk of the old server\n  is full. We call you.\n- Done"
    assert split(text) == ["We add capacity on Monday because the disk of the old server\n  is full.", "We call you.", "Done"]


@pytest.mark.parametrize("heading", ["# Next steps", "### Next steps"])
def test_headings_stand_alone(heading: str) -> None:
    assert split(f"{heading}\nWe call you on Monday about the new disk and the price.") == [
        "Next steps",
        "We call you on Monday about the new disk and the price.",
    ]


def test_heading_without_a_mark() -> None:
    assert split("Next steps\nWe call you.") == ["Next steps", "We call you."]


def test_wrapped_lines_are_one_sentence() -> None:
    text = "We saw the disk of your old server filling up overnight and so we\nadded capacity before you came in. It works."
    assert split(text) == [text[:-10].rstrip(), "It works."]


def test_wrapped_before_a_capital() -> None:
    text = "We saw the disk of your old server filling up overnight and then\nAnn added capacity."
    assert split(text) == [text]


def test_a_line_with_room_for_the_next_word_was_ended_by_its_writer() -> None:
    assert split("Wed - the list came, correct to the last user\nThu - nothing") == [
        "Wed - the list came, correct to the last user",
        "Thu - nothing",
    ]


def test_speakers_begin_sentences() -> None:
    assert split("Ann Lee: we will look into the disk of the old server today and\nBob: good") == [
        "Ann Lee: we will look into the disk of the old server today and",
        "Bob: good",
    ]


def test_table_rows_stay_apart() -> None:
    assert split("Disk\tthe price of it rises by five percent in May\nTape\tsame") == [
        "Disk\tthe price of it rises by five percent in May",
        "Tape\tsame",
    ]


def test_a_blank_line_ends_a_sentence_and_a_paragraph() -> None:
    found = whole("We added capacity to\n\nthe disk. And more.\n\n\nEnd.")
    assert [(sentence.text, sentence.paragraph) for sentence in found] == [
        ("We added capacity to", found[0].paragraph),
        ("the disk.", found[0].paragraph + 1),
        ("And more.", found[0].paragraph + 1),
        ("End.", found[0].paragraph + 2),
    ]


def test_only_new_words_give_sentences() -> None:
    text = "Hi Bob,\n\nOne. Two.\n\n> Old one.\n\nThree.\n\nBest regards,\nAnn"
    found = split_sentences(text, find_zones(text))
    assert [sentence.text for sentence in found] == ["One.", "Two.", "Three."]
    assert [sentence.number for sentence in found] == [0, 1, 2]
    assert found[1].paragraph < found[2].paragraph


def test_long_lines_are_cut_at_spaces() -> None:
    pieces = split("word " * 2_000)
    assert all(len(piece) <= LONGEST_SENTENCE for piece in pieces)
    assert " ".join(pieces).split() == ["word"] * 2_000


def test_long_words_are_cut() -> None:
    assert [len(piece) for piece in split("x" * 4_500)] == [2_000, 2_000, 500]


PIECES = st.sampled_from(
    [
        "We added capacity. ",
        "no. ",
        "Mr. ",
        "- item\n",
        "# Head\n",
        "\n",
        "\n\n",
        "  ",
        "\t",
        "wrapped line that is rather long for a line of its own and\n",
        "3. ",
        "a.b",
        "?!",
        "。",
        "\u2028",
        "\x1c",
        "\xa0",
        "x" * 2_100,
        "(ok.) ",
        "Bob: hi\n",
        "1) ",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=10), max_size=15).map("".join)


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_offsets_are_exact_and_nothing_is_lost(text: str) -> None:
    found = whole(text)
    assert [sentence.number for sentence in found] == list(range(len(found)))
    end, lost = 0, ""
    for sentence in found:
        assert end <= sentence.start < sentence.end <= len(text)
        assert sentence.text == text[sentence.start : sentence.end] == sentence.text.strip()
        assert len(sentence.text) <= LONGEST_SENTENCE
        lost += text[end : sentence.start]
        end = sentence.end
    lost += text[end:]
    # Only marks of lists may fall between sentences: a letter or two figures each.
    assert all(len(word.strip("().#-*•")) <= 2 for word in lost.split() if any(map(str.isalnum, word)))
    assert [s.paragraph for s in found] == sorted(s.paragraph for s in found)


@settings(deadline=None)
@given(text=TEXTS)
def test_sentences_lie_in_their_zones(text: str) -> None:
    zones = find_zones(text)
    for sentence in split_sentences(text, zones):
        assert any(zone.kind == sentence.zone and zone.start <= sentence.start and sentence.end <= zone.end for zone in zones)


@pytest.mark.parametrize(
    "unit",
    [
        "x",
        " ",
        ".",
        ". ",
        "a. ",
        "? ",
        '"',
        "\n",
        "a\n",
        "- ",
        "-\n",
        "# ",
        "1. ",
        "(",
        "No. ",
        "。",
        "a: ",
        "\t",
        "\u2028",
        "a.\"'",
    ],
)
def test_a_megabyte_takes_under_two_seconds(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    assert computing_takes_under(2, lambda: whole(text))


@pytest.mark.parametrize("unit", ["A word. ", "A word\n\n"])
def test_what_follows_ten_thousand_sentences_is_not_read(unit: str) -> None:
    sentences = whole(unit * 10_100)
    assert len(sentences) == MOST_SENTENCES
    assert sentences[-1].number == MOST_SENTENCES - 1
