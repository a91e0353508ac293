"""Words inside quotes, whose they are, and what the whole export says about them; boilerplate learnt per sender."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail import ANN, BOB, message, plan_rows

import partnersignal as ps
from partnersignal.cleaning import message_words, quoted_sentences, without_boilerplate, zoned
from partnersignal.conversations.words import pack, unpack, word_hash
from partnersignal.messages import Message, Party, Zone
from partnersignal.runs.appending import append

DAY = datetime(2024, 3, 5, 9, tzinfo=UTC)
INTRO = "On Tue, 5 Mar 2024 at 09:12, Ann Lee <ann@acme.example> wrote:"
QUOTE = f"{INTRO}\n> Hi Bob,\n>\n> We added capacity before the disk in the second hall was\n> full. Nobody had to ask.\n>\n> Best regards,\n> Ann\n"


def quoted(text: str, **fields: object) -> list[tuple[str, str]]:
    found = quoted_sentences(zoned(message(text=text, **fields)))
    assert all(each.sentence.text == text[each.sentence.start : each.sentence.end] for each in found)
    assert [each.sentence.number for each in found] == list(range(len(found)))
    return [(each.author.address, each.words.replace("\n", " ")) for each in found]


def test_quoted_words_have_their_author_and_no_greeting_or_signature() -> None:
    assert quoted(f"Thanks for that.\n\n{QUOTE}") == [
        ("ann@acme.example", "We added capacity before the disk in the second hall was full."),
        ("ann@acme.example", "Nobody had to ask."),
    ]


def test_quotes_in_quotes_have_their_own_authors() -> None:
    inner = "\n".join(f"> {line}" for line in f"We do it.\n\n{QUOTE}".split("\n"))
    found = quoted(f"Third.\n\nOn 6 Mar 2024, at 10:00, Bob <bob@ours.example> wrote:\n{inner}")
    assert [author for author, _ in found] == ["bob@ours.example", "ann@acme.example", "ann@acme.example"]
    assert found[0][1] == "We do it."
    assert found[2][1] == "Nobody had to ask."


def test_forwarded_words_without_marks() -> None:
    text = "FYI, see below.\n\n-----Original Message-----\nFrom: Ann Lee <ann@acme.example>\nSent: 5 March 2024 09:12\nTo: Bob\nSubject: x\n\nThe price goes up in May.\n\nAnn\n"
    assert quoted(text) == [("ann@acme.example", "The price goes up in May.")]


def test_an_author_without_an_address_is_known_by_name_or_not_at_all() -> None:
    text = "Done.\n\nOn 05/03/2024 09:12, Ann Lee wrote:\n> The price goes up in May.\n"
    assert quoted(text, sender=BOB, recipients=(ANN,)) == [("ann@acme.example", "The price goes up in May.")]
    assert quoted(text, sender=BOB, recipients=(Party("Eve", "eve@x.example"),)) == []


def test_a_quote_without_a_header_is_nobodys() -> None:
    assert quoted("Done.\n> The price goes up in May.\n") == []


@settings(deadline=None, max_examples=150)
@given(
    lines=st.lists(
        st.sampled_from(
            [
                "",
                "> ",
                "> > ",
                INTRO,
                f"> {INTRO}",
                "> We fixed it.",
                ">> Why?",
                "Yes.",
                "> From: Ann <a@x.example>",
                "-- ",
                "Begin forwarded message:",
            ]
        )
        | st.text(max_size=20),
        max_size=14,
    )
)
def test_places_of_quoted_sentences_are_exact_in_any_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    for each in quoted_sentences(zoned(message(text=text))):
        assert each.sentence.text == text[each.sentence.start : each.sentence.end]
        assert each.words.split()[0] in each.sentence.text


def orphans(*messages: Message) -> dict[str, int]:
    rows = plan_rows(list(messages), words=message_words)
    return {name: len(unpack(each)) for name, each in zip(rows["message_id"], rows["orphans"], strict=True) if each}


def reply(name: str, days: int = 0, text: str = QUOTE, **fields: object) -> Message:
    return message(
        name, sender=BOB, recipients=(ANN,), date=DAY + timedelta(days=days), text=f"Thanks for {name}.\n\n{text}", **fields
    )


ORIGINAL = message(
    "o",
    text="Hi Bob,\n\nWe added capacity before the disk in the second hall was full. Nobody had to ask.\n\nBest regards,\nAnn\n",
)


def test_a_quoted_sentence_counts_where_it_is_seen_first() -> None:
    for order in permutations([reply("late", 3), reply("early", 1), reply("later", 4)]):
        assert orphans(*order) == {"early": 2}


def test_a_quote_whose_original_is_in_the_export_counts_nothing() -> None:
    assert orphans(reply("r"), ORIGINAL) == {}
    # Wrapped and cut otherwise than in the original, and with an answer in between.
    other = QUOTE.replace("hall was\n> full.", "hall\n> was full.").replace("> Nobody", "\nWe saw it.\n\n> Nobody")
    assert orphans(reply("r", text=other), ORIGINAL) == {}


def test_a_quote_half_of_which_is_known_is_a_copy() -> None:
    cut = QUOTE.replace("Nobody had to ask.", "Nobody had to a[...]")
    assert orphans(reply("r", text=cut), ORIGINAL) == {}


def test_shards_change_nothing() -> None:
    mails = [reply("a", 3), reply("b", 1), ORIGINAL, reply("c", 2, QUOTE.replace("disk", "press").replace("Nobody", "None"))]
    whole = plan_rows(mails, words=message_words)
    for cut in range(len(mails) + 1):
        shards = plan_rows(mails[:cut], mails[cut:], words=message_words)
        assert list(shards["orphans"]) == list(whole["orphans"])
        assert list(shards["boilerplate"]) == list(whole["boilerplate"])


def test_copies_and_automatic_mail_carry_no_quotes() -> None:
    assert orphans(reply("a", subject="Out of office"), reply("b", 1)) == {"b": 2}


FOOTER = "Acme moves the world since 1901 and you with it"


def boilerplate(*messages: Message) -> set[str]:
    rows = plan_rows(list(messages), words=message_words)
    return {
        name for name, each in zip(rows["message_id"], rows["boilerplate"], strict=True) if word_hash(FOOTER) in unpack(each)
    }


def with_footer(name: str, **fields: object) -> Message:
    return message(name, text=f"This is about {name} and the rest of it.\n\n{FOOTER}\n", **fields)


def test_a_paragraph_in_three_threads_of_a_sender_is_boilerplate() -> None:
    assert boilerplate(with_footer("a"), with_footer("b")) == set()
    assert boilerplate(with_footer("a"), with_footer("b"), with_footer("c")) == {"a", "b", "c"}


def test_one_thread_makes_no_boilerplate() -> None:
    assert boilerplate(with_footer("a"), with_footer("b", in_reply_to="a"), with_footer("c", in_reply_to="b")) == set()


def test_one_letter_to_many_is_no_boilerplate() -> None:
    letters = [
        message(
            name, text=f"Dear {name},\n\nPrices go up by five per cent in May.\n\n{FOOTER}\n", date=DAY + timedelta(days=day)
        )
        for day, name in enumerate(("Bob", "Carl", "Eve"))
    ]
    assert boilerplate(*letters) == set()


def test_colleagues_share_boilerplate_and_strangers_do_not() -> None:
    def by(domain: str) -> list[Message]:
        return [with_footer(name, sender=Party(name, f"{name}@{domain.replace('*', name)}")) for name in ("ann", "eve", "joe")]

    assert boilerplate(*by("acme.example")) == {"ann", "eve", "joe"}
    assert boilerplate(*by("*.example")) == set()


@pytest.mark.parametrize("gap", ["\n\n", "\n \t\n", "\n\n\n\n"])
def test_boilerplate_becomes_a_zone_and_zones_stay_whole(gap: str) -> None:
    text = f"Hi Bob,\n\nWe added capacity.{gap}{FOOTER}{gap}More tomorrow.\n\n> old\n"
    marked = without_boilerplate(zoned(message(text=text)), frozenset([word_hash(FOOTER)]))
    assert marked.zones is not None
    assert [(zone.kind, text[zone.start : zone.end].strip()) for zone in marked.zones if zone.kind != "greeting"] == [
        ("new", "We added capacity."), ("boilerplate", FOOTER), ("new", "More tomorrow."), ("quoted", "> old"),
    ]  # fmt: skip
    assert [zone.start for zone in marked.zones[1:]] == [zone.end for zone in marked.zones[:-1]]


@settings(deadline=None)
@given(text=st.lists(st.sampled_from(["a b c d", "\n", "\n\n", " ", "e f g h", "> x"]), max_size=12).map("".join))
def test_without_boilerplate_covers_any_text(text: str) -> None:
    clean = zoned(message(text=text))
    marked = without_boilerplate(clean, frozenset([word_hash("a b c d")])).zones or ()
    assert "".join(text[zone.start : zone.end] for zone in marked) == text
    assert all(zone.kind != "new" or "a b c d" not in text[zone.start : zone.end].split("\n\n") for zone in marked)


def test_hashes_know_words_whatever_their_marks() -> None:
    assert word_hash("We added,\n capacity!") == word_hash("we added capacity") != word_hash("we added capacities")
    assert unpack(pack([word_hash("a"), -1])).tolist() == [word_hash("a"), -1]


def test_notes_are_not_cut() -> None:
    notes = message(text="A b c d.\n\n> We said it all.", kind="meeting_notes", sender=None)
    assert zoned(notes).zones == (Zone("new", 0, len(notes.text)),)
    assert message_words(notes).blocks == ()


def run_of(tmp_path: Path, model: Path, *bodies: tuple[str, str, str]) -> ps.Run:
    box = tmp_path / "x.mbox"
    box.write_text(
        "".join(
            f"From a@b.com Mon Jan 06 10:00:00 2025\nMessage-ID: <{n}@x>\nFrom: {sender}\nTo: {to}\nDate: Mon, 06 Jan 2025 10:{n:02d}:00 +0000\n\n{body}\n\n"
            for n, (sender, to, body) in enumerate(bodies)
        )
    )
    return ps.score(box, out=tmp_path / "run", ours=["us.example"], model=model, jobs=1)


LATE = "The aserver is late again."
SUPPLIER = "Ann Lee <ann@acme.com>"
US = "Me <me@us.example>"
QUOTED_LATE = f"On Mon, 6 Jan 2025 at 09:00, {SUPPLIER} wrote:\n> {LATE}\n"


def test_words_seen_only_in_quotes_are_tagged_once_for_their_author(tiny_model: Path, tmp_path: Path) -> None:
    run = run_of(
        tmp_path, tiny_model,
        (US, SUPPLIER, f"Thanks for telling us that.\n\n{QUOTED_LATE}"), (US, SUPPLIER, f"Please send the form.\n\n{QUOTED_LATE}"),
    )  # fmt: skip
    assert [(tag.text, tag.zone, tag.voice, tag.message_id) for tag in run.tags.itertuples()] == [
        (LATE, "quoted", "supplier", "0@x")
    ]
    assert run.receipt["sentences"]["seen_only_in_quotes"] == 1
    text = run.messages.set_index("message_id")["text"]
    tag = run.tags.iloc[0]
    assert text[tag.message_id][tag.start : tag.end] == LATE


def test_words_whose_original_is_there_are_tagged_there(tiny_model: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path, tiny_model, (US, SUPPLIER, f"Thanks for telling us that.\n\n{QUOTED_LATE}"), (SUPPLIER, US, LATE))
    assert [(tag.zone, tag.message_id) for tag in run.tags.itertuples()] == [("new", "1@x")]


def test_a_quote_gives_way_to_an_original_that_is_added_later(tiny_model: Path, tmp_path: Path) -> None:
    """Everything is then as if all mail had been scored together, also when the quote was the whole of a message."""
    second = "The abadge slipped a third time."
    replies = (
        (US, SUPPLIER, f"Thanks.\n\nOn Mon, 6 Jan 2025 at 09:00, {SUPPLIER} wrote:\n> {LATE}\n\nOn Sun, 5 Jan 2025 at 09:00, {SUPPLIER} wrote:\n> {second}\n"),
        (US, SUPPLIER, QUOTED_LATE.replace("aserver", "bserver")),
    )  # fmt: skip
    originals = ((SUPPLIER, US, LATE), (SUPPLIER, US, LATE.replace("aserver", "bserver")))
    run = run_of(tmp_path, tiny_model, *replies)
    assert [(tag.message_id, tag.sentence, tag.zone) for tag in run.tags.itertuples()] == [
        ("0@x", 1, "quoted"), ("0@x", 2, "quoted"), ("1@x", 0, "forwarded")
    ]  # fmt: skip
    (tmp_path / "whole").mkdir()
    whole = run_of(tmp_path / "whole", tiny_model, *replies, *originals)
    text = (tmp_path / "whole" / "x.mbox").read_text()
    (tmp_path / "later.mbox").write_text(text[text.index("From a@b.com", text.index("<1@x>")) :])
    shutil.copytree(run.folder, tmp_path / "corrected")
    added = append(tmp_path / "later.mbox", out=run.folder, jobs=1)
    assert len(added.tags) == 3 and set(added.tags[["message_id", "zone"]].itertuples(index=False, name=None)) == {
        ("0@x", "quoted"), ("2@x", "new"), ("3@x", "new")
    }  # fmt: skip
    for name in ("messages", "tags", "exposure"):
        one, other = (pd.read_parquet(each.folder / f"{name}.parquet") for each in (added, whole))
        pd.testing.assert_frame_equal(*(each.drop(columns="source", errors="ignore") for each in (one, other)))
    (tmp_path / "corrected" / "corrections.csv").write_text("message_id,sentence,signal,action\n0@x,2,broken_promise,strike\n")
    fixed = append(tmp_path / "later.mbox", out=tmp_path / "corrected", jobs=1)
    assert fixed.corrected.counts["strike"] == 1 and (fixed.tags["message_id"] == "0@x").sum() == 1, "numbers stay"


def test_a_forward_without_a_word_is_tagged_for_whom_it_quotes(tiny_model: Path, tmp_path: Path) -> None:
    body = f"---------- Forwarded message ---------\nFrom: {SUPPLIER}\nDate: Mon, 6 Jan 2025 at 09:00\nSubject: x\nTo: {US}\n\n{LATE}\n"
    run = run_of(tmp_path, tiny_model, (US, "Boss <boss@us.example>", body), (SUPPLIER, US, "Good morning to you all."))
    assert [(tag.zone, tag.supplier, tag.voice) for tag in run.tags.itertuples()] == [
        ("forwarded", run.tags.supplier.iloc[0], "supplier")
    ]


def test_boilerplate_is_counted_and_not_tagged(tiny_model: Path, tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        tiny_model,
        *((SUPPLIER, US, f"This is about the {thing} we spoke of.\n\n{LATE}") for thing in ("press", "disk", "hall")),
    )
    assert run.receipt["boilerplate_paragraphs"] == 3
    assert len(run.tags) == 0


def test_mail_in_another_language_is_counted_and_not_tagged(tiny_model: Path, tmp_path: Path) -> None:
    german = f"Wir haben die Lieferung wieder nicht bekommen, obwohl sie fällig war und wir darauf warten mussten. {LATE}"
    run = run_of(tmp_path, tiny_model, (US, SUPPLIER, german), (US, SUPPLIER, LATE))
    assert set(run.tags.message_id) == {"1@x"}
    assert run.receipt["languages"] == {"de": 1}
    assert run.receipt["sentences"]["not_in_a_known_language"] == 2
