"""What one worker does with one shard: scan it, or tag it given the plan. Both leave files, whole or not there."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from partnersignal.cleaning import language, message_words, own_sentences, zoned
from partnersignal.conversations import SCAN, scan_messages
from partnersignal.conversations.words import Words
from partnersignal.messages import Message, Sentence, Unreadable
from partnersignal.reading import Shard, read_shard
from partnersignal.runs.limits import TimeLimit, TookTooLong, each_in_time, watching
from partnersignal.runs.parts import mark_done, part_path, read_plan
from partnersignal.runs.prepared import Prepared, exposure_rows, message_row
from partnersignal.runs.sentences import find_sentences
from partnersignal.runs.tables import SCHEMAS, TableWriter, writing_table
from partnersignal.runs.zones import ZONES, read_zones, with_zones, zone_row
from partnersignal.suppliers import Attribution, SupplierDirectory
from partnersignal.tagging import Tagger, load

_BATCH = 256  # messages whose sentences are scored together, unless they are long
_BATCH_CHARACTERS = 2_000_000
_SENTENCES = 4_096  # scored at a time, unless one message has more
_Pair = tuple[Message | Unreadable, dict[str, Any]]


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
    _settle()
    count = 0
    with watching() as limit, _writing(work, number, {"scan": SCAN, "zones": ZONES}) as tables:
        items = each_in_time(read_shard(shard, dict(columns)), limit)
        while batch := list(islice(items, _BATCH)):
            clean = [_cut_in_time(item, limit) if isinstance(item, Message) else item for item in batch]
            tables["scan"].add(scan_messages(clean, partial(_words_in_time, limit=limit)))
            tables["zones"].add(list(map(zone_row, clean)))
            count += len(batch)
    mark_done(work, "scan", number, count, tables)
    return 1


def tag_shard(shard: Shard, number: int, work: Path, job: TagJob) -> int:
    """Second pass over one shard.

    Parameters
    ----------
    shard : Shard
        What to read.
    number : int
        Its number.
    work : pathlib.Path
        Where its plan lies, and where to leave the parts of the tables.
    job : TagJob
        How to tag.

    Returns
    -------
    int
        Items in the shard.
    """
    _settle()
    tagger = _tagger(job.model)
    facts = read_plan(work, number)
    with watching() as limit, _writing(work, number, SCHEMAS) as tables:
        read = each_in_time(read_shard(shard, dict(job.columns)), limit)
        items = zip(read, facts, read_zones(part_path(work, "zones", number)), strict=True)
        for batch in _batches(_zoned_pair(*each) for each in items if not each[1]["unreadable"]):
            for name, rows in _tag_batch(batch, tagger, job, limit).items():
                tables[name].add(rows)
    mark_done(work, "tag", number, len(facts), SCHEMAS)
    return len(facts)


@contextmanager
def _writing(work: Path, number: int, schemas: Mapping[str, pa.Schema]) -> Iterator[dict[str, TableWriter]]:
    """Write a shard's parts of some tables; their checksums are written last, so nobody waits for the disk."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(writing_table(part_path(work, name, number), schema, lasting=False))
            for name, schema in schemas.items()
        }


def _cut_in_time(message: Message, limit: TimeLimit) -> Message | Unreadable:
    try:
        with limit:
            clean = zoned(message)
    except TookTooLong as error:
        return Unreadable(message.source, str(error))
    try:
        with limit:
            return replace(clean, sentences=own_sentences(clean))
    except TookTooLong:
        return clean  # the second pass tries again, and says so


def _words_in_time(message: Message, limit: TimeLimit) -> Words:
    try:
        with limit:
            return message_words(message)
    except TookTooLong:
        return Words()  # it is scored, or passed over, all the same; only nobody is known to repeat it


def _zoned_pair(item: Message | Unreadable, fact: dict[str, Any], found: tuple[str, str]) -> _Pair:
    return (with_zones(item, *found) if isinstance(item, Message) else item), fact


@cache
def _tagger(model: str) -> Tagger:
    return load(model)  # one a worker process: loading takes longer than tagging a shard


@cache
def _settle() -> None:
    """Set up a worker process, once; in the process of who calls us nothing is touched."""
    if "LOKY_WORKER" in os.environ or multiprocessing.parent_process() is not None:
        # A run has a process for each core; tokenizers would start as many threads in every one of them.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # Messages die young and hold no circles; looking for them all the time took 7 % of a run.
        gc.set_threshold(20_000, 50, 100)
        pa.set_memory_pool(pa.system_memory_pool())  # see `partnersignal.memory.lean`


def _batches(pairs: Iterable[_Pair]) -> Iterator[list[_Pair]]:
    """Yield messages to score together: few enough to hold, however long they are."""
    batch: list[_Pair] = []
    characters = 0
    for pair in pairs:
        batch.append(pair)
        characters += len(pair[0].text) if isinstance(pair[0], Message) else 0
        if len(batch) >= _BATCH or characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _tag_batch(batch: Sequence[_Pair], tagger: Tagger, job: TagJob, limit: TimeLimit) -> dict[str, list[dict[str, Any]]]:
    prepared = [_prepare(item, fact, job, tagger.config.languages, limit) for item, fact in batch]
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    for wanted in _together(prepared):
        rows["tags"] += _tag_rows(wanted, tagger, job)
    for item in prepared:
        rows["messages"].append(message_row(item, job.quotes))
        rows["exposure"] += exposure_rows(item)
    return rows


_Wanted = tuple[Prepared, int, Sentence, Attribution, str, str]


def _together(prepared: Iterable[Prepared]) -> Iterator[list[_Wanted]]:
    """Yield the sentences to score together, with the number of their surroundings: of whole messages, as many as fit."""
    batch: list[_Wanted] = []
    numbered = 0
    for item in prepared:
        found = [
            (item, numbered + number, sentence, owner, words, before)
            for number, sentence, owner, words, before in item.taggable()
        ]
        numbered += len(item.sentences)
        if batch and len(batch) + len(found) > _SENTENCES:
            yield batch
            batch = []
        batch += found
    if batch:
        yield batch


def _tag_rows(wanted: Sequence[_Wanted], tagger: Tagger, job: TagJob) -> Iterator[dict[str, Any]]:
    probabilities = tagger.predict_proba(
        [words for *_, words, _ in wanted],
        [owner.voice for _, _, _, owner, _, _ in wanted],
        [previous for *_, previous in wanted],
        [number for _, number, *_ in wanted],
    )
    decided = tagger.decide([sentence for _, _, sentence, *_ in wanted], probabilities)
    for (item, _, sentence, owner, _, _), tags in zip(wanted, decided, strict=True):
        for tag in tags:
            yield {
                "message_id": item.message.message_id, "sentence": tag.sentence, "start": tag.start, "end": tag.end,
                "text": tag.text if job.quotes else "", "supplier": owner.supplier, "voice": owner.voice,
                "zone": sentence.zone, "signal": tag.signal, "probability": tag.probability,
                "date": item.message.date, "bulk": bool(item.fact["bulk"]),
            }  # fmt: skip


def _prepare(
    item: Message | Unreadable, fact: dict[str, Any], job: TagJob, languages: Sequence[str], limit: TimeLimit
) -> Prepared:
    """Decide what becomes of a message; every message gets exactly one status."""
    if isinstance(item, Unreadable):
        # It could be read in the scan, and now it took too long, or its file has gone.
        return Prepared(_lost(item, fact), fact, "unreadable_later")
    status = _set_aside(item, fact, job)
    if status:
        return Prepared(item, fact, status)
    try:
        with limit:
            return _cleaned(item, fact, job, languages)
    except TookTooLong:
        return Prepared(item, fact, "took_too_long")


def _cleaned(message: Message, fact: dict[str, Any], job: TagJob, languages: Sequence[str]) -> Prepared:
    found = find_sentences(message, fact["boilerplate"], fact["orphans"], job.directory)
    if not found.sentences:
        return Prepared(found.message, fact, "no_new_text")
    spoken = language(" ".join(found.words))
    status = "tagged" if any(found.owners) else "unattributed"
    known = spoken is None or spoken in languages
    return Prepared(
        found.message, fact, status, found.sentences, found.owners, found.words, found.quoted, spoken, known
    )  # fmt: skip


def _set_aside(message: Message, fact: dict[str, Any], job: TagJob) -> str:
    kind = str(fact["kind"])
    if fact["duplicate"]:
        return "duplicate"
    if kind in ("auto_reply", "bounce", "calendar"):
        return kind
    if _outside(message, job):
        return "outside_dates"
    return "bulk_excluded" if fact["bulk"] and not job.count_bulk else ""


def _lost(item: Unreadable, fact: dict[str, Any]) -> Message:
    return Message(str(fact["message_id"]), None, "missing", None, (), "", "", source=item.source)


def _outside(message: Message, job: TagJob) -> bool:
    if job.since is None and job.until is None:
        return False
    if message.date is None:
        return True  # an undated message belongs to no window
    return bool((job.since is not None and message.date < job.since) or (job.until is not None and message.date >= job.until))
