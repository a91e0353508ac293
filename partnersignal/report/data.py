"""The facts of the page, as plain data: a summary for all suppliers, a block for each."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from partnersignal.index import Explanation, Index, SupplierScore, build_index, expected_ranks, groups, influence
from partnersignal.index.arrays import Ints
from partnersignal.memory import give_back
from partnersignal.messages import VOICES
from partnersignal.report.evidence import day
from partnersignal.report.history import history
from partnersignal.report.material import Material, Thread
from partnersignal.report.passages import Limits, most_contexts, passages, read_contexts
from partnersignal.report.text import TITLE, shown

_THREADS = 5  # shown of those that moved the index most
_TOGETHER = 8_192  # tags of suppliers that are laid out together
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
        "quotes": material.quotes and material.sources.worded(),
        "receipt": dict(material.receipt),
        "card": material.model_card,
        "events": [_plain(event) for event in sections.events],
        "windows": [_plain(window) for window in sections.windows],
        "comparisons": [_plain(comparison) for comparison in sections.comparisons],
        "corrections": [_plain(correction) for correction in sections.corrections],
        "marked": len(sections.marks) if material.quotes else 0,
    }  # fmt: skip


def blocks(material: Material) -> Iterator[dict[str, Any]]:
    """Make what the page of each supplier needs.

    Parameters
    ----------
    material : Material
        The run.

    Yields
    ------
    dict
        In the order of the index.
    """
    lines, sections, index = history(material.index), material.sections, material.index
    give_back()
    counts, shares, places = _overview(material)
    give_back()
    contexts = read_contexts(material, places) if material.quotes else {}
    del places
    sentences = sentences_of(index)
    pooled = per_100(counts, sum(sentences.values()))
    moving = _moving_threads(material)
    give_back()
    for explanations in _together(material.explanations):
        limits = [shares[each.supplier] for each in explanations]
        evidence = passages(material, contexts, explanations, limits)
        for explanation, shown_of_it in zip(explanations, evidence, strict=True):
            name = explanation.supplier
            yield {
                "history": lines[name],
                "profile": profile(index, explanation, sentences[name], pooled),
                "threads": moving[name],
                "conduct": [_plain(each) for each in sections.conduct.get(name, ())],
                "cannot": [_plain(each) for each in sections.cannot.get(name, ())],
                "evidence": shown_of_it,
            }


def _overview(material: Material) -> tuple[Ints, dict[str, Limits], dict[str, set[tuple[int, int]]]]:
    """Return the tags of each signal, how much of each supplier is shown, and by message the places shown in context."""
    counts, found, heads = np.zeros(len(material.index.evidence.signals), np.int64), {}, {}
    for each in material.explanations:
        counts += found_of(material.index, each)
        found[each.supplier] = len(each.contributions)
        heads[each.supplier] = each.contributions[["message_id", "start", "end"]].head(most_contexts(len(material.index)))
    limits = {name: Limits.share(number, int(counts.sum()), len(found)) for name, number in found.items()}
    places: dict[str, set[tuple[int, int]]] = {}
    for name, head in heads.items():
        for message_id, start, end in head.head(limits[name].sentences).itertuples(index=False):
            places.setdefault(message_id, set()).add((start, end))
    return counts, limits, places


def _together(explanations: Iterable[Explanation]) -> Iterator[list[Explanation]]:
    """Put suppliers together, which is faster, but no more than can be held."""
    part, held = [], 0
    for each in explanations:
        part.append(each)
        held += len(each.contributions)
        if held >= _TOGETHER:
            yield part
            part, held = [], 0
    if part:
        yield part


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


def _moving_threads(material: Material) -> dict[str, list[dict[str, Any]]]:
    """Return the threads that moved the index of each supplier most."""
    moved = {each.supplier: influence(material.index, each.supplier).head(_THREADS) for each in material.index}
    rows = {name: each[each["change"].abs() >= _MIN_CHANGE].to_dict("records") for name, each in moved.items()}
    known = material.sources.threads({str(row["thread_id"]) for each in rows.values() for row in each})
    return {name: [_moving_thread(material, known.get(row["thread_id"]), row) for row in each] for name, each in rows.items()}


def _moving_thread(material: Material, thread: Thread | None, row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "subject": shown(thread.subject, TITLE) if material.quotes and thread else "",
        "bulk": str(row["thread_id"]).startswith("bulk:"),
        "messages": thread.messages if thread else None,
        "from": day(thread.first) or None if thread else None, "to": day(thread.last) or None if thread else None,
        "without": round(float(row["index_without"]), 2), "change": round(float(row["change"]), 2),
    }  # fmt: skip


_SHARES = ("balance", "coverage")


def _score(score: SupplierScore, ranks: dict[str, float]) -> dict[str, Any]:
    plain = _plain(score)
    del plain["supplier"], plain["d"], plain["sd"], plain["error_correction"]
    rank = ranks.get(score.supplier)
    # Shares are rounded where they are shown: twice rounded, 2.4951 % is 3 %.
    short = {key: round(value, 4) for key, value in plain.items() if isinstance(value, float) and key not in _SHARES}
    return plain | short | {"rank": None if rank is None else round(float(rank), 1)}


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
