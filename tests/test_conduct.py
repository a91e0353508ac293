"""Conduct from headers, lapses with and without an explanation, and the portfolio: on made-up tables with known answers."""

from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnersignal.conduct import Conduct, SupplierConduct, measure_conduct, median_wait, working_hours
from partnersignal.errors import InputError
from partnersignal.headers import sorted_mails
from partnersignal.lapses import find_lapses, lapses_table
from partnersignal.messages import Party
from partnersignal.portfolio import GROUPS, place_suppliers
from partnersignal.runs.run import Run
from partnersignal.suppliers import Supplier, SupplierDirectory
from partnersignal.suppliers.mailboxes import is_shared_mailbox

MONDAY = datetime(2025, 1, 6, 9)
DIRECTORY = SupplierDirectory(
    (Supplier("Acme", domains=("acme.example",), executives=("cio@us.example",)), Supplier("Bolt", domains=("bolt.example",))),
    our_domains=("us.example",),
)
US, ANN, BEN = "Me <me@us.example>", "Ann <ann@acme.example>", "Ben <ben@acme.example>"


def mails(*rows: tuple, **common: object) -> pd.DataFrame:
    """A row is (thread, hours after Monday 9:00 UTC, sender, recipients, other columns)."""
    table = []
    for number, (thread, hours, sender, recipients, *rest) in enumerate(rows):
        row = {
            "message_id": f"m{number}", "thread_id": str(thread), "date": MONDAY + timedelta(hours=hours), "date_quality": "ok",
            "utc_offset": 0, "sender": sender, "recipients": recipients, "kind": "email", "bulk": False, "status": "tagged",
        }  # fmt: skip
        table.append(row | common | (rest[0] if rest else {}))
    frame = pd.DataFrame(table)
    return frame.assign(date=pd.to_datetime(frame["date"], utc=True))


def tags(*rows: tuple) -> pd.DataFrame:
    """A row is (message, supplier, signal, voice)."""
    columns = ["message_id", "supplier", "signal", "voice"]
    return pd.DataFrame(rows, columns=columns).assign(sentence=0, text="words")


def measured(
    messages: pd.DataFrame, tagged: pd.DataFrame, directory: SupplierDirectory, end: datetime | None = None
) -> tuple[SupplierConduct, ...]:
    tables = (pa.Table.from_pandas(frame, preserve_index=False).to_batches(max_chunksize=3) for frame in (messages, tagged))
    with TemporaryDirectory() as folder, sorted_mails(*tables, Path(folder) / "sorting") as sorted_ones:
        return measure_conduct(sorted_ones, directory, end)


def acme(
    messages: pd.DataFrame, tagged: pd.DataFrame | None = None, directory: SupplierDirectory = DIRECTORY
) -> SupplierConduct:
    found = measured(messages, tags() if tagged is None else tagged, directory, datetime(2027, 1, 1))
    return Conduct(found)["Acme"]


@pytest.mark.parametrize(
    ("start", "stop", "offset", "hours"),
    [
        ("2025-01-06 09:00", "2025-01-06 12:30", 0, 3.5),
        ("2025-01-06 16:00", "2025-01-07 10:00", 0, 2),  # the night does not count
        ("2025-01-10 16:00", "2025-01-13 10:00", 0, 2),  # nor the weekend
        ("2025-01-11 10:00", "2025-01-12 20:00", 0, 0),
        ("2025-01-06 00:00", "2025-01-20 00:00", 0, 80),
        ("2025-01-06 06:00", "2025-01-06 09:00", 300, 3),  # 11:00 to 14:00 five hours east
        ("2025-01-07 09:00", "2025-01-06 09:00", 0, 0),
    ],
)
def test_working_hours(start: str, stop: str, offset: int, hours: float) -> None:
    assert working_hours(datetime.fromisoformat(start), datetime.fromisoformat(stop), offset) == pytest.approx(hours)


moments = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1))


@given(moments, moments, moments)
def test_working_hours_add_up(a: datetime, b: datetime, c: datetime) -> None:
    a, b, c = sorted((a, b, c))
    assert working_hours(a, b) + working_hours(b, c) == pytest.approx(working_hours(a, c), abs=1e-5)
    assert 0 <= working_hours(a, b) <= (b - a).total_seconds() / 3600 + 1e-6


@given(st.lists(st.tuples(st.floats(0, 1e4), st.booleans()), max_size=40))
def test_the_median_wait_is_that_of_the_product_limit(waits: list[tuple[float, bool]]) -> None:
    """A second computation, in plain loops."""
    alive, expected = 1.0, None
    for length in sorted({length for length, ended in waits if ended}):
        at_risk = sum(other >= length for other, _ in waits)
        alive *= 1 - sum(other == length and ended for other, ended in waits) / at_risk
        if alive <= 0.5 + 1e-12:
            expected = length
            break
    assert median_wait(waits) == expected


def test_silence_makes_the_median_longer_or_unknown() -> None:
    answered = [(float(n), True) for n in range(1, 6)]
    assert median_wait(answered) == 3
    assert median_wait([*answered, (50.0, False), (50.0, False)]) == 4
    assert median_wait([(1.0, True), (9.0, False), (9.0, False)]) is None


def test_waits_end_with_the_suppliers_next_mail() -> None:
    messages = mails(
        ("a", 0, US, ANN), ("a", 2, US, ANN), ("a", 4, BEN, US), ("a", 5, US, ANN),  # 4 hours; the last one closes the thread
        ("b", 0, US, ANN), ("b", 1, BEN, US), ("b", 2, US, ANN), ("b", 26, US, ANN),  # 1 hour; then we chase in vain
        ("c", 0, US, ANN),  # never answered
        ("d", 0, ANN, US), ("d", 1, US, ANN), ("d", 25, ANN, US),  # they start; 1 working day
        ("e", 0, US, f"{ANN}; Bo <bo@bolt.example>"),  # two suppliers: nobody is waited for
        ("f", 0, US, ANN), ("f", 2, ANN, US),
    )  # fmt: skip
    found = acme(messages)
    assert (found.answered, found.unanswered) == (4, 2)
    assert found.reply_hours == 4  # 1, 2, 4, 8 and two that last on
    assert found.messages == 5


def test_automatic_bulk_undated_and_second_copies_do_not_count() -> None:
    out = [
        {"kind": "auto_reply"},
        {"bulk": True},
        {"status": "duplicate"},
        {"date_quality": "implausible"},
        {"kind": "meeting_notes"},
    ]
    messages = mails(("a", 0, US, ANN), *(("a", 1 + n, ANN, US, other) for n, other in enumerate(out)), ("a", 9, ANN, US))
    assert acme(messages).messages == 1
    assert acme(messages).answered == 1


def test_mail_after_the_end_is_left_out() -> None:
    messages = mails(("a", 0, US, ANN), ("a", 2, ANN, US))
    (found,) = measured(messages, tags(), DIRECTORY, MONDAY + timedelta(hours=1))
    assert (found.messages, found.answered, found.unanswered) == (0, 0, 1)


def test_few_waits_have_no_median() -> None:
    four = mails(*(row for n in range(4) for row in ((f"t{n}", n, US, ANN), (f"t{n}", n + 1, ANN, US))))
    assert acme(four).answered == 4 and acme(four).reply_hours is None


def test_the_clock_is_that_of_the_mail_that_waits() -> None:
    rows = [row for n in range(5) for row in ((f"t{n}", 0, US, ANN), (f"t{n}", 24, ANN, US))]
    assert acme(mails(*rows)).reply_hours == 8
    late = mails(*((t, h - 2, s, r) for t, h, s, r in rows), utc_offset=120)
    assert acme(late).reply_hours == 8
    weekend = mails(*((t, h + 5 * 24, s, r) for t, h, s, r in rows))
    assert acme(weekend).reply_hours == 0
    unknown = mails(*rows).assign(utc_offset=np.nan)
    assert acme(unknown).reply_hours == 8


def test_threads_that_start_with_sales_are_told_by_their_first_mail() -> None:
    rows = [(f"t{n}", n, ANN, US) for n in range(6)]
    messages = mails(*rows, ("t0", 10, ANN, US), ("ours", 0, US, ANN), ("ours", 1, ANN, US))
    found = acme(
        messages,
        tags(
            ("m1", "Acme", "upselling", "supplier"), ("m2", "Acme", "price_pressure", "supplier"),
            ("m6", "Acme", "upselling", "supplier"),  # later in its thread
            ("m3", "Acme", "proactive_help", "supplier"), ("m4", "Bolt", "upselling", "supplier"),
        ),
    )  # fmt: skip
    assert (found.threads_started, found.started_without_sales) == (6, 4)
    assert found.share_without_sales == pytest.approx(4 / 6)


def test_contacts_come_go_and_stay() -> None:
    day = 24
    messages = mails(
        *(("a", n * 20 * day, ANN, US) for n in range(10)),  # throughout
        *(("b", n * day, BEN, US) for n in range(3)),  # leaves early
        *(("c", (150 + n) * day, "Cy <cy@acme.example>", US) for n in range(2)),  # comes late
        ("d", 5 * day, "Support <support@acme.example>", US),  # nobody in particular
    )
    found = acme(messages)
    assert (found.contacts, found.contacts_joined, found.contacts_left) == (3, 1, 1)
    assert found.tenure_days == 2
    assert found.main_contact_lasts is True
    assert found.turnover is None  # not yet a year of contacts' time
    swapped = messages.assign(
        sender=[
            BEN if s == ANN and d > pd.Timestamp("2025-04-06", tz="UTC") else s
            for s, d in zip(messages.sender, messages.date, strict=True)
        ]
    )
    assert acme(swapped).main_contact_lasts is False
    years = mails(*((n, n * 30 * day, ANN, US) for n in range(13)), ("x", 100, BEN, US), ("x", 100 * day, BEN, US))
    assert acme(years).turnover == pytest.approx(1 / ((360 + 100 - 100 / 24) / 365.25))


def test_mail_to_executives() -> None:
    cio = "Cio <cio@us.example>"
    messages = mails(
        ("a", 0, ANN, cio), ("a", 1, ANN, f"{cio}; {US}"), ("b", 0, ANN, US), ("c", 0, ANN, US), ("d", 0, ANN, US),
        ("e", 0, cio, ANN), ("e", 1, ANN, cio),  # an answer goes around nobody
        ("f", 0, ANN, "Bo <bo@bolt.example>"),  # not to us
    )  # fmt: skip
    found = acme(messages)
    assert (found.to_us, found.to_executives, found.only_to_executives) == (5, 2, 1)
    assert found.share_to_executives == pytest.approx(0.4)
    nameless = replace(DIRECTORY, suppliers=(replace(DIRECTORY.suppliers[0], executives=()),))
    assert acme(messages, directory=nameless).to_executives is None


def test_nothing_is_kept_of_persons(sample_run: Run) -> None:
    table = sample_run.conduct().to_pandas()
    assert list(table.columns) == [field.name for field in fields(SupplierConduct)]
    text = (sample_run.folder / "conduct.csv").read_text()
    addresses = {Party.parse(each).address for each in sample_run.messages.sender.dropna()}
    assert len(table) == 10 and "@" not in text
    assert addresses and not any(address in text for address in addresses if address)


def test_the_characters_of_the_sample(sample_run: Run) -> None:
    """data/sample/CHARACTERS.md: who answers slowly, who sells, who lost its contacts."""
    conduct = sample_run.conduct()
    slow = {"Pinegate Telephony", "Quillon Payments"}
    hours = {each.supplier: each.reply_hours for each in conduct if each.reply_hours is not None}
    assert min(hours[name] for name in slow) > max(value for name, value in hours.items() if name not in slow)
    assert conduct["Vantage Meridian Cloud"].share_without_sales < 0.5
    assert conduct["Pinegate Telephony"].main_contact_lasts is False
    assert conduct["Larkspur Systems"].main_contact_lasts is True
    with pytest.raises(InputError, match="got supplier 'Nobody', expected one of the 10 with mail"):
        conduct["Nobody"]


def test_without_mail_there_is_no_conduct() -> None:
    assert measured(mails(("a", 0, US, US)), tags(), DIRECTORY) == ()
    empty = mails(("a", 0, US, US)).head(0)
    assert measured(empty, tags(), DIRECTORY) == ()


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        ("support@a.com", True),
        ("billing.uk@a.com", True),
        ("no-reply@a.com", True),
        ("ann@a.com", False),
        ("itzik@a.com", False),
    ],
)
def test_shared_mailboxes(address: str, shared: bool) -> None:
    assert is_shared_mailbox(address) is shared


@given(
    st.builds(
        Party, st.text("abc <>@", max_size=8).filter(lambda n: "<" not in n), st.sampled_from(["a@b.c", "x.y@z.example", ""])
    )
)
def test_a_party_is_read_back(party: Party) -> None:
    assert str(Party.parse(str(party))) == str(party)
    if party.address:
        assert Party.parse(str(party)) == party


def lapse_tags(*rows: tuple) -> pd.DataFrame:
    """A row is (message, hours or None, signal, voice)."""
    table = [
        {"message_id": m, "sentence": n, "text": f"words {n}", "supplier": "Acme", "signal": s, "voice": v,
         "date": pd.NaT if h is None else pd.Timestamp(MONDAY + timedelta(hours=h), tz="UTC")}
        for n, (m, h, s, v) in enumerate(rows)
    ]  # fmt: skip
    frame = pd.DataFrame(table)
    return frame.assign(date=pd.to_datetime(frame["date"], utc=True))


def lapses(*rows: tuple, threads: str = "") -> tuple[int, int, int]:
    tagged = lapse_tags(*rows)
    ids = tagged["message_id"].unique()
    messages = pd.DataFrame({"message_id": ids, "thread_id": list(threads) or ["t"] * len(ids)})
    (found,) = find_lapses(messages, tagged)
    return found.explained, found.unexplained, found.unclear


LATE, SAID = ("broken_promise", "customer"), ("transparency", "supplier")


def test_an_explanation_counts_before_or_in_the_same_message() -> None:
    assert lapses(("a", 0, *SAID), ("b", 1, *LATE)) == (1, 0, 0)
    assert lapses(("a", 0, "proactive_help", "supplier"), ("b", 1, *LATE)) == (1, 0, 0)
    assert lapses(("a", 1, "unresponsiveness", "third_person"), ("a", 1, *SAID)) == (1, 0, 0)


def test_an_explanation_afterwards_elsewhere_or_by_others_does_not() -> None:
    assert lapses(("a", 0, *LATE), ("b", 1, *SAID)) == (0, 1, 0)
    assert lapses(("a", 0, *SAID), ("b", 1, *LATE), threads="xy") == (0, 1, 0)
    assert lapses(("a", 0, "transparency", "third_person"), ("b", 1, *LATE)) == (0, 1, 0)
    assert lapses(("a", 0, "listening", "supplier"), ("b", 1, *LATE)) == (0, 1, 0)


def test_without_dates_the_order_is_unclear() -> None:
    assert lapses(("a", None, *SAID), ("b", 1, *LATE)) == (0, 0, 1)
    assert lapses(("a", 0, *SAID), ("b", None, *LATE)) == (0, 0, 1)
    assert lapses(("b", None, *LATE)) == (0, 1, 0)
    assert lapses(("b", None, *LATE), ("b", None, *SAID)) == (1, 0, 0)


def test_lapses_hold_their_sentences() -> None:
    tagged = lapse_tags(("a", 0, *SAID), ("b", 1, *LATE), ("c", 2, "unresponsiveness", "customer"))
    found = find_lapses(pd.DataFrame({"message_id": list("abc"), "thread_id": list("ttu")}), tagged)
    assert [(each.signal, len(each.lapses)) for each in found] == [("broken_promise", 1), ("unresponsiveness", 1)]
    assert (found[0].lapses[0].text, found[0].lapses[0].explanation) == ("words 1", "words 0")
    assert lapses_table(found).to_dict("list")["unexplained"] == [0, 1]


def test_lapses_of_the_sample_add_up(sample_run: Run) -> None:
    expected = sample_run.tags[sample_run.tags.signal.isin(["unresponsiveness", "broken_promise"])]
    found = sample_run.lapses()
    assert sum(len(each.lapses) for each in found) == len(expected) > 0
    assert all(each.explained + each.unexplained + each.unclear == len(each.lapses) for each in found)


def placed(sample_run: Run, supplier: str, score: dict, **facts: object):
    index = sample_run.index.model
    changed = replace(index[supplier], **({"enough_evidence": True} | score))
    suppliers = tuple(replace(s, **facts) if s.name == supplier else s for s in sample_run.directory.suppliers)
    placements = place_suppliers(replace(index, scores=(changed,)), replace(sample_run.directory, suppliers=suppliers))
    return placements[0]


ABOVE, BELOW, ACROSS = {"low": 51.0, "high": 80.0}, {"low": 10.0, "high": 49.0}, {"low": 40.0, "high": 60.0}


@pytest.mark.parametrize(
    ("score", "criticality", "group"),
    [
        (ABOVE, "high", "keep close"),
        (ABOVE, "low", "grow"),
        (BELOW, "high", "question"),
        (BELOW, "low", "question"),
        (ACROSS, "high", "watch"),
    ],
)
def test_the_rule_of_the_portfolio(sample_run: Run, score: dict, criticality: str, group: str) -> None:
    found = placed(sample_run, "Larkspur Systems", score, criticality=criticality)
    assert found.group == group and found.reason
    assert bool(found.missing) == (group == "watch")


def test_what_is_missing_is_said(sample_run: Run) -> None:
    thin = placed(sample_run, "Larkspur Systems", ABOVE | {"enough_evidence": False, "threads": 3})
    assert (thin.group, thin.index) == ("watch", None)
    assert "only 3 threads" in thin.reason and "at least 5 threads" in thin.missing[0]
    across = placed(sample_run, "Larkspur Systems", ACROSS)
    assert across.missing == ("more threads: the interval 40 to 60 holds 50",)
    unknown = placed(sample_run, "Larkspur Systems", ABOVE, criticality="", spend=None)
    assert unknown.group == "keep close" and unknown.matters is None
    assert "criticality or spend" in unknown.missing[0]


def test_spend_decides_where_criticality_does_not(sample_run: Run) -> None:
    assert placed(sample_run, "Larkspur Systems", ABOVE, criticality="medium", spend=9e6).matters is True
    assert placed(sample_run, "Larkspur Systems", ABOVE, criticality="", spend=1.0).matters is False


def test_every_supplier_of_the_sample_is_placed(sample_run: Run) -> None:
    found = sample_run.portfolio()
    assert {each.supplier for each in found} == set(sample_run.index.to_pandas().supplier)
    order = [GROUPS.index(each.group) for each in found]
    assert order == sorted(order)
    assert all((each.index is None) == (not sample_run.index[each.supplier].score.enough_evidence) for each in found)
    assert {each.group for each in found if each.supplier in ("Brightmere Print", "Solveig Security Testing")} == {"watch"}
