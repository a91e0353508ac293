"""The receipt: what was read, what became of it and why, so that two analysts can see if they scored the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from partnersignal.messages import Unreadable
from partnersignal.runs.limits import limits
from partnersignal.runs.settings import RunSettings
from partnersignal.runs.tables import SCAN_FILE, stream_table
from partnersignal.suppliers import SupplierDirectory

STATUSES = (
    "tagged", "unattributed", "no_new_text", "duplicate", "auto_reply", "bounce", "calendar", "bulk_excluded", "outside_dates",
    "took_too_long", "unreadable_later",
)  # fmt: skip
_SUMMED = ("bulk", "replaced", "sentences", "quoted", "boilerplate")
_ROWS = 8_192  # counted at a time
_DOMAIN = re.compile(r"@([^>\s]+)>?$")
_LISTED = 1_000  # places listed one by one; beyond, reasons are counted only


def make_receipt(
    run: Path, passed_over: Sequence[Unreadable], directory: SupplierDirectory, settings: RunSettings, model: str
) -> dict[str, Any]:
    """Account for everything in the export.

    Parameters
    ----------
    run : pathlib.Path
        The run folder with its tables and its scan.
    passed_over : sequence of Unreadable
        Files that no reader reads.
    directory : SupplierDirectory
        Who is who.
    settings : RunSettings
        What was asked.
    model : str
        Name of the model.

    Returns
    -------
    dict
        For ``receipt.json``. ``read`` is the sum of ``messages`` by status and ``unreadable``.
    """
    scan = run / SCAN_FILE
    unreadable = pq.read_table(scan, columns=["source", "unreadable"], filters=[("unreadable", "!=", "")])
    counts = count_tables(run, directory)
    return {
        "partnersignal": version("partnersignal"),
        "export": list(settings.export),
        "model": model,
        "read": pq.read_metadata(scan).num_rows,
        "messages": counts.pop("messages"),
        "unreadable": _places(unreadable["source"].to_pylist(), unreadable["unreadable"].to_pylist()),
        "files_passed_over": _places([item.source for item in passed_over], [item.reason for item in passed_over]),
        "bulk_choice": settings.bulk,
        "limits": limits(),
        **counts,
    }


def count_tables(run: Path, directory: SupplierDirectory) -> dict[str, Any]:
    """Count what the tables of a run hold.

    Parameters
    ----------
    run : pathlib.Path
        The run folder.
    directory : SupplierDirectory
        Who is who.

    Returns
    -------
    dict
        The part of the receipt that can be made again from the tables.
    """
    counted, totals = _totals(run / "messages.parquet", ("status", "kind", "date_quality", "language"), _SUMMED, ("date",))
    suppliers, exposed = _totals(run / "exposure.parquet", ("supplier",), ("sentences", "ineligible"))
    tags = pq.read_metadata(run / "tags.parquet").num_rows
    return {
        "messages": {status: counted["status"][status] for status in STATUSES},
        "kinds": _by_name(counted["kind"]),
        "bulk": totals["bulk"],
        "dates": _by_name(counted["date_quality"]),
        "undated": totals["date"],
        "replaced_characters": totals["replaced"],
        "sentences": {
            "new": totals["sentences"] - totals["quoted"],
            "seen_only_in_quotes": totals["quoted"],
            "attributed": exposed["sentences"] + exposed["ineligible"],
            "not_in_a_known_language": exposed["ineligible"],
        },
        "boilerplate_paragraphs": totals["boilerplate"],
        "languages": _by_name(counted["language"]),
        "tags": int(tags),
        "suppliers": {
            "with_sentences": len(suppliers["supplier"]),
            "in_directory": len(directory.suppliers),
            "inferred": directory.inferred,
            "ours": [*directory.our_domains, *directory.our_addresses],
            "note": _who_is_who(directory),
        },
        "unattributed_senders": _unattributed(run, directory),
    }


def _totals(
    path: Path, named: Sequence[str], summed: Sequence[str], lacking: Sequence[str] = ()
) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """Count the values of some columns, add up others and count the gaps of the last, a few rows at a time."""
    counted: dict[str, Counter[str]] = {name: Counter() for name in named}
    totals: Counter[str] = Counter()
    for batch in stream_table(path, [*named, *summed, *lacking], _ROWS):
        for name in named:
            for each in pc.value_counts(batch[name]).to_pylist():
                if each["values"] is not None:
                    counted[name][each["values"]] += each["counts"]
        for name in summed:
            totals[name] += int(pc.sum(batch[name]).as_py() or 0)
        for name in lacking:
            totals[name] += batch[name].null_count
    return counted, totals


def _by_name(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _who_is_who(directory: SupplierDirectory) -> str:
    if not directory.inferred:
        return "as in the supplier file"
    ours = ", ".join((*directory.our_domains, *directory.our_addresses)) or "nobody"
    return (
        f"no supplier file was given: ours is taken to be {ours} (most recipients), and every other organisation's "
        "domain a supplier; names in internal mail and notes are not looked for"
    )


def _places(sources: list[str], reasons: list[str]) -> dict[str, Any]:
    return {
        "count": len(sources),
        "reasons": dict(Counter(reasons).most_common()),
        "places": [{"source": s, "reason": r} for s, r in zip(sources[:_LISTED], reasons[:_LISTED], strict=True)],
        "places_not_listed": max(0, len(sources) - _LISTED),
    }


def _unattributed(run: Path, directory: SupplierDirectory) -> dict[str, int]:
    """Count the organisations whose mail was nobody's: who may be missing from the supplier file."""
    ours, counted = set(directory.our_domains), Counter[str]()
    for batch in stream_table(run / "messages.parquet", ["sender", "status"], _ROWS):
        nobodys = batch.filter(pc.equal(batch["status"], "unattributed"))
        for each in pc.value_counts(nobodys["sender"]).to_pylist():
            domain = _DOMAIN.search(each["values"] or "")
            if domain and domain[1] not in ours:
                counted[domain[1]] += each["counts"]
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:20])
