"""What one worker does with one shard: scan it, or tag it given the plan. Both leave files, whole or not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from partnersignal.cleaning import split_sentences, zoned
from partnersignal.conversations import scan_messages
from partnersignal.messages import Message, Sentence, Unreadable
from partnersignal.reading import Shard, read_shard
from partnersignal.runs.tables import SCHEMAS, write_table
from partnersignal.suppliers import Attribution, SupplierDirectory, attribute
from partnersignal.tagging import Tagger, load

_BATCH = 256  # messages whose sentences are scored together
_LATIN = re.compile(r"[a-zA-Z]")
_LETTER = re.compile(r"[^\W\d_]")


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
    scan = scan_messages(read_shard(shard, dict(columns)))
    write_table(pa.Table.from_pandas(scan, preserve_index=False), scan_path(work, number))
    return 1


def read_scan(path: Path) -> pd.DataFrame:
    """Read a scan back.

    Parameters
    ----------
    path : pathlib.Path
        Of one shard, or of a whole run.

    Returns
    -------
    pandas.DataFrame
        As `scan_messages` gave it.
    """
    table: pd.DataFrame = pq.read_table(path).to_pandas()
    text = table.columns.difference(["position", "date", "bulk", "shard"])
    table[text] = table[text].astype(object).where(table[text].notna(), "")
    table["date"] = pd.to_datetime(table["date"], utc=True).astype("datetime64[us, UTC]")
    return table


def write_scan(rows: pd.DataFrame, path: Path, change: Callable[[pd.DataFrame], pd.DataFrame] | None = None) -> None:
    """Keep the scan of a whole run, so that more mail can be added without the export.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of the plan.
    path : pathlib.Path
        Replaced if it exists.
    change : callable, optional
        Given the rows first.
    """
    scan = rows.drop(columns=["thread_id", "duplicate"])
    write_table(pa.Table.from_pandas(change(scan) if change else scan, preserve_index=False), path)


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
    message: Message
    fact: dict[str, Any]
    status: str
    sentences: tuple[Sentence, ...] = ()
    owners: tuple[Attribution | None, ...] = ()

    def taggable(self) -> Iterator[tuple[Sentence, Attribution, str]]:
        """Yield the sentences to tag, each with the one before it."""
        previous = ""
        for sentence, owner in zip(self.sentences, self.owners, strict=True):
            if owner is not None and is_readable(sentence.text):
                yield sentence, owner, previous
            previous = sentence.text


def _tag_batch(
    batch: Sequence[tuple[Message, dict[str, Any]]], tagger: Tagger, job: TagJob, rows: dict[str, list[dict[str, Any]]]
) -> None:
    prepared = [_prepare(message, fact, job) for message, fact in batch]
    wanted = [(item, *each) for item in prepared for each in item.taggable()]
    probabilities = tagger.predict_proba(
        [sentence.text for _, sentence, _, _ in wanted],
        [owner.voice for _, _, owner, _ in wanted],
        [previous for _, _, _, previous in wanted],
    )
    decided = tagger.decide([sentence for _, sentence, _, _ in wanted], probabilities)
    for (item, sentence, owner, _), tags in zip(wanted, decided, strict=True):
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


def _prepare(message: Message, fact: dict[str, Any], job: TagJob) -> _Prepared:
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
    clean = zoned(message)
    sentences = split_sentences(clean.text, clean.zones or ())
    if not sentences:
        return _Prepared(clean, fact, "no_new_text")
    owners = attribute(clean, sentences, job.directory)
    status = "tagged" if any(owners) else "unattributed"
    return _Prepared(clean, fact, status, sentences, owners)


def _outside(message: Message, job: TagJob) -> bool:
    if job.since is None and job.until is None:
        return False
    if message.date is None:
        return True  # an undated message belongs to no window
    return bool((job.since is not None and message.date < job.since) or (job.until is not None and message.date >= job.until))


def is_readable(text: str) -> bool:
    """Tell whether a sentence is in a script that the models know.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    bool
        True where at least half of its letters are Latin.
    """
    letters = len(_LETTER.findall(text))
    return letters == 0 or 2 * len(_LATIN.findall(text)) >= letters


def _message_row(item: _Prepared, job: TagJob) -> dict[str, Any]:
    message, fact = item.message, item.fact
    owners = {owner for owner in item.owners if owner is not None}
    suppliers, voices = {owner.supplier for owner in owners}, {owner.voice for owner in owners}
    keep = job.quotes and item.status != "duplicate"
    return {
        "message_id": message.message_id, "thread_id": fact["thread_id"], "date": message.date,
        "date_quality": message.date_quality, "utc_offset": message.utc_offset,
        "sender": str(message.sender) if message.sender else None,
        "recipients": "; ".join(str(party) for party in message.recipients), "subject": message.subject if job.quotes else "",
        "kind": fact["kind"], "bulk": bool(fact["bulk"]),
        "supplier": next(iter(suppliers)) if len(suppliers) == 1 else None,
        "voice": next(iter(voices)) if len(voices) == 1 else None,
        "sentences": len(item.sentences), "status": item.status, "replaced": message.replaced,
        "source": message.source, "text": message.text if keep else "",
    }  # fmt: skip


def _exposure_rows(item: _Prepared) -> list[dict[str, Any]]:
    counted: dict[str, list[int]] = {}
    voices: dict[str, set[str]] = {}
    for sentence, owner in zip(item.sentences, item.owners, strict=True):
        if owner is not None:
            counted.setdefault(owner.supplier, [0, 0])[0 if is_readable(sentence.text) else 1] += 1
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


def count_exposure(
    message: Message, thread_id: str, bulk: bool, sentences: Sequence[Sentence], owners: Sequence[Attribution | None]
) -> list[dict[str, Any]]:
    """Count how much of a message is about whom.

    Parameters
    ----------
    message : Message
        As stored.
    thread_id : str
        Of the plan.
    bulk : bool
        Of the plan.
    sentences : sequence of Sentence
        Its own new words.
    owners : sequence of Attribution or None
        One a sentence.

    Returns
    -------
    list of dict
        Rows of the exposure table.
    """
    fact = {"thread_id": thread_id, "bulk": bulk}
    return _exposure_rows(_Prepared(message, fact, "tagged", tuple(sentences), tuple(owners)))
