"""What only the whole export shows: threads, copies, the last plausible date."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail import message, plan_rows

from partnersignal import database
from partnersignal.conversations import planned, scan_messages
from partnersignal.conversations.words import Words, long_hash, word_hash, words_of
from partnersignal.messages import Message, Party, Unreadable

DAY = datetime(2024, 3, 1, 9, tzinfo=UTC)


def threads(*shards: list[Message | Unreadable]) -> dict[str, str]:
    rows = plan_rows(*shards)
    return dict(zip(rows["message_id"], rows["thread_id"], strict=True))


def copies(*messages: Message) -> list[bool]:
    return list(plan_rows(list(messages))["duplicate"])


def mails(end: str = "") -> list[Message | Unreadable]:
    a, gone = f"a{end}", f"gone{end}"
    return [
        message(a, date=DAY),
        message(f"b{end}", date=DAY + timedelta(days=1), in_reply_to=a),
        message(f"c{end}", date=DAY + timedelta(days=2), in_reply_to=gone, references=(a, gone)),
        message(f"d{end}", date=DAY + timedelta(days=3), in_reply_to=gone),
        message(f"z{end}", date=DAY),
    ]


def test_threads_whatever_the_order_of_messages() -> None:
    orders = [[mails(f".{n}")[each] for each in order] for n, order in enumerate(permutations(range(5)))]
    found = threads([item for order in orders for item in order])
    assert all(thread == name.replace("b", "a").replace("c", "a").replace("d", "a") for name, thread in found.items())


def test_threads_whatever_the_shards() -> None:
    whole = threads(mails())
    assert threads(*([item] for item in mails())) == whole
    assert threads([], mails()[:2], [], mails()[2:]) == whole


@settings(deadline=None, max_examples=20)
@given(
    links=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12),
    order=st.permutations(range(8)),
    days=st.lists(st.integers(0, 3) | st.none(), min_size=8, max_size=8),
)
def test_any_links_give_the_same_threads_in_any_order(
    links: list[tuple[int, int]], order: list[int], days: list[int | None]
) -> None:
    def one(number: int) -> Message:
        answered = tuple(f"m{other}" for each, other in links if each == number)
        day = days[number]
        return message(f"m{number}", references=answered, date=None if day is None else DAY + timedelta(days=day))

    found = threads([one(number) for number in range(8)])
    assert threads([one(number) for number in order]) == found
    assert all(found[f"m{each}"] == found[f"m{other}"] for each, other in links)
    assert all(found[name] == name for name in found.values())


def test_same_subject_alone_joins_nothing() -> None:
    assert len(set(threads([message(name, subject="Invoice") for name in "abc"]).values())) == 3


def test_threads_given_by_the_export() -> None:
    given_threads = [message("a", thread_id="T", date=DAY), message("b", thread_id="T"), message("c", thread_id="U")]
    assert threads(list(given_threads)) == {"a": "a", "b": "a", "c": "c"}


def test_a_message_that_answers_itself_or_in_a_circle() -> None:
    assert threads([message("a", in_reply_to="a", date=DAY), message("b", in_reply_to="c"), message("c", in_reply_to="b")]) == {
        "a": "a",
        "b": "b",
        "c": "b",
    }


def test_long_threads_need_no_stack() -> None:
    assert len(set(threads([message(f"{n:05}", in_reply_to=f"{n + 1:05}") for n in range(5_000)]).values())) == 1


def test_undated_messages_do_not_name_a_thread() -> None:
    assert threads([message("a", date=None), message("b", in_reply_to="a", date=DAY)]) == {"a": "b", "b": "b"}


def test_same_identity_is_a_copy() -> None:
    assert copies(message("a"), message("b"), message("a", text="Other.")) == [False, False, True]


def test_sent_and_received_copy() -> None:
    """The received copy has another identity, line breaks and second."""
    sent = message("sent", text="We added\ncapacity.  Done", date=DAY)
    received = message("received", text="We added capacity. Done\n", date=DAY + timedelta(seconds=20))
    assert copies(sent, received) == [False, True]


def test_the_same_words_at_another_time_or_by_others_are_no_copy() -> None:
    one = message("a", text="Thanks!", date=DAY)
    later = message("b", text="Thanks!", date=DAY + timedelta(minutes=1))
    other = message("c", text="Thanks!", date=DAY, sender=Party("", "eve@other.example"))
    assert copies(one, later, other) == [False, False, False]


def test_messages_without_words_are_no_copies() -> None:
    assert copies(message("a", text=""), message("b", text=" \n-")) == [False, False]


def test_unreadable_items_keep_their_place() -> None:
    rows = plan_rows([message("a"), Unreadable("x.mbox:10", "broken"), message("b")])
    assert list(rows["unreadable"]) == ["", "broken", ""]
    assert list(rows["duplicate"]) == [False, False, False]
    assert list(rows["thread_id"]) == ["a", "", "b"]


def test_rows_of_a_shard(tmp_path: Path) -> None:
    shards = ([message("a")], [], [message("b"), Unreadable("x", "broken"), message("c")])
    with planned(([scan_messages(shard)] for shard in shards), tmp_path) as both:
        assert both.of_shard(2)["message_id"].to_pylist() == ["b", "", "c"]
        assert both.sizes == [1, 0, 3]
        assert both.readable == (1, 0, 2)
    assert list(tmp_path.iterdir()) == []


def test_nothing_at_all(tmp_path: Path) -> None:
    for shards in ([], [[]], [[Unreadable("x", "broken")]]):
        with planned(([scan_messages(shard)] for shard in shards), tmp_path) as empty:
            assert empty.last_date is None
            assert not any(empty.readable)
            assert all(empty.of_shard(number).num_rows == size for number, size in enumerate(empty.sizes))


def last(*offsets: int | None) -> datetime | None:
    dates = (None if days is None else DAY + timedelta(days=days) for days in offsets)
    messages = [message(f"m{n}", date=date) for n, date in enumerate(dates)]
    with TemporaryDirectory() as folder, planned([[scan_messages(messages)]], Path(folder)) as found:
        return found.last_date


def test_last_date() -> None:
    assert last(3, None, 9, 1) == DAY + timedelta(days=9)
    assert last(None) is None


def test_a_stray_date_is_not_the_last() -> None:
    assert last(*range(200), 9_000) == DAY + timedelta(days=199)


def test_many_late_dates_are_no_strays() -> None:
    assert last(*range(200), *range(9_000, 9_010)) == DAY + timedelta(days=9_009)


def test_bulk_and_kind_are_noted() -> None:
    rows = plan_rows([message("a", subject="Out of office"), message("b", headers=(("list-id", "x"),))])
    assert list(rows["kind"]) == ["auto_reply", "email"]
    assert list(rows["bulk"]) == [False, True]


def test_an_export_larger_than_memory_is_planned_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def words(item: Message) -> Words:
        n = int(item.message_id[1:6])
        blocks = tuple(n * each % 1_009 for each in range(1, 21))
        return Words((n, n + 1, n + 2), ((1, n + 2), (1, n * 7), (2, -n), (2, -n // 2)), blocks)

    mails = [
        message(
            f"m{n % 9_500:05}@{'long' * 40}", text=f"Part {n % 7_500}", date=DAY + timedelta(minutes=n * 31 % 5_000),
            in_reply_to=f"m{n * 7919 % 10_000:05}@{'long' * 40}" if n % 3 else "",
        )
        for n in range(10_000)
    ]  # fmt: skip
    whole = plan_rows(mails, words=words)
    monkeypatch.setattr(database, "MEMORY", 32)
    assert whole.equals(plan_rows(mails[:3_000], mails[3_000:], words=words))
    assert all((whole[name] != b"").any() for name in ("orphans", "boilerplate"))
    assert whole["duplicate"].any()
    assert whole["thread_id"].nunique() < 7_500


@given(st.text() | st.text(st.characters(max_codepoint=127)))
def test_words_are_those_of_the_pattern(text: str) -> None:
    assert words_of(text) == re.findall(r"\w+", text)


def test_short_texts_are_not_known_again() -> None:
    assert long_hash("Thanks a lot!", 4) is None
    assert long_hash("Thanks a lot, Ann!", 4) == word_hash("thanks A LOT\nann")


def test_a_long_query_draws_nothing_on_standard_output(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from partnersignal.database import database_beside
with database_beside(Path({str(tmp_path / "overflow")!r})) as database:
    print(database.execute("SELECT current_setting('enable_progress_bar')").fetchall())
"""
    # Without a file of its own Python counts as interactive, as in a notebook.
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[(False,)]\n"
