"""Periods, renewals, trend, movers: exact sums, clear errors, and what must not move."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_index_reference import AS_OF, Mail, collect, frames, random_mails

from partnersignal.errors import InputError
from partnersignal.index import build_index, compare_periods, compare_renewals, explain, ranking, trend
from partnersignal.signals import default_signals

PARTNER = {signal.label for signal in default_signals() if signal.side == "partner"}
LABELS = [signal.label for signal in default_signals()]
CUTS = [AS_OF - timedelta(days=480), AS_OF - timedelta(days=240)]
seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=4, deadline=None)
@given(seed=seeds, cuts=st.sampled_from([CUTS, CUTS[:1]]), suppliers=st.sampled_from([3, 12]))
@example(seed=190, cuts=CUTS, suppliers=12)  # a supplier without a tag in either period
def test_sentences_add_up_to_the_change(seed: int, cuts: list[date], suppliers: int) -> None:
    """Every pair of periods, every supplier, within 1e-9; a partner sentence of the later period never lowers it."""
    mails = random_mails(seed, suppliers=suppliers, threads=15)
    tags = frames(mails)[1]
    compared = compare_periods(build_index(collect(mails), as_of=AS_OF), cuts)
    side = {name: 1 if name in PARTNER else -1 for name in LABELS}
    assert len(compared.table) == len({m.supplier for m in mails}) * (3 if len(cuts) == 2 else 1)
    for row in compared.table.itertuples():
        lines = compared.sentences(row.supplier, tags, row.first, row.second)
        assert lines["contribution"].sum() == pytest.approx(row.change, abs=1e-9)
        told = lines[lines["sentence"].notna()]
        sign = told["signal"].map(side).astype(float) * told["period"].map({row.first: -1, row.second: 1}).astype(float)
        assert (told["contribution"] * sign >= 0).all()
        assert 0 <= row.p_large <= 1 and 0 <= row.p_rise <= 1
        assert not row.real or (row.p_large >= 0.95 and not 0.05 < row.p_rise < 0.95)


def steady(supplier: str, threads: int, rate: int, label: str, start: date, days: int) -> list[Mail]:
    """Return threads of 8 sentences over a stretch of days, a tag in every rate-th."""
    return [
        Mail(supplier, f"{supplier}{start}{n}@x", f"{supplier}{start}{n}", start + timedelta(days=n * days // threads), False, 8, 0,
             ((0, label, 1.0),) if n % rate == 0 else ())
        for n in range(threads)
    ]  # fmt: skip


def turned(names: int = 12, both: int = 0) -> list[Mail]:
    """Twelve alike suppliers over two years; S00 (or the first `both`) sells five times as often in the second."""
    mails = []
    for s in range(names):
        name, worse = f"S{s:02d}", s < max(both, 1)
        for year, start in enumerate((AS_OF - timedelta(days=729), AS_OF - timedelta(days=364))):
            mails += steady(name, 150, 2 if year and worse else 10, "upselling", start, 364)
            mails += steady(f"{name}", 40, 4, "listening", start + timedelta(days=1), 360)
    return [replace(mail, message_id=f"{number}@x", thread_id=f"{number}") for number, mail in enumerate(mails)]


def test_one_supplier_that_turned_is_real_and_the_others_are_not() -> None:
    compared = compare_periods(build_index(collect(turned()), as_of=AS_OF), [AS_OF - timedelta(days=364)], ["old", "new"])
    table = compared.to_pandas().set_index("supplier")
    assert table.index[0] == "S00"
    assert table.loc["S00", "real"] and table.loc["S00", "change"] < -10 and table.loc["S00", "p_rise"] < 0.01
    assert not table["real"].drop("S00").any()
    # The interval holds the change, and is on one side of 0 exactly where the direction is known.
    assert table["change"].between(table["change_low"], table["change_high"], inclusive="neither").all()
    assert ((table["change_high"] < 0) == (table["p_rise"] < 0.05)).all() and table.loc["S00", "change_high"] < 0
    assert (table["first"] == "old").all() and (table["second"] == "new").all()
    made = compared.sentences("S00", frames(turned())[1]).groupby(["period", "signal"])["contribution"].sum()
    assert made.idxmin() == ("new", "upselling") and made.min() < -10


def test_a_portfolio_that_turned_as_a_whole_is_its_own_shift() -> None:
    compared = compare_periods(build_index(collect(turned(both=12)), as_of=AS_OF), [AS_OF - timedelta(days=364)])
    assert not compared.table["real"].any()
    assert compared.shift["change"].iloc[0] < -10 and compared.shift["p_rise"].iloc[0] < 0.05
    assert compared.shift["vendor"].iloc[0] > 2 and compared.shift["partner"].iloc[0] == pytest.approx(1, abs=0.15)


def test_no_mail_in_a_period_is_no_change() -> None:
    mails = [mail for mail in turned() if mail.supplier != "S03" or mail.day < AS_OF - timedelta(days=364)]
    table = compare_periods(build_index(collect(mails), as_of=AS_OF), [AS_OF - timedelta(days=364)]).table.set_index("supplier")
    assert abs(table.loc["S03", "change"]) < 5 and not table.loc["S03", "real"] and not table.loc["S03", "enough_evidence"]
    empty = compare_periods(build_index(collect([]), as_of=AS_OF), CUTS)
    assert empty.table.empty and len(empty.shift) == 3


@pytest.mark.parametrize(
    ("cuts", "names", "message"),
    [
        ([], None, "got 0 cuts"),
        ([*CUTS, AS_OF], None, "got 3 cuts"),
        (CUTS[::-1], None, "in order"),
        (CUTS, ["a", "b"], "got 2 names, expected 3"),
        (CUTS, ["a", "b", "a"], "expected 3 different ones"),
        (["2001-01-01"], None, "expected a date"),
    ],
)
def test_wrong_periods_are_refused(cuts: list, names: list[str] | None, message: str) -> None:
    index = build_index(collect(random_mails(1)), as_of=AS_OF)
    with pytest.raises(InputError, match=message):
        compare_periods(index, cuts, names)
    with pytest.raises(InputError, match="expected one of: before and during"):
        compare_periods(index, CUTS).sentences("Supplier 0", frames([])[1], "before", "never")


def test_a_supplier_that_sells_before_its_renewal() -> None:
    """Selling in the 90 days around the renewal and helping otherwise is told; mail without a renewal is not."""
    renewal = AS_OF - timedelta(days=200)
    mails = []
    for s in range(10):
        name = f"S{s}"
        near = s == 0
        mails += steady(name, 80, 1 if near else 9, "upselling", renewal - timedelta(days=89), 178)
        mails += steady(name, 80, 9, "upselling", renewal - timedelta(days=182), 90)
        mails += steady(name, 20, 9, "upselling", renewal - timedelta(days=600), 90)
    index = build_index(collect(mails), as_of=AS_OF)
    compared = compare_renewals(index, {"S0": [renewal], "S1": [renewal]})
    table = compared.table.set_index("supplier")
    assert list(table.index) == ["S0", "S1"]
    assert compared.names == ("rest of year", "near renewal")
    assert table.loc["S0", "real"] and table.loc["S0", "change"] < -10
    assert not table.loc["S1", "real"]
    assert table.loc["S1", "threads_first"] == pytest.approx(80, abs=2) and table.loc["S1", "threads_second"] == pytest.approx(
        80, abs=2
    )
    for near in (0, 182):
        with pytest.raises(InputError, match=f"got near={near}"):
            compare_renewals(index, {"S0": [renewal]}, near)
    with pytest.raises(InputError, match="no mail within half a year of a renewal"):
        compare_renewals(index, {"S0": [date(1980, 1, 1)]})


@settings(max_examples=6, deadline=None)
@given(seed=seeds, by=st.sampled_from(["month", "quarter", "year"]))
def test_a_trend_is_the_index_of_each_window(seed: int, by: str) -> None:
    index = build_index(collect(random_mails(seed, suppliers=3)), as_of=AS_OF)
    table = trend(index, by)
    assert table["threads"].min() > 0
    for row in table.sample(min(5, len(table)), random_state=1).itertuples():
        window = build_index(index.evidence, prior=index.prior, as_of=AS_OF, since=row.since, until=row.until)
        assert window[row.supplier].index == row.index and window[row.supplier].low == row.low
        assert row.since.day == 1 and (row.until + timedelta(days=1)).day == 1
    with pytest.raises(InputError, match="expected month, quarter or year"):
        trend(index, "week")


@settings(max_examples=5, deadline=None)
@given(seed=seeds, half_life=st.sampled_from([90.0, math.inf]))
def test_the_index_without_sentences_is_that_of_mail_without_them(seed: int, half_life: float) -> None:
    """Taken out of the mail itself, tags and exposure, the index comes out the same."""
    mails = random_mails(seed, suppliers=2, undated=0)
    index = build_index(collect(mails), as_of=AS_OF, half_life=half_life)
    tags = frames(mails)[1]
    for score in index:
        told = explain(index, score.supplier, tags)
        movers = told.movers
        assert len(movers) == min(5, len(told.contributions[["message_id", "sentence"]].drop_duplicates()))
        gone = [*movers[["message_id", "sentence"]].itertuples(index=False, name=None)]
        cases = [
            (gone, told.index_without_movers),
            *(([one], value) for one, value in zip(gone, movers["index_without"], strict=True)),
        ]
        for taken, expected in cases:
            rest = [
                replace(m, sentences=m.sentences - sum(m.message_id == i for i, _ in taken),
                        tags=tuple(t for t in m.tags if (m.message_id, t[0]) not in taken))
                for m in mails
            ]  # fmt: skip
            again = build_index(collect(rest), prior=index.prior, as_of=AS_OF, half_life=half_life)
            assert again[score.supplier].index == pytest.approx(expected, abs=1e-9)


def test_a_ranking_leaves_out_who_cannot_be_ranked() -> None:
    mails = [*turned(4), *steady("Thin", 2, 1, "upselling", AS_OF - timedelta(days=9), 5)]
    index = build_index(collect(mails), as_of=AS_OF)
    table = ranking(index)
    assert sorted(table["supplier"]) == ["S00", "S01", "S02", "S03"] and table["supplier"].iloc[-1] == "S00"
    assert table["expected_rank"].is_monotonic_increasing
    assert table["first_group"].iloc[-1] > table["last_group"].iloc[0]
    assert table["above_next"].iloc[2] > 0.95 and table["threads_needed"].iloc[2] == 0
    assert pd.isna(table["above_next"].iloc[-1]) and pd.isna(table["threads_needed"].iloc[-1])
    assert ranking(build_index(collect([]))).empty
