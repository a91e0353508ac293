"""What each single tag counts for in a view: the common ground of contributions, audits and changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from partnersignal.errors import InputError
from partnersignal.index.arrays import SIDES
from partnersignal.index.collecting import MILLION, each_tag_once, in_millionths
from partnersignal.index.evidence import Evidence
from partnersignal.index.threads import Threads

_NEEDED = ("message_id", "sentence", "signal", "probability")


def counted_tags(
    evidence: Evidence,
    threads: Threads,
    weights: Mapping[str, float],
    tags: pd.DataFrame,
    suppliers: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return each tag of the view once, with what it counts for.

    Parameters
    ----------
    evidence : Evidence
        What the threads were rolled up from.
    threads : Threads
        The view.
    weights : mapping of str to float
        A weight for every signal.
    tags : pandas DataFrame
        The tags that the evidence was collected from: message_id, sentence, signal, probability, and supplier unless
        one is named; other columns stay.
    suppliers : collection of str, optional
        Whose tags; of all suppliers by default. Where there is one and no column ``supplier``, all tags are its own.

    Returns
    -------
    pandas DataFrame
        The columns of `tags` and ``thread`` (its number), ``recency`` r, ``side`` (its place in `SIDES`) and ``mass`` =
        f h r w p, sorted by supplier, message, sentence and signal. Tags outside the view are left out.

    Raises
    ------
    InputError
        If a column is missing or a signal is unknown.
    """
    missing = [name for name in _NEEDED if name not in tags.columns]
    alone = suppliers is not None and len(suppliers) == 1
    if missing or not (alone or "supplier" in tags.columns):
        lacking = ", ".join(missing) or "supplier"
        raise InputError(f"got tags without {lacking}, expected the columns of tags.parquet; add them")
    own = tags if "supplier" in tags.columns else tags.assign(supplier=next(iter(suppliers or ())))
    if suppliers is not None:
        own = own[own["supplier"].isin(list(suppliers))]
    unknown = own["signal"][~own["signal"].isin(list(weights))]
    if len(unknown):
        raise InputError(f"got signal {unknown.iloc[0]!r}, expected one of {', '.join(weights)}; map it first")
    lines = own.assign(units=in_millionths(own["probability"].to_numpy(dtype=np.float64)))
    lines = lines.merge(_places(evidence, threads, suppliers), on=["supplier", "message_id"], how="inner")
    lines = each_tag_once(lines, ["supplier", "message_id", "sentence", "signal"])
    thread = lines["thread"].to_numpy(dtype=np.int64)
    side_of = {signal.label: SIDES.index(signal.side) for signal in evidence.signals}
    side = lines["signal"].map(side_of).to_numpy(dtype=np.int64)
    weighted = lines["signal"].map(dict(weights)).to_numpy(dtype=np.float64) * lines["units"].to_numpy() / MILLION
    lines["side"] = side
    lines["mass"] = threads.kept[side, thread] * threads.saturation[thread] * lines["recency"].to_numpy() * weighted
    return lines.drop(columns="units")


def _places(evidence: Evidence, threads: Threads, suppliers: Collection[str] | None) -> pd.DataFrame:
    """Return supplier, message, thread and recency of the messages in the view."""
    names = np.array(threads.suppliers, dtype=object)
    wanted = np.ones(len(names), dtype=bool) if suppliers is None else np.isin(names, list(suppliers))
    owner = threads.supplier[threads.thread]
    used = wanted[owner]
    return pd.DataFrame(
        {
            "supplier": names[owner[used]],
            "message_id": evidence.facts["message_id"].take(threads.rows[used]).to_pandas(),
            "thread": threads.thread[used],
            "recency": threads.recency[used],
        }
    ).astype({"supplier": "str"})
