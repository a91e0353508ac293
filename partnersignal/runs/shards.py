"""What one worker does with one shard: scan it, or tag it given the plan. Both leave files, whole or not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from partnersignal.cleaning import (
    language,
    latin_script,
    message_words,
    quoted_sentences,
    split_sentences,
    without_boilerplate,
    zoned,
)  # fmt: skip
from partnersignal.conversations import scan_messages
from partnersignal.conversations.scan import PACKED
from partnersignal.conversations.words import unpack, word_hash
from partnersignal.messages import Message, Sentence, Unreadable
from partnersignal.reading import Shard, read_shard
from partnersignal.runs.tables import SCHEMAS, write_table
from partnersignal.suppliers import Attribution, SupplierDirectory, attribute
from partnersignal.tagging import Tagger, load

_BATCH = 256  # messages whose sentences are scored together


@dataclass(frozen=True)
class TagJob:
    """What tagging needs besides shard and plan.

    Attributes
    ----------
    model : str
        Folder of the model, or a shipped name.
    directory : SupplierDirectory
        Who is who.
    since, until : datetime or None
        Messages outside are counted, not tagged.
    count_bulk : bool
        Whether bulk mail is tagged.
    quotes : bool
        Whether texts are written.
    columns : tuple of (str, str)
        Field to column of tables.
    """

    model: str
    directory: SupplierDirectory
    since: datetime | None
    until: datetime | None
    count_bulk: bool
    quotes: bool
    columns: tuple[tuple[str, str], ...] = ()


def scan_path(work: Path, number: int) -> Path:
    """Return where a shard's scan lies.

    Parameters
    ----------
    work : pathlib.Path
        The run's work folder.
    number : int
        The shard's.

    Returns
    -------
    pathlib.Path
        A Parquet file.
    """
    return work / f"scan-{number:06d}.parquet"


def part_path(work: Path, table: str, number: int) -> Path:
    """Return where a shard's part of a table lies.

    Parameters
    ----------
    work : pathlib.Path
        The run's work folder.
    table : str
        ``messages``, ``tags`` or ``exposure``.
    number : int
        The shard's.

    Returns
    -------
    pathlib.Path
        A Parquet file.
    """
    return work / f"{table}-{number:06d}.parquet"


def scan_shard(shard: Shard, number: int, work: Path, columns: tuple[tuple[str, str], ...]) -> int:
    """First pass over one shard.

    Parameters
    ----------
    shard : Shard
        What to read.
    number : int
        Its number.
    work : pathlib.Path
        Where to leave the scan.
    columns : tuple of (str, str)
        Field to column of tables.

    Returns
    -------
    int
        1: one shard done.
    """
    scan = scan_messages(read_shard(shard, dict(columns)), message_words)
    write_table(pa.Table.from_pandas(scan, preserve_index=False), scan_path(work, number))
    return 1


def read_scan(work: Path, number: int) -> pd.DataFrame:
    """Read a scan back.

    Parameters
    ----------
    work : pathlib.Path
        The run's work folder.
    number : int
        The shard's.

    Returns
    -------
    pandas.DataFrame
        As `scan_messages` gave it.
    """
    table: pd.DataFrame = pq.read_table(scan_path(work, number)).to_pandas()
    text = table.columns.difference(["position", "date", "bulk", *PACKED])
    table[text] = table[text].astype(object).where(table[text].notna(), "")
    table["date"] = pd.to_datetime(table["date"], utc=True).astype("datetime64[us, UTC]")
    return table


def tag_shard(shard: Shard, number: int, plan: pd.DataFrame, work: Path, job: TagJob) -> int:
    """Second pass over one shard.

    Parameters
    ----------
    shard : Shard
        What to read.
    number : int
        Its number.
    plan : pandas.DataFrame
        The plan's rows of this shard.
    work : pathlib.Path
        Where to leave the parts of the tables; ``messages`` last, as the sign that all are there.
    job : TagJob
        How to tag.

    Returns
    -------
    int
        Items in the shard.
    """
    tagger = _tagger(job.model)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    facts = ({str(key): value for key, value in fact.items()} for fact in plan.to_dict("records"))
    items = zip(read_shard(shard, dict(job.columns)), facts, strict=True)
    pairs = ((item, fact) for item, fact in items if not isinstance(item, Unreadable))
    while batch := list(islice(pairs, _BATCH)):
        _tag_batch(batch, tagger, job, rows)
    for name in ("tags", "exposure", "messages"):
        write_table(rows[name], part_path(work, name, number), SCHEMAS[name])
    return len(plan)


@cache
def _tagger(model: str) -> Tagger:
    # One a worker process: loading takes longer than tagging a shard.
    return load(model)


@dataclass(frozen=True)
class _Prepared:
    """A message with what may be tagged in it: its own sentences, then those it is the first to quote."""

    message: Message
    fact: dict[str, Any]
    status: str
    sentences: tuple[Sentence, ...] = ()
    owners: tuple[Attribution | None, ...] = ()
    words: tuple[str, ...] = ()  # the sentences without the marks of quotes
    quoted: int = 0
    language: str | None = None
    known_language: bool = True

    def readable(self, place: int) -> bool:
        """Return whether a sentence is in a language and a script that the model knows."""
        return self.known_language and latin_script(self.words[place])

    def taggable(self) -> Iterator[tuple[Sentence, Attribution, str, str]]:
        """Yield the sentences to tag, each with its words and those before it."""
        previous = ""
        own = len(self.sentences) - self.quoted
        for place, (sentence, owner) in enumerate(zip(self.sentences, self.owners, strict=True)):
            # What a quote shows first was said elsewhere: it goes on from nothing.
            previous = previous if place != own else ""
            if owner is not None and self.readable(place):
                yield sentence, owner, self.words[place], previous
            previous = self.words[place]


def _tag_batch(
    batch: Sequence[tuple[Message, dict[str, Any]]], tagger: Tagger, job: TagJob, rows: dict[str, list[dict[str, Any]]]
) -> None:
    prepared = [_prepare(message, fact, job, tagger.config.languages) for message, fact in batch]
    wanted = [(item, *each) for item in prepared for each in item.taggable()]
    probabilities = tagger.predict_proba(
        [words for _, _, _, words, _ in wanted],
        [owner.voice for _, _, owner, _, _ in wanted],
        [previous for *_, previous in wanted],
    )
    decided = tagger.decide([sentence for _, sentence, _, _, _ in wanted], probabilities)
    for (item, sentence, owner, _, _), tags in zip(wanted, decided, strict=True):
        for tag in tags:
            rows["tags"].append(
                {
                    "message_id": item.message.message_id, "sentence": tag.sentence, "start": tag.start, "end": tag.end,
                    "text": tag.text if job.quotes else "", "supplier": owner.supplier, "voice": owner.voice,
                    "zone": sentence.zone, "signal": tag.signal, "probability": tag.probability,
                    "date": item.message.date, "bulk": bool(item.fact["bulk"]),
                }
            )  # fmt: skip
    for item in prepared:
        rows["messages"].append(_message_row(item, job))
        rows["exposure"] += _exposure_rows(item)


def _prepare(message: Message, fact: dict[str, Any], job: TagJob, languages: Sequence[str]) -> _Prepared:
    """Decide what becomes of a message; every message gets exactly one status."""
    kind = fact["kind"]
    if fact["duplicate"]:
        return _Prepared(message, fact, "duplicate")
    if kind in ("auto_reply", "bounce", "calendar"):
        return _Prepared(message, fact, kind)
    if _outside(message, job):
        return _Prepared(message, fact, "outside_dates")
    if fact["bulk"] and not job.count_bulk:
        return _Prepared(message, fact, "bulk_excluded")
    clean = without_boilerplate(zoned(message), frozenset(unpack(fact["boilerplate"]).tolist()))
    own = split_sentences(clean.text, clean.zones or ())
    orphans = _orphans(clean, fact, job.directory, len(own))
    if not own and not orphans:
        return _Prepared(clean, fact, "no_new_text")
    sentences = (*own, *(sentence for sentence, _, _ in orphans))
    owners = (*attribute(clean, own, job.directory), *(owner for _, owner, _ in orphans))
    words = (*(sentence.text for sentence in own), *(text for _, _, text in orphans))
    spoken = language(" ".join(words))
    status = "tagged" if any(owners) else "unattributed"
    known = spoken is None or spoken in languages
    return _Prepared(clean, fact, status, sentences, owners, words, len(orphans), spoken, known)


def _orphans(
    message: Message, fact: dict[str, Any], directory: SupplierDirectory, first: int
) -> list[tuple[Sentence, Attribution | None, str]]:
    """Find the quoted sentences that the export shows here first, and only in quotes, with whose they are."""
    waiting = set(unpack(fact["orphans"]).tolist())
    found: list[tuple[Sentence, Attribution | None, str]] = []
    for quoted in quoted_sentences(message) if waiting else ():
        known = word_hash(quoted.words)
        if known not in waiting:
            continue
        waiting.discard(known)
        everyone = (message.sender, *message.recipients)
        others = tuple(party for party in everyone if party is not None and party.address != quoted.author.address)
        said = replace(message, sender=quoted.author, recipients=others)
        owner = attribute(said, [quoted.sentence], directory)[0]
        found.append((replace(quoted.sentence, number=first + len(found)), owner, quoted.words))
    return found


def _outside(message: Message, job: TagJob) -> bool:
    if job.since is None and job.until is None:
        return False
    if message.date is None:
        return True  # an undated message belongs to no window
    return bool((job.since is not None and message.date < job.since) or (job.until is not None and message.date >= job.until))


def _message_row(item: _Prepared, job: TagJob) -> dict[str, Any]:
    message, fact = item.message, item.fact
    owners = {owner for owner in item.owners if owner is not None}
    suppliers, voices = {owner.supplier for owner in owners}, {owner.voice for owner in owners}
    keep = job.quotes and item.status != "duplicate"
    return {
        "message_id": message.message_id, "thread_id": fact["thread_id"], "date": message.date,
        "date_quality": message.date_quality, "sender": str(message.sender) if message.sender else None,
        "recipients": "; ".join(str(party) for party in message.recipients), "subject": message.subject,
        "kind": fact["kind"], "bulk": bool(fact["bulk"]),
        "supplier": next(iter(suppliers)) if len(suppliers) == 1 else None,
        "voice": next(iter(voices)) if len(voices) == 1 else None,
        "sentences": len(item.sentences), "quoted": item.quoted, "boilerplate": _boilerplate(message),
        "language": item.language, "status": item.status, "replaced": message.replaced,
        "source": message.source, "text": message.text if keep else "",
    }  # fmt: skip


def _boilerplate(message: Message) -> int:
    return sum(zone.kind == "boilerplate" for zone in message.zones or ())


def _exposure_rows(item: _Prepared) -> list[dict[str, Any]]:
    counted: dict[str, list[int]] = {}
    voices: dict[str, set[str]] = {}
    for place, owner in enumerate(item.owners):
        if owner is not None:
            counted.setdefault(owner.supplier, [0, 0])[0 if item.readable(place) else 1] += 1
            voices.setdefault(owner.supplier, set()).add(owner.voice)
    return [
        {
            "supplier": supplier, "message_id": item.message.message_id, "thread_id": item.fact["thread_id"],
            "date": item.message.date, "bulk": bool(item.fact["bulk"]),
            "voice": min(voices[supplier]) if len(voices[supplier]) == 1 else "mixed",
            "sentences": eligible, "ineligible": ineligible,
        }
        for supplier, (eligible, ineligible) in counted.items()
    ]  # fmt: skip
