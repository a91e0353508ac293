"""What is repeated over an export: quotes whose original is missing, and the boilerplate of senders."""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnersignal.conversations.words import Hashes, pack, unpack

# A paragraph is boilerplate where one sender has it in this many threads, beside as many different texts: two happen to
# people who forward their own mail or send it again; from three on, what repeats in Enron is footers (benchmarks/zones.md).
LEAST_REPEATS = 3
# A quote of which half is known is a copy of a message of the export; the rest was cut or wrapped otherwise.
_KNOWN_SHARE = 0.5


def note_repeats(rows: pd.DataFrame) -> pd.DataFrame:
    """Tell what each message must do about the hashes of the scan.

    Parameters
    ----------
    rows : pandas.DataFrame
        The plan's rows, with threads and duplicates.

    Returns
    -------
    pandas.DataFrame
        With `orphans` (hashes of quoted sentences that this message is the first to show and that nobody says in
        the export) and `boilerplate` (hashes of its paragraphs that its sender or its organisation repeats), both
        packed.
    """
    noted = rows.copy(deep=False)
    noted["orphans"] = _packed(_orphans(rows), len(rows))
    noted["boilerplate"] = _packed(_boilerplate(rows), len(rows))
    return noted


def _packed(pairs: pd.DataFrame, count: int) -> list[bytes]:
    """Gather hashes by row, sorted, packed."""
    packed = [b""] * count
    for row, hashes in pairs.sort_values(["row", "hash"]).groupby("row")["hash"]:
        packed[int(str(row))] = pack(hashes)
    return packed


def _unnested(column: pd.Series) -> tuple[Hashes, Hashes]:
    """Return the row and the hash of every packed hash of a column."""
    hashes = unpack(b"".join(column))
    return np.repeat(np.arange(len(column)), [len(each) // 8 for each in column]), hashes


def _orphans(rows: pd.DataFrame) -> pd.DataFrame:
    said = np.unique(unpack(b"".join(rows["said"])))
    row, hashes = _unnested(rows["quoted"])
    stretch = _unnested(rows["stretches"])[1]
    pairs = pd.DataFrame({"row": row, "stretch": stretch, "hash": hashes, "known": np.isin(hashes, said)})
    able = (rows["kind"] == "email").to_numpy() & ~rows["duplicate"].to_numpy(dtype=bool)
    pairs = pairs[able[pairs["row"].to_numpy()]]
    share = pairs.groupby(["row", "stretch"])["known"].transform("mean")
    pairs = pairs[~pairs["known"] & (share < _KNOWN_SHARE)]
    # The earliest message that shows a sentence has it; its place in the export does not matter.
    order = rows.reset_index(drop=True).sort_values(["date", "message_id"], na_position="last", kind="stable").index
    rank = np.empty(len(rows), dtype=np.int64)
    rank[order.to_numpy()] = np.arange(len(rows))
    first = pairs.assign(rank=rank[pairs["row"].to_numpy()]).sort_values("rank", kind="stable")
    kept: pd.DataFrame = first.drop_duplicates("hash")[["row", "hash"]]
    return kept


def _boilerplate(rows: pd.DataFrame) -> pd.DataFrame:
    row, hashes = _unnested(rows["blocks"])
    taken = {name: rows[name].to_numpy(dtype=object)[row] for name in ("sender", "thread_id", "said")}
    pairs = pd.DataFrame({"row": row, "hash": hashes, "sender": taken["sender"], "thread": taken["thread_id"]})
    # Two copies of one letter have the same words throughout: they make nothing boilerplate.
    pairs["text"] = pd.factorize(taken["said"])[0]
    pairs = pairs[(pairs["sender"] != "") & ~rows["duplicate"].to_numpy(dtype=bool)[row]]
    pairs["domain"] = [sender.rpartition("@")[2] for sender in pairs["sender"]]
    repeated = _often(pairs, "sender", ["thread", "text"]) | _often(pairs, "domain", ["thread", "text", "sender"])
    return pairs.loc[repeated, ["row", "hash"]].drop_duplicates()


def _often(pairs: pd.DataFrame, by: str, different: list[str]) -> pd.Series:
    """Tell which blocks one sender or organisation has in enough different threads, texts and so on."""
    groups = pairs.groupby([by, "hash"])
    often = pd.Series(True, index=pairs.index)
    for name in different:
        often &= groups[name].transform("nunique") >= LEAST_REPEATS
    return often
