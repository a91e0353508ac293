"""Corrections laid over the tags of a run: the rows of the corrected messages, as they are to be."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from partnersignal.errors import InputError
from partnersignal.messages import Message, Party
from partnersignal.runs.corrections import ACTIONS, CORRECTIONS_FILE, Correction
from partnersignal.runs.sentences import find_sentences
from partnersignal.suppliers import SupplierDirectory


@dataclass(frozen=True)
class Corrected:
    """Tags and exposure with the corrections in them.

    Attributes
    ----------
    tags, exposure : pandas.DataFrame
        As in the run's tables.
    counts : dict of str to int
        Corrections by action, and those ``without_effect``: what they say was so already.
    """

    tags: pd.DataFrame
    exposure: pd.DataFrame
    counts: dict[str, int]


@dataclass(frozen=True)
class Changed:
    """The rows of the corrected messages, as they are to be.

    Attributes
    ----------
    messages : frozenset of str
        The corrected messages: their rows in the tables of the run are replaced by these.
    tags, exposure : pandas.DataFrame
        All rows of these messages.
    counts : dict of str to int
        As in `Corrected`.
    """

    messages: frozenset[str]
    tags: pd.DataFrame
    exposure: pd.DataFrame
    counts: dict[str, int]

    def table(self, name: str) -> pd.DataFrame:
        """Return the rows of one table.

        Parameters
        ----------
        name : str
            ``tags`` or ``exposure``.

        Returns
        -------
        pandas.DataFrame
            As in the run.
        """
        return {"tags": self.tags, "exposure": self.exposure}[name]


NO_CHANGE = Changed(frozenset(), pd.DataFrame(), pd.DataFrame(), dict.fromkeys([*ACTIONS, "without_effect"], 0))


def apply_corrections(
    corrections: Sequence[Correction],
    messages: pd.DataFrame,
    tags: pd.DataFrame,
    exposure: pd.DataFrame,
    suppliers: Collection[str],
) -> Changed:
    """Lay corrections over the tags of a run, in order; the tables of the run stay as they are.

    Parameters
    ----------
    corrections : sequence of Correction
        From `read_corrections`.
    messages, tags, exposure : pandas.DataFrame
        The rows of the corrected messages.
    suppliers : collection of str
        All names that may be moved to.

    Returns
    -------
    Changed
        An added tag has probability 1. Exposure follows: a sentence that is moved counts for its new supplier.

    Raises
    ------
    InputError
        If a correction names a message, sentence or supplier that there is not; the message names the line.
    """
    counts = dict.fromkeys([*ACTIONS, "without_effect"], 0)
    ids = {correction.message_id for correction in corrections}
    desk = _Desk(ids, messages, tags, exposure, frozenset(suppliers))
    for correction in corrections:
        desk.check(correction)
        done = {"strike": desk.strike, "add": desk.add, "move": desk.move}[correction.action](correction)
        counts[correction.action if done else "without_effect"] += 1
    return Changed(frozenset(ids), desk.tags_table(), desk.exposure_table(), counts)


class _Desk:
    """The tags and exposure of the corrected messages as plain rows; all others stay in their tables."""

    def __init__(
        self, ids: set[str], messages: pd.DataFrame, tags: pd.DataFrame, exposure: pd.DataFrame, suppliers: frozenset[str]
    ) -> None:
        own = _records(messages[messages["status"] != "duplicate"], ids)
        self._messages = {row["message_id"]: row for row in own}
        self._tags, self._exposure, self._suppliers = tags, exposure, suppliers
        self._rows: dict[str, list[dict[str, Any]]] = {key: [] for key in ids}
        self._shares: dict[str, dict[str, dict[str, Any]]] = {key: {} for key in ids}
        for row in _records(tags, ids):
            self._rows[row["message_id"]].append(row)
        for row in _records(exposure, ids):
            self._shares[row["message_id"]][row["supplier"]] = row

    def check(self, correction: Correction) -> None:
        place = f"{CORRECTIONS_FILE}, line {correction.line}"
        key = correction.message_id
        if key not in self._messages:
            raise InputError(f"{place}: got the message_id {key!r}, which is not in the run; expected one of messages.parquet")
        sentences = int(self._messages[key]["sentences"])
        if correction.sentence >= sentences:
            raise InputError(f"{place}: got sentence {correction.sentence}, expected 0 to {sentences - 1}, as the message has")
        if correction.supplier and correction.supplier not in self._suppliers:
            near = difflib.get_close_matches(correction.supplier, sorted(self._suppliers), 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise InputError(f"{place}: got the supplier {correction.supplier!r}, expected one of the supplier file{hint}")
        if correction.action == "add" and not correction.supplier and len(self._shares[key]) != 1:
            about = ", ".join(sorted(self._shares[key])) or "nobody"
            raise InputError(f"{place}: got no supplier, expected one: the message is about {about}")

    def strike(self, correction: Correction) -> bool:
        rows = self._rows[correction.message_id]
        kept = [row for row in rows if not (_meant(row, correction) and correction.supplier in ("", row["supplier"]))]
        self._rows[correction.message_id] = kept
        return len(kept) < len(rows)

    def add(self, correction: Correction) -> bool:
        rows = self._rows[correction.message_id]
        supplier = correction.supplier or next(iter(self._shares[correction.message_id]))
        same = [row for row in rows if _meant(row, correction) and row["supplier"] == supplier]
        if same:
            sure = all(row["probability"] == 1.0 for row in same)
            for row in same:
                row["probability"] = 1.0  # a reader confirmed it
            return not sure
        rows.append(self._new_tag(correction, supplier))
        self._grow(correction.message_id, supplier)
        return True

    def move(self, correction: Correction) -> bool:
        rows = [row for row in self._rows[correction.message_id] if row["sentence"] == correction.sentence]
        moved = [row for row in rows if _meant(row, correction) and row["supplier"] != correction.supplier]
        for old in {row["supplier"] for row in moved}:
            for row in moved:
                row["supplier"] = correction.supplier if row["supplier"] == old else row["supplier"]
            # The sentence goes along, unless another of its tags stays with the old supplier.
            share = self._shares[correction.message_id].get(old)
            if share is not None and not any(row["supplier"] == old for row in rows):
                share["sentences"] = max(share["sentences"] - 1, self._tagged(correction.message_id, old))
            target = self._share(correction.message_id, correction.supplier)
            target["sentences"] += 1
        self._rows[correction.message_id] = _each_once(self._rows[correction.message_id])
        return bool(moved)

    def tags_table(self) -> pd.DataFrame:
        rows = [row for key in self._rows for row in self._rows[key]]
        return _like(self._tags, rows)

    def exposure_table(self) -> pd.DataFrame:
        rows = [
            share for key in self._shares for share in self._shares[key].values() if share["sentences"] + share["ineligible"]
        ]
        return _like(self._exposure, rows)

    def _tagged(self, message_id: str, supplier: str) -> int:
        return len({row["sentence"] for row in self._rows[message_id] if row["supplier"] == supplier})

    def _grow(self, message_id: str, supplier: str) -> None:
        """Let every tagged sentence be an eligible one."""
        share = self._share(message_id, supplier)
        share["sentences"] = max(share["sentences"], self._tagged(message_id, supplier))

    def _share(self, message_id: str, supplier: str) -> dict[str, Any]:
        message = self._messages[message_id]
        fresh = {
            "supplier": supplier, "message_id": message_id, "thread_id": message["thread_id"], "date": message["date"],
            "bulk": message["bulk"], "voice": _voice(message), "sentences": 0, "ineligible": 0,
        }  # fmt: skip
        return self._shares[message_id].setdefault(supplier, fresh)

    def _new_tag(self, correction: Correction, supplier: str) -> dict[str, Any]:
        message = self._messages[correction.message_id]
        beside = next((row for row in self._rows[correction.message_id] if row["sentence"] == correction.sentence), None)
        place = beside or _place(message, correction.sentence)
        return {
            **{name: place[name] for name in ("start", "end", "text", "zone")},
            "message_id": correction.message_id, "sentence": correction.sentence, "supplier": supplier,
            "voice": beside["voice"] if beside else _voice(message), "signal": correction.signal, "probability": 1.0,
            "date": message["date"], "bulk": message["bulk"],
        }  # fmt: skip


def _meant(row: dict[str, Any], correction: Correction) -> bool:
    return row["sentence"] == correction.sentence and correction.signal in ("", row["signal"])


def _each_once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = {(row["sentence"], row["signal"], row["supplier"]): row for row in rows}
    return list(kept.values())


def _records(frame: pd.DataFrame, ids: set[str]) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in frame[frame["message_id"].isin(ids)].to_dict("records")]


def _voice(message: dict[str, Any]) -> str:
    return "third_person" if pd.isna(message["voice"]) else str(message["voice"])


def _place(message: dict[str, Any], number: int) -> dict[str, Any]:
    """Find a sentence in the stored text again; without the text, its place is unknown."""
    nowhere = {"start": 0, "end": 0, "text": "", "zone": "new"}
    if not message["text"]:
        return nowhere
    sender = Party.parse(message["sender"]) if isinstance(message["sender"], str) else None
    stored = Message(
        str(message["message_id"]), None, "missing", sender, (), "", str(message["text"]), kind=message["kind"]
    )  # fmt: skip
    sentences = find_sentences(stored, message["repeats"], message["orphans"], SupplierDirectory(())).sentences
    if len(sentences) != message["sentences"]:
        return nowhere
    found = sentences[number]
    return {"start": found.start, "end": found.end, "text": found.text, "zone": found.zone}


def _like(table: pd.DataFrame, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(table.columns)).astype(table.dtypes.to_dict()) if rows else table.head(0)
