"""A second computation of the index in plain loops, and the random portfolios that the other tests share."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from statistics import NormalDist

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from partnersignal.index import ErrorCorrection, Evidence, Index, build_index
from partnersignal.signals import default_signals, labels

AS_OF = date(2002, 12, 31)
SIDE = {signal.label: "PV"[signal.side == "vendor"] for signal in default_signals()}
WEIGHT = {signal.label: signal.weight for signal in default_signals()}


@dataclass(frozen=True)
class Mail:
    """One message about one supplier; tags are (sentence, label, probability)."""

    supplier: str
    message_id: str
    thread_id: str
    day: date | None
    bulk: bool
    sentences: int
    ineligible: int
    tags: tuple[tuple[int, str, float], ...]


def random_mails(
    seed: int, suppliers: int = 3, threads: int = 12, *, bulk: float = 0.15, undated: float = 0.1, share: float = 0.1
) -> list[Mail]:
    """Return a random portfolio of up to `threads` threads a supplier and 4 messages a thread.

    More than 12 threads give enough to every supplier for a fitted prior.
    """
    draw = random.Random(seed)
    mails = []
    for s in range(suppliers):
        rates = {"P": draw.random() * 2 * share, "V": draw.random() * 2 * share}
        for thread in range(draw.randint(1 if threads <= 12 else threads // 3, threads)):
            for number in range(draw.randint(1, 4)):
                day = None if draw.random() < undated else AS_OF - timedelta(days=draw.randrange(730))
                sentences = draw.choice([0, 1, 2, 3, 8, 8, 20])
                tags = tuple(
                    (j, label, draw.choice([draw.random(), 1.0, 0.0]))
                    for j in range(sentences)
                    for label in draw.sample(labels(), 2)
                    if draw.random() < rates[SIDE[label]]
                )
                key, bulk_mail = f"{s}.{thread}.{number}@example.com", draw.random() < bulk
                mails.append(Mail(f"Supplier {s}", key, f"thread {thread}", day, bulk_mail, sentences, draw.randrange(5), tags))
    return mails


def frames(mails: list[Mail]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the exposure and tags tables of a portfolio."""
    noon = [mail.day and datetime(mail.day.year, mail.day.month, mail.day.day, 12, tzinfo=UTC) for mail in mails]
    exposure = pd.DataFrame(
        {
            "supplier": [mail.supplier for mail in mails],
            "message_id": [mail.message_id for mail in mails],
            "thread_id": [mail.thread_id for mail in mails],
            "date": pd.Series(noon, dtype="datetime64[us, UTC]"),
            "bulk": [mail.bulk for mail in mails],
            "sentences": [mail.sentences for mail in mails],
            "ineligible": [mail.ineligible for mail in mails],
        }
    )
    rows = [
        (mail.message_id, sentence, f"words {sentence}", mail.supplier, label, probability, when, "supplier")
        for mail, when in zip(mails, noon, strict=True)
        for sentence, label, probability in mail.tags
    ]
    columns = ["message_id", "sentence", "text", "supplier", "signal", "probability", "date", "voice"]
    return exposure, pd.DataFrame(rows, columns=columns)


def collect(mails: list[Mail]) -> Evidence:
    """Return the evidence of a portfolio."""
    return Evidence.collect(*frames(mails))


def brute_threads(mails, weights, as_of, half_life, since=None, until=None, bulk="count"):
    """Return supplier -> list of (A, X_P, X_V, rbar), in plain loops."""
    counted = [m for m in mails if not (m.bulk and bulk == "exclude") and (m.day is None or m.day <= as_of)]
    fade = {m.message_id: 2 ** (-(as_of - m.day).days / half_life) for m in counted if m.day}
    dated = sum(m.sentences for m in counted if m.day)
    mean = sum(fade[m.message_id] * m.sentences for m in counted if m.day) / dated if dated else 1.0
    if since or until:
        counted = [m for m in counted if m.day and (since or m.day) <= m.day <= (until or m.day)]
    threads = {}
    for m in counted:
        month = (m.day.year, m.day.month) if m.day else None
        threads.setdefault((m.supplier, ("bulk", month) if m.bulk else ("thread", m.thread_id)), []).append(m)
    result = {m.supplier: [] for m in mails}
    for (supplier, _), members in sorted(threads.items(), key=repr):
        n = sum(m.sentences for m in members)
        if n == 0:
            continue
        h = 1 / (1 + 0.25 * n)
        r = {m.message_id: fade.get(m.message_id, mean) for m in members}
        exposure = h * sum(r[m.message_id] for m in members for _ in range(m.sentences))
        rbar = exposure / (h * n)
        found = {"P": 0.0, "V": 0.0}
        for m in members:
            for _, label, probability in m.tags:
                found[SIDE[label]] += h * r[m.message_id] * weights[label] * round(probability * 1e6) / 1e6
        result[supplier].append((exposure, min(rbar, found["P"]), min(rbar, found["V"]), rbar))
    return result


def brute_prior(threads, side, flat):
    """Return mu, tau2, phi of one side (1: partner, 2: vendor)."""
    if sum(len(rows) >= 5 for rows in threads.values()) < 8:
        return 0.035, 0.0016, 0.45 if flat else 0.3
    rows_of = [rows for rows in threads.values() if len(rows) >= 2]
    total_a, total_x = (sum(row[k] for rows in rows_of for row in rows) for k in (0, side))
    scatter, ys, sizes = 0.0, [], []
    for rows in rows_of:
        a, x = (sum(row[k] for row in rows) for k in (0, side))
        ys.append(x / a)
        sizes.append(a)
        scatter += len(rows) / (len(rows) - 1) * sum((row[side] - row[0] * x / a) ** 2 for row in rows)
    phi, mu = max(scatter / total_x, 0.01), total_x / total_a
    if flat:
        flat_scatter = flat_total = 0.0
        for rows in rows_of:
            fresh = [(row[0] / row[3], row[side] / row[3]) for row in rows]
            y = sum(x for _, x in fresh) / sum(a for a, _ in fresh)
            flat_scatter += len(rows) / (len(rows) - 1) * sum((x - a * y) ** 2 for a, x in fresh)
            flat_total += sum(x for _, x in fresh)
    tau2 = (0.15 * mu) ** 2
    for _ in range(200):
        weight = [1 / (tau2 + phi * mu / a) for a in sizes]
        mu = sum(w * y for w, y in zip(weight, ys, strict=True)) / sum(weight)

        def excess(guess, mu=mu):
            w = [1 / (guess + phi * mu / a) for a in sizes]
            centre = sum(i * y for i, y in zip(w, ys, strict=True)) / sum(w)
            return sum(i * (y - centre) ** 2 for i, y in zip(w, ys, strict=True)) - (len(ys) - 1)

        low, high = (0.15 * mu) ** 2, (20 * mu) ** 2
        if excess(low) <= 0:
            high = low
        for _ in range(90):
            middle = (low + high) / 2
            low, high = (middle, high) if excess(middle) > 0 else (low, middle)
        tau2 = high
    return mu, tau2, max(flat_scatter / flat_total, 0.01) if flat else phi


def brute_correlation(threads):
    """Return the correlation of the sides inside threads, pooled over suppliers."""
    if sum(len(rows) >= 5 for rows in threads.values()) < 8:
        return 0.0
    sums = {(1, 1): 0.0, (2, 2): 0.0, (1, 2): 0.0}
    for rows in threads.values():
        if len(rows) >= 2:
            a = sum(row[0] for row in rows)
            mean = {side: sum(row[side] for row in rows) / a for side in (1, 2)}
            for i, j in sums:
                products = ((row[i] - row[0] * mean[i]) * (row[j] - row[0] * mean[j]) for row in rows)
                sums[i, j] += len(rows) / (len(rows) - 1) * sum(products)
    return sums[1, 2] / (sums[1, 1] * sums[2, 2]) ** 0.5


def brute_index(threads, prior_threads, n_suppliers, false=(0, 0), variance=(0, 0), omega=(0, 0), flat=False):
    """Return supplier -> (index, low, high, balance)."""
    priors = [brute_prior(prior_threads, side, flat) for side in (1, 2)]
    fitted = sum(len(rows) >= 5 for rows in prior_threads.values()) >= 8
    reach = student.ppf(0.95, n_suppliers - 1 if fitted else 7)
    result, together = {}, brute_correlation(prior_threads)
    for supplier, rows in threads.items():
        shared = 1.0
        a = sum(row[0] for row in rows)
        d = spread = scale = 0.0
        for side, sign in ((1, 1), (2, -1)):
            mu, tau2, phi = priors[side - 1]
            kappa = phi * mu / tau2
            c = max(mu - 2 * false[side - 1], 0.1 * mu)
            q = (sum(row[side] for row in rows) + kappa * mu) / (a + kappa)
            v = phi * q / (a + kappa)
            d += sign * math.log((q + c) / (mu + c))
            spread += math.log(1 + v / (q + c) ** 2)
            shared *= (a / (a + kappa) * v) ** 0.5 / (q + c)
            spread += variance[side - 1] * (1 / (q + c) - 1 / (mu + c)) ** 2
            spread += (omega[side - 1] * false[side - 1] / (q + c)) ** 2
            scale += math.log(1 + tau2 / (mu + c) ** 2)
        spread -= 2 * math.copysign(math.log(1 + abs(together) * shared), together)
        ends = [100 * NormalDist().cdf((d + k * reach * spread**0.5) / scale**0.5) for k in (0, -1, 1)]
        p, n = (sum(row[side] for row in rows) for side in (1, 2))
        result[supplier] = (*ends, p / (p + n) if p + n else None)
    return result


def assert_same(index: Index, expected: dict[str, tuple[float, ...]]) -> None:
    """Compare to 1e-9."""
    assert {score.supplier for score in index} == set(expected)
    for score in index:
        got = (score.index, score.low, score.high, score.balance)
        assert got == pytest.approx(expected[score.supplier], abs=1e-9), score.supplier


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, half_life=st.sampled_from([30.0, 365.0, math.inf]), bulk=st.sampled_from(["count", "exclude"]))
def test_small_portfolio_agrees_with_plain_loops(seed: int, half_life: float, bulk: str) -> None:
    """The shipped prior, ageing, undated and bulk mail, by a second computation."""
    mails = random_mails(seed)
    index = build_index(collect(mails), as_of=AS_OF, half_life=half_life, bulk=bulk)
    threads = brute_threads(mails, WEIGHT, AS_OF, half_life, bulk=bulk)
    assert index.prior.source == "shipped"
    assert_same(index, brute_index(threads, threads, 3, flat=half_life == math.inf))


@settings(max_examples=8, deadline=None)
@given(seed=seeds, share=st.sampled_from([0.02, 0.1, 0.4]))
def test_fitted_portfolio_agrees_with_plain_loops(seed: int, share: float) -> None:
    """The fitted prior with the user's weights."""
    weights = {"upselling": 0.3, "listening": 2.0, "empathy": 0.0}
    mails = random_mails(seed, suppliers=14, threads=25, share=share)
    index = build_index(collect(mails), as_of=AS_OF, weights=weights)
    threads = brute_threads(mails, WEIGHT | weights, AS_OF, 365.0)
    assert index.prior.source == "portfolio"
    assert index.prior.suppliers == sum(len(rows) >= 2 for rows in threads.values())
    assert_same(index, brute_index(threads, threads, index.prior.suppliers))


@settings(max_examples=6, deadline=None)
@given(seed=seeds)
def test_window_agrees_with_plain_loops(seed: int) -> None:
    """Nothing fades inside a window; its prior is that of all periods, faded as in the run."""
    mails, window = random_mails(seed, suppliers=14, threads=25), (date(2001, 9, 1), date(2002, 2, 28))
    index = build_index(collect(mails), as_of=AS_OF, since=window[0], until=window[1])
    whole = brute_threads(mails, WEIGHT, AS_OF, 365.0)
    inside = brute_threads(mails, WEIGHT, AS_OF, math.inf, *window)
    assert index.half_life == math.inf
    assert index.prior == build_index(collect(mails), as_of=AS_OF).prior
    assert_same(index, brute_index(inside, whole, index.prior.suppliers, flat=True))


@settings(max_examples=10, deadline=None)
@given(seed=seeds, false=st.sampled_from([0.0, 0.004, 0.03]))
def test_error_correction_agrees_with_plain_loops(seed: int, false: float) -> None:
    """An audit plugs in as one object: c = mu - 2 F with its floor, its variance and omega."""
    mails = random_mails(seed)
    audit = ErrorCorrection("audit", (false, false / 2), (1e-5, 2e-5), (0.5, 0.7))
    index = build_index(collect(mails), as_of=AS_OF, correction=audit)
    threads = brute_threads(mails, WEIGHT, AS_OF, 365.0)
    assert_same(index, brute_index(threads, threads, 3, audit.false_rate, audit.variance, audit.between))
    assert {score.error_correction for score in index} == {"audit"}


def without_tags(mails: list[Mail]) -> list[Mail]:
    """Return the same mail with nothing found in it."""
    return [replace(mail, tags=()) for mail in mails]
