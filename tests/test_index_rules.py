"""The rules of the index as properties of random portfolios."""

from __future__ import annotations

import dataclasses
import math
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_index_reference import AS_OF, SIDE, Mail, collect, frames, random_mails, seeds, without_tags

import partnersignal.index as room
from partnersignal.index import ErrorCorrection, Evidence, Index, build_index, explain, explain_all, influence
from partnersignal.index.threads import thread_names
from partnersignal.signals import labels

PROPERTY = settings(max_examples=40, deadline=None)


def vendor_thread(supplier: str, name: str, day: date, sentences: int) -> Mail:
    """Return a thread of one message in which every sentence is upselling."""
    tags = tuple((j, "upselling", 1.0) for j in range(sentences))
    return Mail(supplier, f"{name}@example.com", name, day, False, sentences, 0, tags)


@PROPERTY
@given(seed=seeds, label=st.sampled_from(labels()), rise=st.floats(0.001, 1))
def test_rule_1_more_partner_evidence_never_lowers(seed: int, label: str, rise: float) -> None:
    """At a fixed prior a partner tag never lowers the index, a vendor tag never raises it, capped or not."""
    mails, draw = random_mails(seed, share=0.3), random.Random(seed)
    base = build_index(collect(mails), as_of=AS_OF)
    chosen = draw.choice([n for n, mail in enumerate(mails) if mail.sentences] or [0])
    mail = mails[chosen]
    if not mail.sentences:
        return
    sentence = draw.randrange(mail.sentences)
    old = max((p for j, other, p in mail.tags if (j, other) == (sentence, label)), default=0.0)
    others = tuple(tag for tag in mail.tags if tag[:2] != (sentence, label))
    mails[chosen] = replace(mail, tags=(*others, (sentence, label, min(1.0, old + rise))))
    after = build_index(collect(mails), as_of=AS_OF, prior=base.prior)
    change = after[mail.supplier].index - base[mail.supplier].index
    assert change >= -1e-12 if SIDE[label] == "P" else change <= 1e-12
    assert 0 <= after[mail.supplier].low <= after[mail.supplier].index <= after[mail.supplier].high <= 100
    others_before = {score for score in base if score.supplier != mail.supplier}
    assert {score for score in after if score.supplier != mail.supplier} == others_before


def test_rule_1_evidence_moves_the_index_its_way() -> None:
    """Beside never moving against its side, a tag does move the index."""
    mails = [replace(mail, bulk=False) for mail in without_tags(random_mails(1)) if mail.sentences]
    base = build_index(collect(mails), as_of=AS_OF)
    for label, sign in (("listening", 1), ("price_pressure", -1)):
        tagged = [replace(mails[0], tags=((0, label, 0.9),)), *mails[1:]]
        after = build_index(collect(tagged), as_of=AS_OF, prior=base.prior)
        assert sign * (after[mails[0].supplier].index - base[mails[0].supplier].index) > 0.01


@PROPERTY
@given(seed=seeds)
def test_rule_2_shrinkage_depends_on_exposure_alone(seed: int) -> None:
    """The weight of a supplier's own rate is A / (A + kappa), whatever was found."""
    mails = random_mails(seed)
    found, nothing = build_index(collect(mails), as_of=AS_OF), build_index(collect(without_tags(mails)), as_of=AS_OF)
    assert found.posterior.exposure.tolist() == nothing.posterior.exposure.tolist()
    for index in (found, nothing):
        own = index.posterior.exposure / (index.posterior.exposure + index.prior.both("kappa")[:, None])
        mu = index.prior.both("mu")[:, None]
        sums = np.stack([index.threads.per_supplier(side) for side in index.threads.evidence])
        exposure = index.posterior.exposure
        raw = np.divide(sums, exposure, out=np.zeros_like(sums), where=exposure > 0)
        np.testing.assert_allclose(index.posterior.rate, own * raw + (1 - own) * mu, atol=1e-12)


def test_rule_2_prior_is_frozen_for_windows_and_what_ifs() -> None:
    """A prior that is given is taken as it is, whatever the window or the weights."""
    mails = random_mails(5, suppliers=12, threads=20)
    run = build_index(collect(mails), as_of=AS_OF)
    window = build_index(collect(mails), as_of=AS_OF, prior=run.prior, since=date(2002, 1, 1))
    weighted = build_index(collect(mails), as_of=AS_OF, weights={"upselling": 0.2})
    assert window.prior == run.prior
    assert weighted.prior != run.prior
    assert build_index(collect(mails), as_of=AS_OF, weights={"upselling": 0.2}, prior=run.prior).prior == run.prior


@PROPERTY
@given(seed=seeds, correction=st.sampled_from([None, ErrorCorrection("audit", (0.01, 0.004), (0, 0), (0, 0))]))
def test_rule_4_contributions_add_up_exactly(seed: int, correction: ErrorCorrection | None) -> None:
    """Sentences and baseline lines add up to index - 50, none against its own side."""
    mails = random_mails(seed, share=0.3)
    index = build_index(collect(mails), as_of=AS_OF, correction=correction)
    tags = frames(mails)[1]
    for score in index:
        explanation = explain(index, score.supplier, tags)
        assert abs(explanation.total - (score.index - 50)) <= 1e-9
        sides = explanation.contributions["signal"].map(SIDE)
        signs = np.where(sides == "P", 1, -1)
        assert (signs * explanation.contributions["contribution"] >= 0).all()
        assert all((value <= 0) == (SIDE[label] == "P") or value == 0 for label, value in explanation.baseline.items())
        assert list(explanation.baseline) == list(labels())
        assert explanation.contributions["contribution"].abs().is_monotonic_decreasing


@PROPERTY
@given(seed=seeds)
def test_explained_at_once_or_one_by_one_is_the_same(seed: int) -> None:
    """All suppliers at once give every bit of what each gives alone."""
    mails = random_mails(seed, share=0.3)
    index, tags = build_index(collect(mails), as_of=AS_OF), frames(mails)[1]
    for together in explain_all(index, tags):
        alone = explain(index, together.supplier, tags)
        pd.testing.assert_frame_equal(together.contributions, alone.contributions, check_exact=True)
        pd.testing.assert_frame_equal(together.movers, alone.movers, check_exact=True)
        assert (together.baseline, together.index_without_movers) == (alone.baseline, alone.index_without_movers)


@pytest.mark.parametrize("probability", [0.0, 1e-6, 0.5])
def test_rule_4_contributions_at_the_limits(probability: float) -> None:
    """At D = 0 with evidence on both sides, and beside it, contributions stay exact and finite."""
    tags = ((0, "business_understanding", 0.5), (1, "upselling", probability))
    mails = [Mail("A", f"{n}@x", f"{n}", AS_OF, False, 8, 0, tags) for n in range(6)]
    index = build_index(collect(mails))
    assert index.prior.source == "shipped"
    explanation = explain(index, "A", frames(mails)[1])
    if probability == 0.5:
        assert index["A"].index == 50
        assert explanation.contributions["contribution"].abs().min() > 0.1
    assert abs(explanation.total - (index["A"].index - 50)) <= 1e-9


def test_rule_4_contributions_where_the_rate_is_the_mean() -> None:
    """At q = mu the chord becomes the slope."""
    mails = [Mail("A", "1@x", "1", AS_OF, False, 4, 0, ((0, "business_understanding", 0.07),))]
    index = build_index(collect(mails))  # h = 1/2: A = 2, X = .035, so a rate of half the shipped mean
    doubled = [replace(mails[0], tags=((0, "business_understanding", 0.14),))]
    at_mean = build_index(collect(doubled))
    assert at_mean.posterior.rate[0, 0] == pytest.approx(0.035, abs=1e-15)
    for built, world in ((index, mails), (at_mean, doubled)):
        explanation = explain(built, "A", frames(world)[1])
        assert abs(explanation.total - (built["A"].index - 50)) <= 1e-9
    # What was found and what was expected cancel; neither is nothing.
    assert explanation.contributions["contribution"][0] > 1
    assert at_mean.posterior.secant[0, 0] == pytest.approx(1 / 0.07, rel=1e-12)


def thread_name(mail: Mail) -> str:
    """Return the name of the thread that a dated message counts in."""
    return f"bulk:{mail.day:%Y-%m}" if mail.bulk else mail.thread_id


@settings(max_examples=12, deadline=None)
@given(seed=seeds)
def test_rule_4_influence_is_the_index_without_the_thread(seed: int) -> None:
    """Each line is what the same prior gives when the thread's mail is taken out."""
    mails = random_mails(seed, undated=0, bulk=0.3)
    index = build_index(collect(mails), as_of=AS_OF)
    rows = influence(index, "Supplier 1")
    assert len(rows) == index["Supplier 1"].threads
    for row in rows.itertuples():
        rest = [mail for mail in mails if mail.supplier != "Supplier 1" or thread_name(mail) != row.thread_id]
        without = build_index(collect(rest), as_of=AS_OF, prior=index.prior)
        expected = without["Supplier 1"].index if "Supplier 1" in without else 50.0
        assert row.index_without == pytest.approx(expected, abs=1e-9)
        assert row.change == pytest.approx(index["Supplier 1"].index - expected, abs=1e-9)


@PROPERTY
@given(seed=seeds)
def test_rule_5_twice_the_mail_sharpens_and_does_not_reward(seed: int) -> None:
    """Raw rates stay, shrunk rates move towards them and not past, the latent interval narrows."""
    mails = random_mails(seed, bulk=0, share=0.2)
    again = [replace(mail, message_id="again " + mail.message_id, thread_id="again " + mail.thread_id) for mail in mails]
    one = build_index(collect(mails), as_of=AS_OF)
    two = build_index(collect(mails + again), as_of=AS_OF, prior=one.prior)
    mu = one.prior.both("mu")[:, None]
    np.testing.assert_allclose(two.posterior.exposure, 2 * one.posterior.exposure, rtol=1e-12)
    sums = np.stack([one.threads.per_supplier(side) for side in one.threads.evidence])
    exposure = one.posterior.exposure
    raw = np.divide(sums, exposure, out=np.broadcast_to(mu, sums.shape).copy(), where=exposure > 0)
    before, after = one.posterior.rate - mu, two.posterior.rate - mu
    assert (np.abs(before) <= np.abs(after) + 1e-15).all()
    assert (np.abs(after) <= np.abs(raw - mu) + 1e-15).all()
    assert (before * after >= 0).all()
    assert (two.posterior.sd[exposure > 0] < one.posterior.sd[exposure > 0]).all()


def names_of(index: Index) -> list[str]:
    return thread_names(index.evidence, index.threads, 0, len(index.threads.supplier))


@PROPERTY
@given(seed=seeds)
def test_rule_5_a_thread_has_bounded_exposure_and_evidence(seed: int) -> None:
    """At most 4 effective sentences and 1 of evidence a side, and all bulk mail of a month is one thread."""
    mails = random_mails(seed, share=1.0, bulk=0.5)
    index = build_index(collect(mails), as_of=AS_OF)
    threads = index.threads
    assert (threads.exposure < 4).all()
    assert ((threads.evidence >= 0) & (threads.evidence <= 1)).all()
    months = {(m.supplier, m.day and (m.day.year, m.day.month)) for m in mails if m.bulk and m.sentences}
    assert sum(name.startswith("bulk:") for name in names_of(index)) == len(months)


def test_rule_5_undated_bulk_mail_is_a_thread_of_its_own() -> None:
    """It joins no month, not even the first of the calendar."""
    days = [None, None, date(1970, 1, 5), date(1970, 1, 30), date(1970, 2, 1)]
    mails = [Mail("A", f"{n}@x", f"{n}", day, True, 2, 0, ()) for n, day in enumerate(days)]
    assert names_of(build_index(collect(mails))) == ["bulk:1970-01", "bulk:1970-02", "bulk:undated"]


@PROPERTY
@given(seed=seeds, half_life=st.sampled_from([30, 365]))
def test_rule_6_evidence_one_half_life_old_counts_half(seed: int, half_life: int) -> None:
    """Ages count from as_of, for undated mail too; without new mail every index goes back to 50."""
    evidence = collect(random_mails(seed))
    now = build_index(evidence, as_of=AS_OF, half_life=half_life)
    for halvings in (1, 3):
        later = AS_OF + timedelta(days=halvings * half_life)
        aged = build_index(evidence, as_of=later, half_life=half_life, prior=now.prior)
        np.testing.assert_allclose(aged.threads.exposure, now.threads.exposure / 2**halvings, rtol=1e-12)
        np.testing.assert_allclose(aged.threads.evidence, now.threads.evidence / 2**halvings, rtol=1e-12)
    gone = build_index(evidence, as_of=AS_OF + timedelta(days=60 * half_life), half_life=half_life, prior=now.prior)
    assert [score.index for score in gone] == pytest.approx([50] * len(gone), abs=1e-9)


def test_rule_6_as_of_is_the_newest_message_and_never_the_clock() -> None:
    """Left open, ages count from the newest day; a time is taken in UTC; later mail is left out."""
    mails = [vendor_thread("A", f"{n}", AS_OF - timedelta(days=100 * n), 3) for n in range(6)]
    index = build_index(collect(mails))
    assert index.as_of == AS_OF
    assert index == build_index(collect(mails), as_of=AS_OF)
    assert index == build_index(collect(mails), as_of=datetime(2002, 12, 31, 23, 0, tzinfo=UTC))
    earlier = build_index(collect(mails), as_of=AS_OF - timedelta(days=200))
    assert earlier["A"].messages == 4
    assert earlier.scores == build_index(collect(mails[2:])).scores


def test_rule_6_undated_mail_gets_the_mean_weight_and_no_window() -> None:
    """The mean is over the dated eligible sentences of the run."""
    mails = [
        Mail("A", "1@x", "1", AS_OF, False, 2, 0, ()),
        Mail("A", "2@x", "2", AS_OF - timedelta(days=365), False, 6, 0, ()),
        Mail("B", "3@x", "3", None, False, 4, 0, ((0, "upselling", 1.0),)),
    ]
    index = build_index(collect(mails))
    assert index.threads.recency.tolist() == [1.0, 0.5, (2 * 1.0 + 6 * 0.5) / 8]
    window = build_index(collect(mails), since=date(1990, 1, 1))
    assert (window["B"].index, window["B"].messages, window["B"].coverage) == (50, 0, None)
    assert window["A"].messages == 2


@PROPERTY
@given(seed=seeds)
def test_rule_6_nothing_fades_inside_a_window_unless_asked(seed: int) -> None:
    """Moving as_of moves no index of a window, and does where a half-life is given."""
    evidence = collect(random_mails(seed, suppliers=2, threads=6, undated=0))
    prior = build_index(evidence, as_of=AS_OF).prior
    window = {"since": date(2001, 6, 1), "until": AS_OF, "prior": prior}
    later = AS_OF + timedelta(days=500)
    flat = build_index(evidence, as_of=AS_OF, **window)
    assert flat.scores == build_index(evidence, as_of=later, **window).scores
    asked = build_index(evidence, as_of=later, half_life=100, **window)
    assert (asked.threads.exposure < flat.threads.exposure).all()


def test_rule_6_both_ends_of_a_window_belong_to_it() -> None:
    """A window of one day holds that day."""
    mails = [vendor_thread("A", f"{n}", AS_OF - timedelta(days=n), 3) for n in range(4)]
    day = AS_OF - timedelta(days=2)
    index = build_index(collect(mails), since=day, until=day)
    assert (index["A"].messages, index["A"].first_date, index["A"].last_date) == (1, day, day)


@PROPERTY
@given(seed=seeds, data=st.data())
def test_rules_7_and_10_any_order_grouping_and_repetition(seed: int, data: st.DataObject) -> None:
    """Shards merge to a bit-identical table and identical scores."""
    mails = random_mails(seed)
    whole = collect(mails)
    shard_of = data.draw(st.lists(st.integers(0, 3), min_size=len(mails), max_size=len(mails)))
    shuffled = data.draw(st.permutations(list(zip(shard_of, mails, strict=True))))
    shards = [collect([mail for number, mail in shuffled if number == shard]) for shard in range(4)]
    left = Evidence.merge([Evidence.merge([Evidence.merge([shards[3], shards[1]]), shards[0]]), shards[2]])
    right = Evidence.merge([shards[2], Evidence.merge([shards[0], Evidence.merge(shards)]), whole, shards[1]])
    assert left == right == whole == Evidence.merge([whole]) == Evidence.merge([whole, whole])
    assert build_index(left, as_of=AS_OF) == build_index(whole, as_of=AS_OF)
    exposure, tags = frames(mails)
    order = np.random.default_rng(seed)
    mixed = Evidence.collect(exposure.iloc[order.permutation(len(exposure))], tags.iloc[order.permutation(len(tags))])
    assert mixed == whole


@PROPERTY
@given(seed=seeds)
def test_rule_7_copies_that_differ_count_once(seed: int) -> None:
    """Of copies with other dates the earliest counts, dated before undated, in any order and grouping."""
    mails, draw = random_mails(seed, suppliers=2, threads=4), random.Random(seed)
    copies = [
        replace(mail, day=draw.choice([None, AS_OF, AS_OF - timedelta(days=9)]), thread_id=draw.choice("ab")) for mail in mails
    ]
    first, second = collect(mails), collect(copies)
    merged = Evidence.merge([first, second])
    assert merged == Evidence.merge([second, first]) == Evidence.merge([merged, second]) == Evidence.merge([merged, merged])
    assert len(merged) == len(mails)
    found = {(r["supplier"], r["message_id"]): (r["day"], r["thread_id"]) for r in merged.table.to_pylist()}
    for mail, copy in zip(mails, copies, strict=True):
        keys = [(math.inf if m.day is None else (m.day - date(1970, 1, 1)).days, m.thread_id) for m in (mail, copy)]
        day, thread = min(keys)
        assert found[mail.supplier, mail.message_id] == (None if day == math.inf else day, thread)


def test_rule_9_only_ratios_within_a_side_matter() -> None:
    """Weights of a side times a factor: the refitted rates scale, and the index names the weights."""
    mails = random_mails(3, suppliers=12, threads=20, share=0.02)
    base = build_index(collect(mails), as_of=AS_OF)
    half = {label: base.weights[label] / 2 for label in labels()}
    scaled = build_index(collect(mails), as_of=AS_OF, weights=half)
    assert (base.threads.kept == 1).all()  # no cap, which is in absolute units
    assert [s.index for s in scaled] == pytest.approx([s.index for s in base], abs=1e-6)
    assert scaled.weights == half


def test_rule_11_no_person_in_the_interface() -> None:
    """Nothing public takes or shows an author, sender or address."""
    words = ("person", "author", "sender", "recipient", "address", "employee", "contact")
    names = list(room.__all__)
    for name in room.__all__:
        thing = getattr(room, name)
        names += [field.name for field in dataclasses.fields(thing)] if dataclasses.is_dataclass(thing) else []
        names += [attribute for attribute in dir(thing) if not attribute.startswith("_")]
    exposure, tags = frames(random_mails(1))
    evidence = Evidence.collect(exposure.assign(sender="ann@acme.com"), tags.assign(author="Ann"))
    index = build_index(evidence)
    columns = [*index.to_pandas().columns, *explain(index, "Supplier 0", tags).contributions.columns]
    columns += [*evidence.table.column_names, *influence(index, "Supplier 0").columns]
    columns = [name for name in columns if not name.startswith("p_")]  # right_contacts is a behaviour of the company
    assert not [name for name in [*names, *columns] if any(word in name.lower() for word in words)]
    assert evidence == Evidence.collect(exposure, tags)
