"""The index that a run keeps: what is needed to build it again, and building it with other settings or an audit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from partnersignal.index import Audit, ErrorCorrection, Evidence, Index, Prior, build_index, flagged_sentences, judge
from partnersignal.index.audit import CANNOT_KNOW
from partnersignal.runs.audits import read_audit
from partnersignal.runs.state import write_state

if TYPE_CHECKING:
    from partnersignal.runs.run import Run

NOT_MEASURED = "not measured by this model: taken as 0"


def index_state(built: Index, bulk: str, since: date | None, until: date | None, half_life: float | None) -> dict[str, Any]:
    """Return what is needed to build the same index again.

    Parameters
    ----------
    built : Index
        The index.
    bulk : str
        ``count`` or ``exclude``.
    since, until : date or None
        Its window.
    half_life : float or None
        As asked for; None is the default.

    Returns
    -------
    dict
        For ``run.json``.
    """
    return {
        "prior": built.prior.to_dict(),
        "weights": dict(built.weights),
        "as_of": built.as_of.isoformat() if built.as_of else None,
        "since": since.isoformat()[:10] if since else None,
        "until": until.isoformat()[:10] if until else None,
        "half_life": half_life,
        "bulk": bulk,
        "correction": built.correction.to_dict(),
    }


def stored_correction(state: Mapping[str, Any]) -> ErrorCorrection | None:
    """Read the correction of a stored index.

    Parameters
    ----------
    state : mapping
        From `index_state`.

    Returns
    -------
    ErrorCorrection or None
        None where an older version stored none.
    """
    return ErrorCorrection.from_dict(state["correction"]) if "correction" in state else None


def stored_day(value: str | None) -> date | None:
    """Read a day.

    Parameters
    ----------
    value : str or None
        ISO date.

    Returns
    -------
    date or None
        None for nothing.
    """
    return date.fromisoformat(value) if value else None


def all_periods(evidence: Evidence, state: Mapping[str, Any], weights: Mapping[str, float]) -> Index:
    """Build the index over all periods, uncorrected.

    Parameters
    ----------
    evidence : Evidence
        Of a run.
    state : mapping
        From `index_state`.
    weights : mapping of str to float
        Of the signals; with others than the stored ones the prior is fitted again.

    Returns
    -------
    Index
        As of the day of the stored one.
    """
    prior = Prior.from_dict(state["prior"]) if weights == state["weights"] else None
    return build_index(evidence, weights=weights, prior=prior, bulk=state["bulk"], as_of=stored_day(state["as_of"]))


def reweigh(
    run: Run,
    weights: Mapping[str, float] | None,
    since: date | None,
    until: date | None,
    half_life: float | None,
    audit: str | os.PathLike[str] | None,
) -> Audit | None:
    """Build the index of a run with other settings, and write its state.

    Parameters
    ----------
    run : Run
        Whose ``run.json`` is changed.
    weights, since, until, half_life, audit : optional
        As in `Run.reindex`.

    Returns
    -------
    Audit or None
        That of the run, given now or before.
    """
    state = run.state["index"]
    changed = weights is not None
    merged = {**state["weights"], **weights} if weights is not None else state["weights"]
    evidence = run.evidence()
    found, correction = _audited(run, evidence, merged, audit)
    built = build_index(
        evidence, weights=merged, prior=None if changed else Prior.from_dict(state["prior"]), bulk=state["bulk"],
        as_of=stored_day(state["as_of"]), half_life=half_life, since=since, until=until, correction=correction,
    )  # fmt: skip
    told = {"audit": found.to_dict()} if found else {}
    write_state(run.folder, {**run.state, "index": index_state(built, state["bulk"], since, until, half_life) | told})
    return found


def _audited(
    run: Run, evidence: Evidence, weights: Mapping[str, float], path: str | os.PathLike[str] | None
) -> tuple[Audit | None, ErrorCorrection | None]:
    """Return what the audit of this run says, given now or before, and its correction under these weights."""
    stored = run.state["index"].get("audit")
    if path is None and stored is None:
        return None, None
    whole = all_periods(evidence, run.state["index"], weights)
    if path is None:
        found = Audit.from_dict(stored)
    else:
        found = judge(read_audit(path, evidence.signals), flagged_sentences(whole, run.tags))
    variation = run.state.get("false_alarm_variation") or {"partner": 0.0, "vendor": 0.0}
    return found, found.correction(whole.threads, (variation["partner"], variation["vendor"]))


def audit_receipt(run: Run, found: Audit, path: str | os.PathLike[str] | None) -> dict[str, Any]:
    """Return what the receipt says of an audit: what was read, what it changed, what it cannot know.

    Parameters
    ----------
    run : Run
        With its new index.
    found : Audit
        From `reweigh`.
    path : path or None
        Of the answers, where they were given now.

    Returns
    -------
    dict
        Entries of the receipt.
    """
    index, before = run.index.model, run.receipt.get("audit", {})
    plain = build_index(
        index.evidence, weights=index.weights, prior=index.prior, as_of=index.as_of, half_life=index.half_life,
        since=index.view.since, until=index.view.until, bulk=index.view.bulk,
    )  # fmt: skip
    changed = [
        {"supplier": s.supplier, "uncorrected": round(plain[s.supplier].index, 4), "corrected": round(s.index, 4)}
        for s in index
    ]
    return {
        "error_correction": "audit: false alarms corrected a side, from sentences read in this run",
        "variation_between_sources": run.state.get("false_alarm_variation") or NOT_MEASURED,
        "audit": {
            "file": str(path) if path is not None else before.get("file"),
            **found.to_dict(),
            "false_alarms_per_effective_sentence": dict(zip(("partner", "vendor"), index.correction.false_rate, strict=True)),
            "changed": changed,
            "cannot_know": list(CANNOT_KNOW),
        },
    }
