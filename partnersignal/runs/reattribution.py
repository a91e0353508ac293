"""Another supplier file for a finished run: tags change hands without being made again, where the voice stays."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from partnersignal.cleaning import latin_script
from partnersignal.messages import Party
from partnersignal.runs.drafts import begin_draft, put_in_place
from partnersignal.runs.prepared import count_exposure
from partnersignal.runs.pseudonyms import Pseudonyms, key_of_run
from partnersignal.runs.receipt import count_tables
from partnersignal.runs.run import Run
from partnersignal.runs.sentences import Found, find_sentences, surroundings_of, the_only
from partnersignal.runs.settings import hash_files
from partnersignal.runs.state import write_json, write_state
from partnersignal.runs.stored import stored_message, text_or_none
from partnersignal.runs.tables import SCAN_FILE, SCHEMAS, join_tables, write_table
from partnersignal.suppliers import Attribution, SupplierDirectory, load_directory
from partnersignal.tagging.folder import load_config
from partnersignal.tagging.tagger import find_model

_LISTED = 1_000  # message ids named one by one


@dataclass(frozen=True, slots=True)
class Reattributed:
    """What another supplier file changed.

    Attributes
    ----------
    run : Run
        With the new attribution.
    moved, dropped : int
        Tags that changed hands; tags that are nobody's now, or of another voice.
    needs_scoring : tuple of str
        Messages with sentences that the new file attributes for the first time or in another voice: only a new scoring
        tags them. Until then they count for nobody.
        Also those of which one supplier has other sentences than before, where the model hears one from the other.
    unchecked : int
        Messages whose text the run does not keep: their tags went along with the supplier's addresses, and what the new
        file would attribute for the first time cannot be seen.
    """

    run: Run
    moved: int
    dropped: int
    needs_scoring: tuple[str, ...]
    unchecked: int


def reattribute(run: Run, suppliers: str | os.PathLike[str], pseudonyms: Pseudonyms | None = None) -> Reattributed:
    """Attribute a finished run by another supplier file and write its index, evidence and report again.

    Parameters
    ----------
    run : Run
        Finished.
    suppliers : path
        The new supplier file.
    pseudonyms : Pseudonyms, optional
        The key, where the run has pseudonyms and the file names single addresses or executives.

    Returns
    -------
    Reattributed
        What changed. The prior stays.

    Raises
    ------
    InputError
        If the file cannot be used.
    RunError
        If the key is not that of the run.
    """
    directory = load_directory(suppliers, run.state["settings"]["ours"])
    key = key_of_run(pseudonyms, run.state["settings"]["pseudonyms"])
    directory = key.directory(directory) if key else directory
    model = load_config(find_model(run.state["model"]))
    ledger = _Ledger(run.directory, directory, model.languages, bool(np.any(model.calibration.surroundings)))
    draft = begin_draft(run.folder)
    tables = {name: run.folder / f"{name}.parquet" for name in SCHEMAS}
    join_tables([tables["messages"]], draft / "messages.parquet", SCHEMAS["messages"], ledger.messages)
    join_tables([tables["tags"]], draft / "tags.parquet", SCHEMAS["tags"], ledger.tags)
    exposure = ledger.exposure(pd.read_parquet(tables["exposure"]))
    write_table(pa.Table.from_pandas(exposure, SCHEMAS["exposure"], preserve_index=False), draft / "exposure.parquet")
    scan = run.folder / SCAN_FILE
    join_tables([scan], draft / SCAN_FILE, pq.read_schema(scan))
    settings = run.state["settings"]
    if not ledger.needs_scoring and not ledger.unchecked:
        # The tables are those of scoring with this file.
        settings = settings | {"suppliers": hash_files([Path(suppliers)], contents=True)}
    write_state(draft, run.state | {"directory": directory.to_dict(), "settings": settings})
    waiting = tuple(ledger.needs_scoring)
    told = {
        "tags_moved": ledger.moved, "tags_dropped": ledger.dropped, "messages_not_checked": ledger.unchecked,
        "needs_scoring": {"count": len(waiting), "messages": list(waiting[:_LISTED])},
    }  # fmt: skip
    forgotten = run.receipt["messages"].get("forgotten")
    receipt = run.receipt | count_tables(draft, directory) | {"reattributed": told}
    if forgotten is not None:
        receipt["messages"]["forgotten"] = forgotten
    write_json(draft / "receipt.json", receipt)
    Run(draft).write_outputs()
    put_in_place(run.folder)
    return Reattributed(Run(run.folder), ledger.moved, ledger.dropped, waiting, ledger.unchecked)


@dataclass
class _Ledger:
    """Goes through the tables of a run, the messages first, and notes what becomes of each sentence."""

    old: SupplierDirectory
    new: SupplierDirectory
    languages: tuple[str, ...]
    hears: bool  # whether the model judges a sentence by the others of its message, too
    moved: int = 0
    dropped: int = 0
    needs_scoring: dict[str, None] = field(default_factory=dict)
    # Of messages that change: whose each sentence is, and their exposure.
    owners: dict[str, tuple[Attribution | None, ...]] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    by_name: set[str] = field(default_factory=set)  # messages without a text

    @property
    def unchecked(self) -> int:
        return len(self.by_name)

    @cached_property
    def renamed(self) -> dict[str, str | None]:
        """Return who has the addresses, or else the names, of each old supplier now; None for nobody or several."""
        found = {}
        for supplier in self.old.suppliers:
            addresses = [*supplier.addresses, *(f"x@{domain}" for domain in supplier.domains)]
            owners = {self.new.owner(Party("", each)) for each in addresses}
            owners = owners or {owner for name in (supplier.name, *supplier.aliases) for owner in self.new.mentions(name)}
            only = next(iter(owners)) if len(owners) == 1 else None
            found[supplier.name] = self.new.suppliers[only].name if isinstance(only, int) else None
        return found

    def messages(self, frame: pd.DataFrame) -> pd.DataFrame:
        found: list[tuple[str | None, ...]] = []
        row: Any
        for row in frame.itertuples(index=False):
            found.append((text_or_none(row.supplier), text_or_none(row.voice), text_or_none(row.status)))
            if row.status not in ("tagged", "unattributed"):
                continue
            message = stored_message(row)
            before = find_sentences(message, row.repeats, row.orphans, self.old)
            if len(before.sentences) != row.sentences:
                self.by_name.add(message.message_id)
                if found[-1][0] is not None:
                    found[-1] = (self.renamed.get(found[-1][0]), *found[-1][1:])
            else:
                found[-1] = self._attribute(before, row) or found[-1]
        columns = ("supplier", "voice", "status")
        return frame.assign(**{n: pd.Series([f[i] for f in found], frame.index, "str") for i, n in enumerate(columns)})

    def _attribute(self, found: Found, row: Any) -> tuple[str | None, str | None, str] | None:
        message, sentences, before = found.message, found.sentences, found.owners
        after = find_sentences(message, row.repeats, row.orphans, self.new).owners
        if before == after:
            return None
        kept = tuple(
            a if a is not None and b is not None and a.voice == b.voice else None for b, a in zip(before, after, strict=True)
        )
        new = [a is not None and k is None and latin_script(s.text) for a, k, s in zip(after, kept, sentences, strict=True)]
        parted = self.hears and surroundings_of(before, found.quoted) != surroundings_of(after, found.quoted)
        if any(new) or parted:
            self.needs_scoring[message.message_id] = None
        self.owners[message.message_id] = kept
        known = text_or_none(row.language) is None or row.language in self.languages
        self.rows[message.message_id] = count_exposure(message, row.thread_id, bool(row.bulk), sentences, kept, known)
        return *the_only(kept), "tagged" if any(kept) else "unattributed"

    def tags(self, frame: pd.DataFrame) -> pd.DataFrame:
        suppliers = [
            self._owner_of_tag(*each) for each in zip(frame["message_id"], frame["sentence"], frame["supplier"], strict=True)
        ]
        gone = [supplier is None for supplier in suppliers]
        self.dropped += sum(gone)
        self.moved += sum(new is not None and new != old for new, old in zip(suppliers, frame["supplier"], strict=True))
        return frame.assign(supplier=pd.Series(suppliers, frame.index, "str"))[[not each for each in gone]]

    def _owner_of_tag(self, message_id: str, sentence: int, supplier: str) -> str | None:
        if message_id in self.by_name:
            return self.renamed.get(supplier)
        if message_id not in self.owners:
            return supplier
        owner = self.owners[message_id][sentence]
        return owner.supplier if owner else None

    def exposure(self, frame: pd.DataFrame) -> pd.DataFrame:
        order = {message_id: place for place, message_id in reversed(list(enumerate(frame["message_id"])))}
        named = frame["message_id"].isin(self.by_name)
        renamed = frame[named].assign(supplier=frame["supplier"][named].map(self.renamed)).dropna(subset=["supplier"])
        counts = {"sentences": "sum", "ineligible": "sum"}
        same = ["supplier", "message_id"]
        merged = renamed.groupby(same, sort=False, as_index=False).agg(
            {name: counts.get(name, "first") for name in frame.columns if name not in same}
        )
        fresh = pd.DataFrame([row for rows in self.rows.values() for row in rows], columns=frame.columns).astype(
            frame.dtypes.to_dict()
        )
        table = pd.concat([frame[~named & ~frame["message_id"].isin(list(self.rows))], merged[frame.columns], fresh])
        return table.iloc[table["message_id"].map(order).argsort(kind="stable")]
