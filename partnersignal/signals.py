"""The taxonomy: which behaviours are looked for, on which side, with which weight.

The data is in ``signals.toml`` beside this file; nothing else in the project lists the labels.
A user's own file renames, drops and adds signals: `read_taxonomy`.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from partnersignal.errors import InputError

Side = Literal["partner", "vendor"]


@dataclass(frozen=True, slots=True)
class Signal:
    """One behaviour of a supplier towards its customer.

    Attributes
    ----------
    label : str
        Name used in labels, tags and columns.
    side : {"partner", "vendor"}
        Whether it speaks for or against the supplier.
    weight : float
        Default weight in the index, above 0, at most 1; only ratios within a side matter.
    definition : str
        What the supplier does.
    source : str
        Where the weight comes from.
    """

    label: str
    side: Side
    weight: float
    definition: str
    source: str

    @property
    def sign(self) -> int:
        """Return +1 for a partner signal, -1 for a vendor signal."""
        return 1 if self.side == "partner" else -1


@cache
def default_signals() -> tuple[Signal, ...]:
    """Return the 20 signals in the order of all columns.

    Returns
    -------
    tuple of Signal
        Partner signals first, then vendor signals.
    """
    text = Path(__file__).with_name("signals.toml").read_text(encoding="utf-8")
    return tuple(Signal(**entry) for entry in tomllib.loads(text)["signal"])


def labels() -> tuple[str, ...]:
    """Return the labels of the default signals in column order.

    Returns
    -------
    tuple of str
        20 labels.
    """
    return tuple(signal.label for signal in default_signals())


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Signals, and what became of the default ones.

    Attributes
    ----------
    signals : tuple of Signal
        In column order.
    renamed : mapping of str to (str or None)
        Default label to its name here; None for one that was dropped. Label files may use either name.
    """

    signals: tuple[Signal, ...]
    renamed: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the labels in column order."""
        return tuple(signal.label for signal in self.signals)

    @property
    def added(self) -> frozenset[str]:
        """Return the labels that are none of the default ones under whatever name."""
        return frozenset(self.labels) - {self.renamed.get(label, label) for label in labels()}


def default_taxonomy() -> Taxonomy:
    """Return the default signals as a taxonomy.

    Returns
    -------
    Taxonomy
        Nothing renamed.
    """
    return Taxonomy(default_signals())


def read_taxonomy(path: str | os.PathLike[str]) -> Taxonomy:
    """Read a user's signals.

    Parameters
    ----------
    path : path
        TOML: ``drop``, a list of default labels; ``[rename]``, old = "new"; and tables ``[[signal]]`` with label,
        side, weight and, if wanted, definition: one of a label that exists changes it, others are added.

    Returns
    -------
    Taxonomy
        The default order, then the added ones.

    Raises
    ------
    InputError
        If the file cannot be read, or a label, side or weight is wrong.
    """
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"got the signals file {path}, which cannot be read ({error}); expected TOML") from error
    drop, rename, entries = data.get("drop", []), data.get("rename", {}), data.get("signal", [])
    unknown = sorted(data.keys() - {"drop", "rename", "signal"})
    if unknown or not isinstance(drop, list) or not isinstance(rename, dict) or not isinstance(entries, list):
        raise InputError(f"{path}: got {', '.join(unknown) or 'wrong types'}, expected drop = [...], [rename] and [[signal]]")
    strangers = sorted({str(label) for label in [*drop, *rename]} - set(labels()))
    if strangers:
        raise InputError(f"{path}: got {strangers[0]!r} in drop or rename, expected one of {', '.join(labels())}")
    became = {**dict.fromkeys(drop), **{old: str(new) for old, new in rename.items()}}
    found = {s.label: s for old in default_signals() if (s := replace(old, label=became.get(old.label, old.label) or "")).label}
    own = [_own_signal(entry, found, str(path)) for entry in entries]
    names = [new for new in (became.get(label, label) for label in labels()) if new]
    if len(set(names)) < len(names) or len({signal.label for signal in own}) < len(own):
        raise InputError(f"{path}: got two signals of one name, expected every label once")
    found |= {signal.label: signal for signal in own}
    for label in found:
        if not re.fullmatch(r"\w[\w-]*", label):
            raise InputError(f"{path}: got the label {label!r}, expected letters, figures, _ and -")
    if {signal.side for signal in found.values()} != {"partner", "vendor"}:
        raise InputError(f"{path}: got signals of one side only, expected partner and vendor signals; the index weighs both")
    return Taxonomy(tuple(found.values()), became)


def _own_signal(entry: Any, found: Mapping[str, Signal], place: str) -> Signal:
    if not isinstance(entry, dict) or not isinstance(entry.get("label"), str):
        raise InputError(f"{place}: got a [[signal]] without a label, expected label, side and weight")
    label = entry["label"]
    old = found.get(label)
    side = entry.get("side", old.side if old else None)
    weight = entry.get("weight", old.weight if old else None)
    if side not in ("partner", "vendor"):
        raise InputError(f"{place}: got the side {side!r} of {label!r}, expected partner or vendor")
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not (math.isfinite(weight) and 0 < weight <= 1):
        raise InputError(f"{place}: got the weight {weight!r} of {label!r}, expected a number above 0, at most 1")
    definition = str(entry.get("definition", old.definition if old else ""))
    return Signal(label, side, float(weight), definition, str(entry.get("source", "own taxonomy")))
