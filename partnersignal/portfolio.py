"""Portfolio: which suppliers to keep close, grow, watch or question, why, and what is missing to decide.

The rule, in order (``docs/conduct.md`` has it in prose):

1. not enough evidence, or the interval holds 50: watch;
2. the whole interval above 50: keep close where the supplier matters, or it is unknown whether it does, else grow;
3. the whole interval below 50: question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from partnersignal.index import Index, SupplierScore
from partnersignal.index.prior import MIN_THREADS
from partnersignal.suppliers import Supplier, SupplierDirectory

Group = Literal["keep close", "grow", "watch", "question"]
GROUPS: tuple[Group, ...] = get_args(Group)
_HIGH = frozenset({"high", "very high", "critical", "strategic", "essential", "a", "1"})
_LOW = frozenset({"low", "very low", "minor", "none", "c", "3"})
_MAIN_SPEND = 0.8  # the suppliers who together make this share of spend matter (class A of an ABC analysis)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a supplier stands in the portfolio.

    Attributes
    ----------
    supplier : str
        An organisation.
    group : {"keep close", "grow", "watch", "question"}
        What to do.
    reason : str
        Why, in words.
    missing : tuple of str
        What is missing to decide; empty where nothing.
    index : float or None
        0 to 100; None without enough evidence.
    low, high : float
        90 % interval.
    matters : bool or None
        Whether much depends on it; None where neither criticality nor spend says.
    category, criticality : str
        From the supplier file, empty where unknown.
    spend : float or None
        A year.
    error_correction : {"none", "card", "audit"}
        Whether false alarms are corrected; with "none" the interval does not cover them.
    """

    supplier: str
    group: Group
    reason: str
    missing: tuple[str, ...]
    index: float | None
    low: float
    high: float
    matters: bool | None
    category: str
    criticality: str
    spend: float | None
    error_correction: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        Returns
        -------
        dict
            The attributes.
        """
        return asdict(self) | {"missing": list(self.missing)}


def place_suppliers(index: Index, directory: SupplierDirectory) -> tuple[Placement, ...]:
    """Place every supplier of an index.

    Parameters
    ----------
    index : Index
        Scores and intervals.
    directory : SupplierDirectory
        Spend, criticality and category, where known.

    Returns
    -------
    tuple of Placement
        By group in the order of `GROUPS`, then in the order of the index.
    """
    known = {supplier.name: supplier for supplier in directory.suppliers}
    main = _main_suppliers(directory.suppliers)
    placed = []
    for score in index:
        supplier = known.get(score.supplier, Supplier(score.supplier))
        placed.append(_place(score, supplier, _matters(supplier, main)))
    return tuple(sorted(placed, key=lambda each: GROUPS.index(each.group)))


def _place(score: SupplierScore, supplier: Supplier, matters: bool | None) -> Placement:
    group, reason = _group(score, matters)
    missing = _missing_evidence(score)
    if matters is None:
        missing.append("criticality or spend in the supplier file: whether much depends on it is unknown")
    return Placement(
        score.supplier, group, reason, tuple(missing), score.index if score.enough_evidence else None, score.low, score.high,
        matters, supplier.category, supplier.criticality, supplier.spend, score.error_correction,
    )  # fmt: skip


def _group(score: SupplierScore, matters: bool | None) -> tuple[Group, str]:
    interval = f"{score.low:.0f} to {score.high:.0f}"
    if not score.enough_evidence:
        few = score.threads < MIN_THREADS
        found = f"only {score.threads} threads" if few else f"hardly a signal in {score.threads} threads"
        return "watch", f"too little evidence to say anything: {found}"
    if score.low > 50:
        better = f"it behaves more like a partner than is typical here ({interval}, 50 is typical)"
        if matters is False:
            return "grow", f"{better} and little depends on it so far: room to give it more"
        return "keep close", f"{better}" + (" and much depends on it" if matters else "")
    if score.high < 50:
        worse = f"it behaves less like a partner than is typical here ({interval}, 50 is typical)"
        if matters is False:
            return "question", f"{worse} and little depends on it: it can be replaced"
        return "question", f"{worse}" + (
            " and much depends on it: take it up with them, and have an alternative" if matters else ""
        )
    return "watch", f"it cannot be told from a typical supplier ({interval} holds 50)"


def _missing_evidence(score: SupplierScore) -> list[str]:
    if not score.enough_evidence:
        return [f"evidence: at least {MIN_THREADS} threads, and 3 messages with a signal or 30 threads"]
    if score.low <= 50 <= score.high:
        return [f"more threads: the interval {score.low:.0f} to {score.high:.0f} holds 50"]
    return []


def _matters(supplier: Supplier, main: frozenset[str]) -> bool | None:
    """Let criticality say it where it is clear, else spend."""
    word = supplier.criticality.strip().casefold()
    if word in _HIGH:
        return True
    if word in _LOW:
        return False
    return None if supplier.spend is None else supplier.name in main


def _main_suppliers(suppliers: Sequence[Supplier]) -> frozenset[str]:
    spends = sorted(((s.spend, s.name) for s in suppliers if s.spend is not None), key=lambda pair: (-pair[0], pair[1]))
    total, before, main = sum(spend for spend, _ in spends), 0.0, set()
    for spend, name in spends:
        if before >= _MAIN_SPEND * total:
            break
        main.add(name)
        before += spend
    return frozenset(main)
