"""The receipt: what was read, what became of it and why, so that two analysts can see if they scored the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from partnersignal.messages import Unreadable
from partnersignal.runs.limits import limits
from partnersignal.runs.settings import RunSettings
from partnersignal.runs.tables import SCAN_FILE
from partnersignal.suppliers import SupplierDirectory

STATUSES = (
    "tagged", "unattributed", "no_new_text", "duplicate", "auto_reply", "bounce", "calendar", "bulk_excluded", "outside_dates",
    "took_too_long", "unreadable_later",
)  # fmt: skip
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
    columns = ["status", "date", "date_quality", "bulk", "kind", "replaced", "sentences", "quoted", "boilerplate", "language"]
    messages = pq.read_table(run / "messages.parquet", columns=columns).to_pandas()
    exposure = pq.read_table(run / "exposure.parquet", columns=["supplier", "sentences", "ineligible"]).to_pandas()
    tags = pq.read_metadata(run / "tags.parquet").num_rows
    counted = Counter(messages["status"])
    mass = exposure.groupby("supplier")[["sentences", "ineligible"]].sum() if len(exposure) else exposure
    return {
        "messages": {status: int(counted.get(status, 0)) for status in STATUSES},
        "kinds": {str(k): int(v) for k, v in sorted(Counter(messages["kind"]).items())},
        "bulk": int(messages["bulk"].sum()),
        "dates": {str(k): int(v) for k, v in sorted(Counter(messages["date_quality"]).items())},
        "undated": int(messages["date"].isna().sum()),
        "replaced_characters": int(messages["replaced"].sum()),
        "sentences": {
            "new": int(messages["sentences"].sum() - messages["quoted"].sum()),
            "seen_only_in_quotes": int(messages["quoted"].sum()),
            "attributed": int(exposure["sentences"].sum() + exposure["ineligible"].sum()) if len(exposure) else 0,
            "not_in_a_known_language": int(exposure["ineligible"].sum()) if len(exposure) else 0,
        },
        "boilerplate_paragraphs": int(messages["boilerplate"].sum()),
        "languages": {str(k): int(v) for k, v in sorted(Counter(messages["language"].dropna()).items())},
        "tags": int(tags),
        "suppliers": {
            "with_sentences": len(mass),
            "in_directory": len(directory.suppliers),
            "inferred": directory.inferred,
            "ours": [*directory.our_domains, *directory.our_addresses],
            "note": _who_is_who(directory),
        },
        "unattributed_senders": _unattributed(run, directory),
    }


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
    table = pq.read_table(run / "messages.parquet", columns=["sender", "status"]).to_pandas()
    senders = table.loc[table["status"] == "unattributed", "sender"].dropna()
    domains = senders.str.extract(r"@([^>\s]+)>?$")[0].dropna()
    ours = set(directory.our_domains)
    counted = Counter(domain for domain in domains if domain not in ours)
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:20])
