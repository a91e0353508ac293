"""What only the whole export shows: threads, copies, the last plausible date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from mail import message

from partnersignal.conversations import Plan, make_plan, scan_messages
from partnersignal.messages import Message, Party, Unreadable

DAY = datetime(2024, 3, 1, 9, tzinfo=UTC)


def plan(*shards: list[Message | Unreadable]) -> Plan:
    return make_plan(scan_messages(shard) for shard in shards)


def threads(*shards: list[Message | Unreadable]) -> dict[str, str]:
    rows = plan(*shards).rows
    return dict(zip(rows["message_id"], rows["thread_id"], strict=True))


def copies(*messages: Message) -> list[bool]:
    return list(plan(list(messages)).rows["duplicate"])


def mails() -> list[Message | Unreadable]:
    return [
        message("a", date=DAY),
        message("b", date=DAY + timedelta(days=1), in_reply_to="a"),
        message("c", date=DAY + timedelta(days=2), in_reply_to="gone", references=("a", "gone")),
        message("d", date=DAY + timedelta(days=3), in_reply_to="gone"),
        message("z", date=DAY),
    ]


def test_threads_whatever_the_order_of_messages() -> None:
    expected = {"a": "a", "b": "a", "c": "a", "d": "a", "z": "z"}
    assert all(threads(list(order)) == expected for order in permutations(mails()))


def test_threads_whatever_the_shards() -> None:
    whole = threads(mails())
    assert threads(*([item] for item in mails())) == whole
    assert threads([], mails()[:2], [], mails()[2:]) == whole


@settings(deadline=None)
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
    rows = plan([message("a"), Unreadable("x.mbox:10", "broken"), message("b")]).rows
    assert list(rows["unreadable"]) == ["", "broken", ""]
    assert list(rows["duplicate"]) == [False, False, False]
    assert list(rows["thread_id"]) == ["a", "", "b"]
    assert list(rows["position"]) == [0, 1, 2]


def test_rows_of_a_shard() -> None:
    both = plan([message("a")], [message("b"), message("c")])
    assert list(both.of_shard(1)["message_id"]) == ["b", "c"]


def test_nothing_at_all() -> None:
    for empty in (plan(), plan([]), plan([Unreadable("x", "broken")])):
        assert empty.last_date is None
        assert isinstance(empty.rows, pd.DataFrame)
        assert {"thread_id", "duplicate", "shard"} <= set(empty.rows.columns)


def last(*offsets: int | None) -> datetime | None:
    return plan(
        [message(f"m{n}", date=None if days is None else DAY + timedelta(days=days)) for n, days in enumerate(offsets)]
    ).last_date


def test_last_date() -> None:
    assert last(3, None, 9, 1) == DAY + timedelta(days=9)
    assert last(None) is None


def test_a_stray_date_is_not_the_last() -> None:
    assert last(*range(200), 9_000) == DAY + timedelta(days=199)


def test_many_late_dates_are_no_strays() -> None:
    assert last(*range(200), *range(9_000, 9_010)) == DAY + timedelta(days=9_009)


def test_bulk_and_kind_are_noted() -> None:
    rows = plan([message("a", subject="Out of office"), message("b", headers=(("list-id", "x"),))]).rows
    assert list(rows["kind"]) == ["auto_reply", "email"]
    assert list(rows["bulk"]) == [False, True]
