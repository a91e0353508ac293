"""The facts of the page, as plain data: a summary for all suppliers, a block for each."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from partnersignal.index import Explanation, Index, SupplierScore, build_index, expected_ranks, groups, influence
from partnersignal.index.arrays import Ints
from partnersignal.messages import VOICES
from partnersignal.report.evidence import day
from partnersignal.report.history import history
from partnersignal.report.material import Material
from partnersignal.report.passages import Limits, passages, shown_in_context
from partnersignal.report.sources import Sources
from partnersignal.report.text import TITLE, shown

_THREADS = 5  # shown of those that moved the index most
_MIN_CHANGE = 0.5  # points; a thread that moved less is not worth a line


def summary(material: Material) -> dict[str, Any]:
    """Return what every view of the page needs.

    Parameters
    ----------
    material : Material
        The run.

    Returns
    -------
    dict
        JSON data.
    """
    index, sections = material.index, material.sections
    quiet = without_bulk(index)
    return {
        "suppliers": [{"name": score.supplier, **asdict(sections.facts[score.supplier])} if score.supplier in sections.facts
                      else {"name": score.supplier} for score in index],
        "views": {"all": portfolio(index), "quiet": portfolio(quiet) if index.view.bulk == "count" else None},
        "signals": signals(index),
        "voices": VOICES,
        "view": view(index),
        "prior": {"source": index.prior.source, "suppliers": index.prior.suppliers},
        "correction": index.correction.source,
        "quotes": material.quotes and bool((material.tags["text"] != "").any() or not len(material.tags)),
        "receipt": dict(material.receipt),
        "card": material.model_card,
        "events": [_plain(event) for event in sections.events],
        "windows": [_plain(window) for window in sections.windows],
        "comparisons": [_plain(comparison) for comparison in sections.comparisons],
        "corrections": [_plain(correction) for correction in sections.corrections],
        "marked": len(sections.marks) if material.quotes else 0,
    }  # fmt: skip


def blocks(material: Material) -> list[dict[str, Any]]:
    """Return what the page of each supplier needs.

    Parameters
    ----------
    material : Material
        The run.

    Returns
    -------
    list of dict
        In the order of the index.
    """
    lines, sections, index = history(material.index), material.sections, material.index
    sources, explanations = Sources.of(material.messages), material.explanations
    counts = [found_of(index, explanation) for explanation in explanations]
    limits = [Limits.share(len(each.contributions), sum(map(sum, counts)), len(explanations)) for each in explanations]
    wanted = set().union(*map(shown_in_context, explanations, limits))
    texts = material.texts(wanted) if material.quotes else {}
    subjects: dict[str, str] = dict(zip(sources.subjects.index, sources.subjects, strict=True)) if material.quotes else {}
    sentences = sentences_of(index)
    pooled = per_100(sum(counts, np.zeros(len(index.evidence.signals), np.int64)), sum(sentences.values()))
    moving = _moving_threads(material, sources, [each.supplier for each in explanations])
    evidence = passages(material, subjects, texts, explanations, limits)
    return [
        {
            "history": lines[explanation.supplier],
            "profile": profile(index, explanation, sentences[explanation.supplier], pooled),
            "threads": threads,
            "conduct": [_plain(each) for each in sections.conduct.get(explanation.supplier, ())],
            "cannot": [_plain(each) for each in sections.cannot.get(explanation.supplier, ())],
            "evidence": each,
        }
        for explanation, threads, each in zip(explanations, moving, evidence, strict=True)
    ]


def without_bulk(index: Index) -> Index:
    """Return the same index without bulk mail.

    Parameters
    ----------
    index : Index
        Of the run.

    Returns
    -------
    Index
        Same prior, weights, window, ages and correction.
    """
    view = index.view
    return build_index(
        index.evidence, weights=index.weights, prior=index.prior, as_of=view.as_of, half_life=view.half_life,
        since=view.since, until=view.until, bulk="exclude", correction=index.correction,
    )  # fmt: skip


def view(index: Index) -> dict[str, Any]:
    """Return what the index looks at.

    Parameters
    ----------
    index : Index
        Of the run.

    Returns
    -------
    dict
        Days as ISO text; ``half_life`` is None where nothing fades.
    """
    part = index.view
    return _plain(part) | {"half_life": part.half_life if math.isfinite(part.half_life) else None}


def signals(index: Index) -> list[dict[str, Any]]:
    """Return the taxonomy with the weights in use.

    Parameters
    ----------
    index : Index
        Of the run.

    Returns
    -------
    list of dict
        label, side, definition, weight, source.
    """
    return [
        asdict(signal) | {"weight": index.weights[signal.label], "default": signal.weight} for signal in index.evidence.signals
    ]


def portfolio(index: Index) -> dict[str, Any]:
    """Return the scores, ranks and groups of an index.

    Parameters
    ----------
    index : Index
        Any view of the run.

    Returns
    -------
    dict
        ``scores`` by supplier, ``groups`` of names that cannot be told apart, best first.
    """
    ranked = [score for score in index if score.enough_evidence]
    ranks = dict(zip((score.supplier for score in ranked), expected_ranks(ranked), strict=True))
    return {
        "scores": {score.supplier: _score(score, ranks) for score in index},
        "groups": groups(ranked),
    }


def profile(index: Index, explanation: Explanation, sentences: int, pooled: Sequence[float]) -> list[list[float]]:
    """Return a supplier's signals: how many, how often, and what they moved.

    Parameters
    ----------
    index : Index
        Of the run.
    explanation : Explanation
        Of the supplier.
    sentences : int
        Its eligible sentences in the view.
    pooled : sequence of float
        Tags per 100 sentences of all suppliers.

    Returns
    -------
    list of [found, per 100 sentences, of all suppliers, points found, points a typical supplier]
        A row a signal. The last two differ by what the signal moved the index.
    """
    rows, points = explanation.contributions, defaultdict(list)
    for label, value in zip(rows["signal"].tolist(), rows["contribution"].tolist(), strict=True):
        points[label].append(value)
    found = found_of(index, explanation)
    return [
        [
            int(count), round(own, 3), round(of_all, 3),
            round(math.fsum(points[signal.label]), 4), round(-explanation.baseline[signal.label], 4),
        ]
        for signal, count, own, of_all in zip(
            index.evidence.signals, found, per_100(found, sentences), pooled, strict=True
        )
    ]  # fmt: skip


def found_of(index: Index, explanation: Explanation) -> Ints:
    """Count the tags of a supplier.

    Parameters
    ----------
    index : Index
        Of the run.
    explanation : Explanation
        Of the supplier.

    Returns
    -------
    array of int of shape (n_signals,)
        How many of each signal.
    """
    labels = pd.Index([signal.label for signal in index.evidence.signals])
    return np.bincount(labels.get_indexer(pd.Index(explanation.contributions["signal"])), minlength=len(labels))


def sentences_of(index: Index) -> dict[str, int]:
    """Count the eligible sentences of each supplier in the view.

    Parameters
    ----------
    index : Index
        Of the run.

    Returns
    -------
    dict of str to int
        By supplier.
    """
    inside = index.view.mask(index.evidence)
    names, codes = index.evidence.codes("supplier")
    counts = np.bincount(codes[inside], index.evidence.numbers("sentences")[inside], minlength=len(names))
    return {name: int(count) for name, count in zip(names, counts, strict=True)}


def per_100(found: Ints, sentences: int) -> list[float]:
    """Return tags per 100 eligible sentences.

    Parameters
    ----------
    found : array of int of shape (n_signals,)
        Tags of each signal.
    sentences : int
        Eligible sentences.

    Returns
    -------
    list of float
        A rate a signal.
    """
    return [100 * int(count) / sentences if sentences else 0.0 for count in found]


def _moving_threads(material: Material, sources: Sources, suppliers: Sequence[str]) -> list[list[dict[str, Any]]]:
    """Return the threads that moved the index of each supplier most."""
    moved = [influence(material.index, supplier).head(_THREADS) for supplier in suppliers]
    rows = [each[each["change"].abs() >= _MIN_CHANGE].to_dict("records") for each in moved]
    wanted = {str(row["thread_id"]) for each in rows for row in each}
    found = sources.threads[sources.threads.index.isin(wanted)]
    known = dict(zip(found.index, found.to_dict("records"), strict=True))
    return [[_moving_thread(material, known.get(row["thread_id"], {}), row) for row in each] for each in rows]


def _moving_thread(material: Material, known: Mapping[Any, Any], row: Mapping[Any, Any]) -> dict[str, Any]:
    subject = known.get("subject")
    return {
        "subject": shown(str(subject), TITLE) if material.quotes and subject and not pd.isna(subject) else "",
        "bulk": str(row["thread_id"]).startswith("bulk:"),
        "messages": known.get("messages"),
        "from": day(known.get("first")) or None, "to": day(known.get("last")) or None,
        "without": round(float(row["index_without"]), 2), "change": round(float(row["change"]), 2),
    }  # fmt: skip


def _score(score: SupplierScore, ranks: dict[str, float]) -> dict[str, Any]:
    plain = _plain(score)
    del plain["supplier"], plain["d"], plain["sd"], plain["error_correction"]
    rank = ranks.get(score.supplier)
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in plain.items()}
    return rounded | {"rank": None if rank is None else round(float(rank), 1)}


def _plain(fact: Any) -> dict[str, Any]:
    """Return a dataclass as JSON data: days as ISO text."""
    return {key: _iso(value) for key, value in asdict(fact).items()}


def _iso(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _iso(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_iso(each) for each in value]
    return value
