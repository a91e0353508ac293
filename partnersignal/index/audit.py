"""An audit: which flagged sentences a person reads, and what the answers say about false alarms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from partnersignal.errors import InputError
from partnersignal.index.arrays import SIDES, Floats
from partnersignal.index.correction import ErrorCorrection
from partnersignal.index.counted import counted_tags
from partnersignal.index.index import Index
from partnersignal.index.threads import Threads

# What makes one line of an audit: a sentence read for one supplier and one side.
AUDIT_KEY = ["supplier", "message_id", "sentence", "side"]
# Fewer answers on a side say next to nothing.
MIN_ANSWERS = 10


@dataclass(frozen=True, slots=True)
class AuditedSide:
    """What the answers say about one side.

    Attributes
    ----------
    read : int
        Sentences answered.
    precision : float
        (share right x sentences + 1) / (sentences + 2), the share weighted by counted mass: 0 to 1.
    low, high : float
        90 % interval of the precision.
    effective : float
        Sentences of equal weight that say as much as those read; less than `read` where weights differ.
    """

    read: int
    precision: float
    low: float
    high: float
    effective: float


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found, each side by itself.

    Attributes
    ----------
    partner, vendor : AuditedSide or None
        None where nothing of that side is flagged in the run: nothing can be wrong there.
    """

    partner: AuditedSide | None
    vendor: AuditedSide | None

    def correction(self, threads: Threads, between: tuple[float, float] = (0.0, 0.0)) -> ErrorCorrection:
        """Turn precision into the correction that the index needs.

        F = (1 - precision) sum(X) / sum(A) and Var(c) = 4 precision (1 - precision) / (n + 2) (sum(X) / sum(A))^2.

        Parameters
        ----------
        threads : Threads
            All threads of the run that was audited, without a window.
        between : pair of float
            omega: variation of F between sources, relative to F.

        Returns
        -------
        ErrorCorrection
            Of source "audit".
        """
        exposure = float(threads.exposure.sum())
        false_rate, variance = [], []
        for side, evidence in zip((self.partner, self.vendor), threads.evidence, strict=True):
            rate = float(evidence.sum()) / exposure if exposure > 0 else 0.0
            wrong = 0.0 if side is None else 1 - side.precision
            false_rate.append(wrong * rate)
            variance.append(0.0 if side is None else 4 * wrong * (1 - wrong) / (side.effective + 2) * rate**2)
        return ErrorCorrection("audit", (false_rate[0], false_rate[1]), (variance[0], variance[1]), between)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
            Read back by `from_dict`.
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Audit:
        """Read what `to_dict` wrote.

        Parameters
        ----------
        values : mapping
            Exactly its keys.

        Returns
        -------
        Audit
            An equal one.
        """
        partner, vendor = (values[side] and AuditedSide(**values[side]) for side in SIDES)
        return cls(partner, vendor)


def flagged_sentences(index: Index, tags: pd.DataFrame) -> pd.DataFrame:
    """Return every sentence that counts in an index, once a supplier and side.

    Parameters
    ----------
    index : Index
        The index.
    tags : pandas DataFrame
        The tags that its evidence was collected from.

    Returns
    -------
    pandas DataFrame
        The columns of `AUDIT_KEY`, signals (labels joined by ``;``), mass (what the sentence counts for, above 0),
        text, voice and date where the tags have them; sorted by key.
    """
    lines = counted_tags(index.evidence, index.threads, index.weights, tags)
    lines = lines[lines["mass"] > 0]
    lines["side"] = np.array(SIDES, dtype=object)[lines["side"].to_numpy(dtype=np.int64)]
    shown = {name: (name, "first") for name in ("text", "voice", "date") if name in lines.columns}
    grouped = lines.groupby(AUDIT_KEY, as_index=False, sort=True)
    table: pd.DataFrame = grouped.agg(signals=("signal", ";".join), mass=("mass", "sum"), **shown)
    return table


def draw_audit(index: Index, tags: pd.DataFrame, n: int = 200, seed: int = 0) -> pd.DataFrame:
    """Draw flagged sentences for a person to read: half a side, by counted mass.

    Systematic sampling with probability proportional to mass, in random order: what counts more is read more surely.
    A side with no more than n / 2 flagged sentences is read as a whole.

    Parameters
    ----------
    index : Index
        The index of the run, without a window.
    tags : pandas DataFrame
        The tags that its evidence was collected from.
    n : int, default 200
        Sentences, at least 20.
    seed : int, default 0
        Of the draw: the same seed draws the same sentences.

    Returns
    -------
    pandas DataFrame
        The columns of `flagged_sentences` and weight, the share of the side's mass that the line stands for (adds up
        to 1 a side). In random order, so that readers do not see one supplier's sentences in a row.

    Raises
    ------
    InputError
        If n is too small or nothing is flagged.
    """
    if n < 2 * MIN_ANSWERS:
        raise InputError(f"got n={n}, expected at least {2 * MIN_ANSWERS}: {MIN_ANSWERS} sentences a side; 200 is usual")
    flagged = flagged_sentences(index, tags)
    if flagged.empty:
        raise InputError(
            "got a run without a tag that counts, expected flagged sentences to draw from; there is nothing to audit"
        )
    random = np.random.default_rng(seed)
    drawn = []
    for side in SIDES:
        lines = flagged[flagged["side"] == side]
        mass, size = lines["mass"].to_numpy(dtype=np.float64), n // 2
        whole = len(lines) <= size
        weight = mass / max(mass.sum(), 1e-300) if whole else _systematic(mass, size, random) / size
        drawn.append(lines.assign(weight=weight)[weight > 0])
    table = pd.concat(drawn, ignore_index=True)
    return table.iloc[random.permutation(len(table))].reset_index(drop=True)


def _systematic(mass: Floats, size: int, random: np.random.Generator) -> Floats:
    """Return how often each sentence is hit by `size` evenly spaced points along the masses, in random order."""
    order = random.permutation(len(mass))
    ends = np.cumsum(mass[order])
    points = (random.random() + np.arange(size)) * (ends[-1] / size)
    hits = np.zeros(len(mass))
    hits[order] = np.bincount(np.minimum(np.searchsorted(ends, points, side="right"), len(mass) - 1), minlength=len(mass))
    return hits


def judge(answers: pd.DataFrame, flagged: pd.DataFrame) -> Audit:
    """Sum up the answers of an audit.

    Parameters
    ----------
    answers : pandas DataFrame
        The columns of `AUDIT_KEY`, weight, mass (both as drawn) and right (bool): answered lines only.
    flagged : pandas DataFrame
        `flagged_sentences` of the run now. Where weights or corrections changed what a sentence counts for since the
        draw, its answer counts by the new mass over the old.

    Returns
    -------
    Audit
        A side of which nothing is flagged is None.

    Raises
    ------
    InputError
        If the answers are not about this run, or a side has too few.
    """
    now = answers.merge(flagged[[*AUDIT_KEY, "mass"]], on=AUDIT_KEY, how="left", suffixes=("", "_now"))
    if not now["mass_now"].notna().any():
        raise InputError("got an audit of which no sentence is flagged in this run, expected one drawn from it; draw it again")
    now["counts"] = now["weight"] * now["mass_now"].fillna(0.0) / now["mass"]
    sides: list[AuditedSide | None] = []
    for side in SIDES:
        existing = int((flagged["side"] == side).sum())
        own = now[(now["side"] == side) & (now["counts"] > 0)]
        if existing == 0:
            sides.append(None)
            continue
        if len(own) < min(MIN_ANSWERS, existing):
            raise InputError(
                f"got {len(own)} answers on the {side} side, expected at least {min(MIN_ANSWERS, existing)}; "
                "fill in the column 'right' of more lines"
            )
        sides.append(_judge_side(own["counts"].to_numpy(dtype=np.float64), own["right"].to_numpy(dtype=bool)))
    return Audit(*sides)


def _judge_side(counts: Floats, right: np.ndarray[Any, np.dtype[np.bool_]]) -> AuditedSide:
    weight = counts / counts.sum()
    effective = float(1 / (weight**2).sum())
    good = float(weight[right].sum()) * effective
    low, high = (float(betaincinv(good + 1, effective - good + 1, p)) for p in (0.05, 0.95))
    return AuditedSide(len(weight), (good + 1) / (effective + 2), low, high, effective)


# What no audit of flagged sentences can show; said wherever a corrected index is.
CANNOT_KNOW = (
    "what was missed: only flagged sentences were read, and misses are assumed alike for all suppliers",
    "error of single signals or suppliers: the answers are too few, false alarms are assumed as frequent for every supplier",
    "sentences given to the wrong supplier, and mail that is not in the export",
)
