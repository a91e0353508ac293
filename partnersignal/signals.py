"""The taxonomy: which behaviours are looked for, on which side, with which weight.

The data is in ``signals.toml`` beside this file; nothing else in the project lists the labels.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

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
