"""Which weight every signal has in an index."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import numpy as np

from partnersignal.errors import InputError
from partnersignal.index.arrays import SIDES
from partnersignal.signals import Signal


def resolve_weights(signals: Sequence[Signal], weights: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return the weight of every signal: the defaults, overridden where the user says so.

    Parameters
    ----------
    signals : sequence of Signal
        The taxonomy, each with its default weight.
    weights : mapping of str to float, optional
        Label to weight, finite and not negative. Only ratios within a side matter.

    Returns
    -------
    dict of str to float
        One entry a signal, in the order of `signals`.

    Raises
    ------
    InputError
        If a label is unknown, a weight is not a finite number of at least 0, or a side has no weight left.
    """
    resolved = {signal.label: float(signal.weight) for signal in signals}
    for label, weight in (weights or {}).items():
        if label not in resolved:
            near = get_close_matches(str(label), resolved, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(resolved)}"
            raise InputError(f"got a weight for {label!r}, expected the label of a signal; {hint}")
        resolved[label] = _checked(label, weight)
    for side in SIDES:
        if not any(resolved[signal.label] > 0 for signal in signals if signal.side == side):
            raise InputError(
                f"got no positive weight on the {side} side, expected at least one; leave one of its signals a weight"
            )
    return resolved


def _checked(label: str, weight: float) -> float:
    number = isinstance(weight, (int, float, np.integer, np.floating)) and not isinstance(weight, bool)
    value = float(weight) if number else math.nan
    if not (math.isfinite(value) and value >= 0):
        raise InputError(f"got weight {weight!r} for {label!r}, expected a finite number >= 0; use 0 to leave it out")
    return value
