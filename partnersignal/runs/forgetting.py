"""Deleting a person from a run: their mail, their address and their name."""

from __future__ import annotations

import csv
import hmac
import io
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from partnersignal.cleaning import find_zones
from partnersignal.errors import InputError
from partnersignal.messages import Party, Zone
from partnersignal.runs.corrections import CORRECTIONS_FILE
from partnersignal.runs.drafts import begin_draft, put_in_place
from partnersignal.runs.masks import mask, mask_words, name_words
from partnersignal.runs.pseudonyms import Pseudonyms, key_of_run
from partnersignal.runs.receipt import count_tables
from partnersignal.runs.run import Run
from partnersignal.runs.state import write_json, write_state
from partnersignal.runs.tables import SCAN_FILE, SCHEMAS, join_tables
from partnersignal.suppliers import SupplierDirectory


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What deleting a person changed.

    Attributes
    ----------
    messages : int
        Messages that the person sent, deleted with their tags.
    tags : int
        Tags deleted.
    recipient_of : int
        Messages of others from whose recipients the person was taken.
    mentioned_in : int
        Messages of others in whose text or subject words were hidden.
    index_changed : tuple of str
        Suppliers whose index moved.
    """

    messages: int
    tags: int
    recipient_of: int
    mentioned_in: int
    index_changed: tuple[str, ...]


def forget(run: Run, address: str, pseudonyms: Pseudonyms | None = None) -> Forgotten:
    """Delete a person from a run and write its index, evidence and report again.

    Their messages go, with tags and exposure; elsewhere the address and full name, what a quote gives as theirs, and in
    their threads the single words of their name are hidden, letter for letter, so that no offset moves. The prior stays.

    Parameters
    ----------
    run : Run
        Finished.
    address : str
        The person's address, or their pseudonym.
    pseudonyms : Pseudonyms, optional
        The key, where the run has pseudonyms and `address` is the address itself.

    Returns
    -------
    Forgotten
        What changed.

    Raises
    ------
    InputError
        If it is no address, or the run does not know it.
    RunError
        If the key is not that of the run.
    """
    wanted = address.strip().lower()
    if "@" not in wanted or " " in wanted:
        raise InputError(f"got {address!r}, expected an e-mail address")
    key = key_of_run(pseudonyms, run.state["settings"]["pseudonyms"])
    wanted = key.address(wanted) if key else wanted
    person = _find(run, wanted)
    if person is None and not _known(run, wanted):
        raise InputError(
            f"got {address}, which is no sender or recipient in the run {run.folder}; expected one of messages.parquet"
        )
    person = person or _Person(wanted, frozenset(), frozenset(), frozenset(), {})
    eraser = _Eraser(person)
    draft = begin_draft(run.folder)
    for name, schema in SCHEMAS.items():
        join_tables([run.folder / f"{name}.parquet"], draft / f"{name}.parquet", schema, getattr(eraser, name))
    scan = run.folder / SCAN_FILE
    join_tables([scan], draft / SCAN_FILE, pq.read_schema(scan), eraser.scan)
    _write_corrections(run.folder / CORRECTIONS_FILE, draft / CORRECTIONS_FILE, person, eraser)
    directory = _without_person(run.directory, wanted)
    salt = secrets.token_hex(16)
    marks = [*run.state.get("forgotten", ()), {"salt": salt, "digest": _salted(salt, wanted)}]
    state = eraser.plain(run.state | {"directory": directory.to_dict()})
    write_state(draft, state | {"forgotten": marks})
    receipt = eraser.plain(run.receipt)
    told = receipt.get("forgotten", {"people": 0, "messages": 0})
    told = {"people": told["people"] + 1, "messages": told["messages"] + eraser.counts["messages"]}
    receipt |= count_tables(draft, directory)
    receipt["messages"]["forgotten"] = told["messages"]
    write_json(draft / "receipt.json", receipt | {"forgotten": told})
    before = {result.score.supplier: result.index for result in run.index}
    changed = Run(draft)
    changed.write_outputs()
    after = {result.score.supplier: result.index for result in changed.index}
    put_in_place(run.folder)
    moved = tuple(sorted(name for name in before if after.get(name) != before[name]))
    found = eraser.counts
    return Forgotten(found["messages"], found["tags"], found["recipient_of"], found["mentioned_in"], moved)


def is_forgotten(state: Mapping[str, Any], addresses: Iterable[str]) -> tuple[str, ...]:
    """Find who of some people was deleted from a run before.

    Parameters
    ----------
    state : mapping
        Of the run; it keeps a salted digest of each address, not the address.
    addresses : iterable of str
        Lower-case addresses.

    Returns
    -------
    tuple of str
        Those, sorted.
    """
    entries = state.get("forgotten", ())
    return tuple(sorted(a for a in addresses if any(_salted(e["salt"], a) == e["digest"] for e in entries)))


def _salted(salt: str, address: str) -> str:
    return hmac.digest(bytes.fromhex(salt), address.encode("utf-8", "replace"), "sha256").hex()


@dataclass(frozen=True)
class _Person:
    address: str
    names: frozenset[str]
    threads: frozenset[str]
    messages: frozenset[str]
    renamed: dict[str, str]  # threads that were named by a message of theirs

    @property
    def words(self) -> frozenset[str]:
        return frozenset(word for name in self.names for word in name_words(name))

    @property
    def pattern(self) -> re.Pattern[str]:
        full = {name for name in self.names if len(name.split()) > 1}
        turned = {f"{name.split()[-1]}, {' '.join(name.split()[:-1])}" for name in full if "," not in name}
        names = [r"\s{1,4}".join(map(re.escape, name.split())) for name in sorted(full | turned, key=lambda n: (-len(n), n))]
        return re.compile(
            "|".join([rf"(?<![\w.+-]){re.escape(self.address)}(?![\w-])", *(rf"(?<!\w){n}(?!\w)" for n in names)]), re.I
        )

    def is_(self, party: Party | None) -> bool:
        return party is not None and (party.address == self.address or (not party.address and party.name in self.names))


def _find(run: Run, address: str) -> _Person | None:
    """Look the person up in the table of messages."""
    table = pd.read_parquet(
        run.folder / "messages.parquet", columns=["message_id", "thread_id", "date", "sender", "recipients"]
    )
    senders = [Party.parse(cell) for cell in table["sender"].fillna("")]
    recipients = [[Party.parse(each) for each in cell.split("; ")] for cell in table["recipients"].fillna("")]
    own = pd.Series([party.address == address for party in senders], table.index, dtype=bool)
    got = pd.Series([any(party.address == address for party in each) for each in recipients], table.index, dtype=bool)
    if not (own | got).any():
        return None
    parties = {*senders, *(party for each in recipients for party in each)}
    names = {party.name for party in parties if party.address == address and party.name}
    messages = frozenset(table["message_id"][own])
    rest = table[~own & table["thread_id"].isin(messages)].sort_values(
        ["date", "message_id"], na_position="last", kind="stable"
    )
    renamed = rest.groupby("thread_id")["message_id"].first().to_dict()
    threads = frozenset(table["thread_id"][own | got])
    return _Person(address, frozenset(names), threads, messages, {str(k): str(v) for k, v in renamed.items()})


def _known(run: Run, address: str) -> bool:
    directory = run.directory
    addresses = (*directory.our_addresses, *(a for s in directory.suppliers for a in (*s.addresses, *s.executives)))
    return address in addresses


class _Eraser:
    """Takes the person out of the tables of a run, the messages first: tags are cut from their hidden texts."""

    def __init__(self, person: _Person) -> None:
        self.counts: Counter[str] = Counter()
        self._person, self._pattern, self._words = person, person.pattern, person.words
        self._texts: dict[str, str] = {}

    def messages(self, frame: pd.DataFrame) -> pd.DataFrame:
        theirs = [self._person.is_(Party.parse(cell)) for cell in frame["sender"].fillna("")]
        kept = self._kept("messages", frame, pd.Series(theirs, frame.index, dtype=bool))
        own = kept["thread_id"].isin(self._person.threads)
        recipients = [self._others(cell) for cell in kept["recipients"].fillna("")]
        self.counts["recipient_of"] += sum(a != b for a, b in zip(recipients, kept["recipients"].fillna(""), strict=True))
        subjects = [self._hidden(text, inside) for text, inside in zip(kept["subject"].fillna(""), own, strict=True)]
        bodies = zip(kept["message_id"], kept["text"].fillna(""), kept["kind"] == "email", own, strict=True)
        texts = [self._body(*each) for each in bodies]
        changed = (pd.Series(subjects, kept.index) != kept["subject"].fillna("")) | (
            pd.Series(texts, kept.index) != kept["text"].fillna("")
        )
        self.counts["mentioned_in"] += int(changed.sum())
        return self._renamed(kept.assign(recipients=recipients, subject=subjects, text=texts))

    def tags(self, frame: pd.DataFrame) -> pd.DataFrame:
        kept = self._kept("tags", frame, frame["message_id"].isin(self._person.messages))
        places = zip(kept["message_id"], kept["start"], kept["end"], kept["text"], strict=True)
        return kept.assign(text=[self._texts[i][start:end] if i in self._texts else text for i, start, end, text in places])

    def exposure(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self._renamed(self._kept("exposure", frame, frame["message_id"].isin(self._person.messages)))

    def scan(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self._kept("scan", frame, frame["sender"] == self._person.address)

    def plain(self, data: Any) -> Any:
        """Hide the person in plain data."""
        if isinstance(data, dict):
            return {self.plain(key): self.plain(value) for key, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.plain(each) for each in data]
        return self._hidden(data, False) if isinstance(data, str) else data

    def _others(self, cell: str) -> str:
        return "; ".join(each for each in cell.split("; ") if not self._person.is_(Party.parse(each)))

    def _kept(self, name: str, frame: pd.DataFrame, gone: pd.Series) -> pd.DataFrame:
        self.counts[name] += int(gone.sum())
        return frame[~gone]

    def _renamed(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(thread_id=[self._person.renamed.get(thread, thread) for thread in frame["thread_id"]])

    def _hidden(self, text: str, own: bool) -> str:
        hidden = self._pattern.sub(lambda found: mask(found[0]), text)
        return mask_words(hidden, self._words.__contains__) if own else hidden

    def _body(self, message_id: str, text: str, mail: bool, own: bool) -> str:
        hidden = self._hidden(text, own)
        if mail and (own or hidden != text):
            for zone in find_zones(text):
                if self._quotes_them(zone, own):
                    hidden = hidden[: zone.start] + mask(hidden[zone.start : zone.end]) + hidden[zone.end :]
        if hidden != text:
            self._texts[message_id] = hidden
        return hidden

    def _quotes_them(self, zone: Zone, own: bool) -> bool:
        """Tell their words in somebody else's mail; in their threads, a quote of nobody knows whom may be theirs."""
        if zone.kind not in ("quoted", "forwarded"):
            return False
        return own if zone.author is None else self._person.is_(zone.author)


def _write_corrections(source: Path, target: Path, person: _Person, eraser: _Eraser) -> None:
    """Copy the corrections but for those of deleted messages; who corrected is hidden if it was the person."""
    if not source.is_file():
        return
    text = source.read_text(encoding="utf-8-sig")
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    kept = [row for row in rows if not set(row) & person.messages]
    with open(target, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([eraser.plain(row) for row in kept])


def _without_person(directory: SupplierDirectory, address: str) -> SupplierDirectory:
    def others(addresses: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in addresses if each != address)

    suppliers = (replace(s, addresses=others(s.addresses), executives=others(s.executives)) for s in directory.suppliers)
    return replace(directory, suppliers=tuple(suppliers), our_addresses=others(directory.our_addresses))
