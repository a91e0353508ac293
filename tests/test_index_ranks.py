"""Pairs, expected ranks, groups and the threads still needed."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_index_reference import AS_OF, Mail, collect, random_mails

from partnersignal.errors import InputError
from partnersignal.index import (
    ErrorCorrection,
    SupplierScore,
    build_index,
    expected_ranks,
    groups,
    probability_above,
    threads_needed,
)

SCORE = build_index(collect([Mail("A", "1@x", "1", AS_OF, False, 1, 0, ())]))["A"]
latent = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.01, 1)), max_size=9)


def scores_of(values: list[tuple[float, float]]) -> list[SupplierScore]:
    """Return scores with given D and sd."""
    return [replace(SCORE, supplier=f"S{n}", d=d, sd=sd) for n, (d, sd) in enumerate(values)]


@given(latent)
@settings(max_examples=60, deadline=None)
def test_expected_ranks_by_plain_loops(values: list[tuple[float, float]]) -> None:
    """1 plus the probabilities of the others being above; together n (n + 1) / 2."""
    scores = scores_of(values)
    expected = [
        1 + sum(NormalDist().cdf((b.d - a.d) / (a.sd**2 + b.sd**2) ** 0.5) for b in scores if b is not a) for a in scores
    ]
    assert expected_ranks(scores).tolist() == pytest.approx(expected, abs=1e-9)
    assert expected_ranks(scores).sum() == pytest.approx(len(scores) * (len(scores) + 1) / 2)
    for a, b in combinations(scores, 2):
        assert probability_above(a, b) + probability_above(b, a) == pytest.approx(1)


@given(latent)
@settings(max_examples=60, deadline=None)
def test_groups_by_plain_loops(values: list[tuple[float, float]]) -> None:
    """Every longest run of the ranking without a pair told apart, and no other."""
    scores = scores_of(values)
    ranked = sorted(scores, key=lambda s: (-s.d, s.supplier))
    alike = [
        (i, j)
        for i in range(len(ranked))
        for j in range(i + 1, len(ranked) + 1)
        if all(probability_above(a, b) <= 0.95 for a, b in combinations(ranked[i:j], 2))
    ]
    longest = [(i, j) for i, j in alike if not any((a <= i and j <= b) and (a, b) != (i, j) for a, b in alike)]
    assert groups(scores) == tuple(tuple(s.supplier for s in ranked[i:j]) for i, j in sorted(longest))
    assert {name for group in groups(scores) for name in group} == {s.supplier for s in scores}


def two(threads: int, good: float, bad: float) -> list[Mail]:
    """Return two suppliers with equal mail, one partner-like and one vendor-like."""
    return [
        Mail(name, f"{name}{n}@x", f"{n}", AS_OF, False, 8, 0, ((0, label, p),))
        for name, label, p in (("A", "business_understanding", good), ("B", "upselling", bad))
        for n in range(threads)
    ]


@pytest.mark.parametrize("evidence", [0.4, 0.3, 0.2, 0.1])
def test_threads_needed_is_the_smallest_number_that_does(evidence: float) -> None:
    """More mail of the same kind tells them apart; with none needed the answer is 0."""
    index = build_index(collect(two(3, evidence, evidence)))
    needed = threads_needed(index, "A", "B")
    assert probability_above(index["A"], index["B"]) < 0.95
    assert needed is not None
    assert needed > 0
    assert needed == threads_needed(index, "B", "A")
    phi, kappa, mu = (index.prior.both(name)[0] for name in ("phi", "kappa", "mu"))

    def probability(n: int) -> float:
        exposure = (3 + n) * 8 / 3
        terms = [1 + phi * q / (exposure + kappa) / (q + mu) ** 2 for q in index.posterior.rate.ravel()]
        total = sum(math.log(term) for term in terms)
        return NormalDist().cdf((index["A"].d - index["B"].d) / total**0.5)

    assert probability(needed - 1) <= 0.95 < probability(needed)
    apart = build_index(collect(two(60, 0.9, 0.9)))
    assert probability_above(apart["A"], apart["B"]) > 0.95
    assert threads_needed(apart, "A", "B") == 0


def test_threads_needed_is_none_where_mail_cannot_help() -> None:
    """Equal suppliers, and a difference smaller than what the false alarms may hide."""
    equal = build_index(collect([replace(m, supplier=m.supplier * 2) for m in two(3, 0.4, 0.4)] + two(3, 0.4, 0.4)))
    assert threads_needed(equal, "A", "AA") is None
    errors = ErrorCorrection("audit", (0.015, 0.015), (0.0, 0.0), (2.0, 2.0))
    assert threads_needed(build_index(collect(two(3, 0.4, 0.4)), correction=errors), "A", "B") is None
    with pytest.raises(InputError, match="got supplier 'C', expected one of the 2"):
        threads_needed(build_index(collect(two(3, 0.4, 0.4))), "A", "C")


def test_threads_needed_for_a_supplier_without_any() -> None:
    """It is taken to have threads as long as the portfolio's."""
    silent = Mail("C", "c@x", "c", AS_OF, False, 0, 3, ())
    assert threads_needed(build_index(collect([*two(9, 0.9, 0.9), silent])), "A", "C") not in (None, 0)
    assert threads_needed(build_index(collect([silent, replace(silent, supplier="D")])), "C", "D") is None


def test_ranking_of_a_real_portfolio() -> None:
    """Groups cover everyone in order; expected ranks rise down the table where intervals are alike."""
    index = build_index(collect(random_mails(11, suppliers=12, threads=20)))
    ranks = expected_ranks(index.scores)
    assert 1 <= ranks.min() <= ranks.max() <= 12
    assert groups(index.scores)[0][0] == index.scores[0].supplier
    assert groups([]) == ()
    assert expected_ranks([]).tolist() == []
