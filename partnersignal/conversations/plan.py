"""What only the whole export shows: threads, duplicates, missing originals, boilerplate, the last plausible date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from partnersignal.conversations.repeats import note_repeats
from partnersignal.conversations.scan import PACKED, scan_messages

_STRAY_GAP = timedelta(days=366)
_STRAY_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Plan:
    """What the second pass must know of the whole export.

    Attributes
    ----------
    rows : pandas.DataFrame
        A row a message in order of shard and position: the scan's columns with `shard`, `thread_id`,
        `duplicate` (True for every copy but the first), and the hashes that `note_repeats` gives.
    last_date : datetime or None
        Last plausible date; None where no message has one.
    """

    rows: pd.DataFrame
    last_date: datetime | None

    def of_shard(self, shard: int) -> pd.DataFrame:
        """Return the rows of one shard.

        Parameters
        ----------
        shard : int
            Its number.

        Returns
        -------
        pandas.DataFrame
            In order of position, without the hashes of the scan.
        """
        return self.rows[self.rows["shard"] == shard].drop(columns=list(PACKED))


def make_plan(scans: Iterable[pd.DataFrame]) -> Plan:
    """Join the scans of all shards.

    Parameters
    ----------
    scans : iterable of pandas.DataFrame
        From `scan_messages`, in order of the shards.

    Returns
    -------
    Plan
        The same for the same messages, however they were cut into shards.
    """
    numbered = [scan.assign(shard=number) for number, scan in enumerate(scans)]
    rows = pd.concat(numbered or [scan_messages([]).assign(shard=0)], ignore_index=True)
    readable = rows["unreadable"] == ""
    rows["duplicate"] = False
    rows["thread_id"] = ""
    messages = rows[readable]
    rows.loc[readable, "duplicate"] = _duplicates(messages)
    rows.loc[readable, "thread_id"] = _threads(messages)
    return Plan(note_repeats(rows), _last_plausible(messages["date"]))


def _duplicates(messages: pd.DataFrame) -> np.ndarray:
    """Mark copies: the same Message-ID, or the same words by the same sender in the same minute."""
    same_id = messages["message_id"].duplicated()
    content = messages["content"]
    same_content = content.duplicated() & (content != "")
    return np.asarray(same_id | same_content)


def _threads(messages: pd.DataFrame) -> np.ndarray:
    """Join messages that answer each other; a thread is named by its earliest message."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        path = []
        while parent.setdefault(node, node) != node:
            path.append(node)
            node = parent[node]
        for each in path:
            parent[each] = node
        return node

    columns = (messages[name] for name in ("message_id", "in_reply_to", "references", "given_thread"))
    for message_id, answered, references, given in zip(*columns, strict=True):
        node = root(message_id)
        links = [answered, *references.split(), f"thread:{given}" if given else ""]
        for link in links:
            if link:
                other = root(link)
                # The smaller name wins, so that the order of messages does not matter.
                low, high = sorted((node, other))
                parent[high] = low
                node = low
    roots = messages["message_id"].map(root)
    order = messages.assign(root=roots).sort_values(["date", "message_id"], na_position="last", kind="stable")
    first = order.groupby("root", sort=False)["message_id"].first()
    return roots.map(first).to_numpy(dtype=object)


def _last_plausible(dates: pd.Series) -> datetime | None:
    """Return the last date that is no stray: a few messages dated a year beyond all others have a wrong clock."""
    known = np.sort(dates.dropna().to_numpy(dtype="datetime64[us]"))
    if not len(known):
        return None
    strays = int(len(known) * _STRAY_SHARE)
    tail = known[len(known) - 1 - strays :]
    jumps = np.nonzero(np.diff(tail) > np.timedelta64(_STRAY_GAP))[0]
    last = tail[jumps[0]] if len(jumps) else tail[-1]
    moment: datetime = last.astype("datetime64[us]").item()
    return moment.replace(tzinfo=UTC)
