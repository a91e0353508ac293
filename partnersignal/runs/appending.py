"""Adding new mail to a finished run: only the new is tagged, threads and duplicates are found over everything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pyarrow.parquet as pq

from partnersignal.conversations import SCAN, planned
from partnersignal.errors import InputError, RunError
from partnersignal.messages import Party, Unreadable
from partnersignal.reading import open_export
from partnersignal.runs.drafts import begin_draft, put_in_place
from partnersignal.runs.forgetting import forget, is_forgotten
from partnersignal.runs.originals import GivenBack
from partnersignal.runs.parallel import Progress, Workers
from partnersignal.runs.parts import part_path, read_scan, write_plan
from partnersignal.runs.pseudonyms import Change, Pseudonyms, hiding, name_digests, read_key
from partnersignal.runs.receipt import make_receipt
from partnersignal.runs.run import Run, open_run
from partnersignal.runs.scoring import at_work, build_run, scan_export, silent, tag_export
from partnersignal.runs.settings import RunSettings, hash_files, parse_day
from partnersignal.runs.shards import TagJob
from partnersignal.runs.state import write_state
from partnersignal.runs.tables import KEPT, SCAN_FILE, join_tables, stream_table
from partnersignal.suppliers import SupplierDirectory, infer_directory
from partnersignal.tagging.folder import load_config
from partnersignal.tagging.tagger import find_model

_ROWS = 16_384  # read at a time


def append(
    export: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    out: str | os.PathLike[str],
    suppliers: str | os.PathLike[str] | None = None,
    pseudonyms: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    progress: Progress = silent,
) -> Run:
    """Add new mail to a finished run, with the settings of the run.

    The tables become those of scoring all exports together, in the order in which they came; the prior is fitted again.
    A run without a supplier file keeps who it took for us.

    Parameters
    ----------
    export : path or iterable of paths
        New mail and notes; what the run holds already is a duplicate.
    out : path
        The run folder. The exports scored before are not needed.
    suppliers : path, optional
        The supplier file of the run; another one is refused.
    pseudonyms : path, optional
        Key file, where the run has pseudonyms.
    jobs : int, optional
        Worker processes; by default one a core.
    progress : callable, optional
        Told stage, done, total.

    Returns
    -------
    Run
        With the new mail; as it was if this very export was added before.

    Raises
    ------
    InputError
        If the export cannot be used.
    RunError
        If there is no finished run, or its model, supplier file or key is another one.
    """
    open_run(out)  # says what is wrong before anything is written there
    with at_work(Path(out)):
        return _append(export, out, suppliers, pseudonyms, Workers(jobs or joblib.cpu_count()), progress)


def _append(
    export: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], out: str | os.PathLike[str],
    suppliers: str | os.PathLike[str] | None, pseudonyms: str | os.PathLike[str] | None, workers: Workers, progress: Progress,
) -> Run:  # fmt: skip
    run = open_run(out)
    paths = [Path(p).resolve() for p in ([export] if isinstance(export, str | os.PathLike) else export)]
    names, state_of_export = [str(path) for path in paths], hash_files(paths, contents=False)
    old = RunSettings.from_dict(run.state["settings"])
    added = run.state.get("appended", [])
    if (tuple(names), state_of_export) in [(old.export, old.export_state), *((tuple(a["export"]), a["state"]) for a in added)]:
        return run
    key = read_key(pseudonyms) if pseudonyms is not None else None
    _check(run, old, key, suppliers)
    opened = open_export(paths, dict(old.columns))
    # Halves made by two versions are no whole.
    work = run.folder.absolute() / "work" / f"{state_of_export}-{version('partnersignal')}"
    work.mkdir(parents=True, exist_ok=True)
    # What the run holds is the first shard of the plan, and planned again for its threads alone.
    scans = [run.folder / SCAN_FILE, *scan_export(opened, work, workers, progress)]
    with planned(map(read_scan, scans), work) as plan:
        write_plan(plan, work, first=1)
        renamed = plan.renamed(stream_table(run.folder / "messages.parquet", ["message_id", "thread_id"], _ROWS))
        orphans = plan.orphans(0)
    if not any(plan.readable[1:]):
        shutil.rmtree(run.folder / "work", ignore_errors=True)
        raise InputError(f"got no readable message in {', '.join(names)}; expected new mail or notes for the run {run.folder}")
    directory = _grown(run.directory, scans)
    job = TagJob(
        run.state["model"], directory, parse_day(old.since, "--since"), parse_day(old.until, "--until"), old.bulk == "count",
        old.quotes, old.columns,
    )  # fmt: skip
    tag_export(opened, plan.sizes[1:], work, job, workers, progress)
    parts = {name: [part_path(work, name, n) for n in range(len(opened.shards))] for name in KEPT}
    state = run.state | {"directory": directory.to_dict(), "appended": [*added, {"export": names, "state": state_of_export}]}
    settings = replace(old, export=(*old.export, *(each for a in state["appended"] for each in a["export"])))
    as_of = parse_day(settings.as_of, "--as-of") or plan.last_date
    _write(run, parts, renamed, orphans, directory, key, state, settings, opened.passed_over, as_of)
    shutil.rmtree(run.folder / "work", ignore_errors=True)
    progress("rolling up", 1, 1)
    return _without_the_forgotten(Run(run.folder))


def _check(run: Run, settings: RunSettings, key: Pseudonyms | None, suppliers: str | os.PathLike[str] | None) -> None:
    """Refuse what would mix two ways of scoring in one run."""
    if pq.read_schema(run.folder / SCAN_FILE).names != SCAN.names:
        raise RunError(f"got --append to {run.folder}, a run of an earlier version; score everything into a new folder")
    different = []
    if hash_files([find_model(run.state["model"])], contents=True) != settings.model:
        different.append("model")
    if suppliers is not None and hash_files([Path(suppliers)], contents=True) != settings.suppliers:
        different.append("suppliers")
    if (key.fingerprint if key else "") != settings.pseudonyms:
        different.append("pseudonyms")
    if different:
        raise RunError(
            f"got --append to {run.folder}, a run with another {', '.join(different)}; add mail with what it was scored with, "
            "or score everything into a new folder"
        )


def _grown(directory: SupplierDirectory, scans: Iterable[Path]) -> SupplierDirectory:
    """Return the directory; one that was guessed takes in the organisations of the new mail."""
    if not directory.inferred:
        return directory
    rows = (batch for scan in scans for batch in read_scan(scan))
    return infer_directory(rows, (*directory.our_domains, *directory.our_addresses))


def _write(
    run: Run, parts: Mapping[str, list[Path]], renamed: Mapping[str, str], orphans: Mapping[str, bytes],
    directory: SupplierDirectory, key: Pseudonyms | None, state: dict[str, Any], settings: RunSettings,
    passed_over: Iterable[Unreadable], as_of: datetime | None,
) -> None:  # fmt: skip
    changes: Mapping[str, Change] = {}
    languages = load_config(find_model(run.state["model"])).languages
    given_back = GivenBack(run.directory, languages, orphans, {each.message_id for each in run.corrections})
    quotes: Mapping[str, Change] = {
        "messages": given_back.messages, "tags": given_back.tags, "exposure": given_back.exposure
    }  # fmt: skip
    if key is not None:
        names = name_digests(key, map(pd.read_parquet, parts["messages"]), directory) | set(state["name_digests"])
        changes, state = hiding(key, names), state | {"name_digests": sorted(names)}
    draft = begin_draft(run.folder)
    for name, schema in KEPT.items():
        change = changes.get(name)
        if renamed and "thread_id" in schema.names:
            change = _threaded(renamed, change or _as_it_is)
        if name in quotes:
            change = _after(quotes[name], change or _as_it_is)
        join_tables([run.folder / f"{name}.parquet", *parts[name]], draft / f"{name}.parquet", schema, change)
    write_state(draft, state)
    # An earlier receipt lists at most a thousand places; so does this one.
    earlier = [Unreadable(place["source"], place["reason"]) for place in run.receipt["files_passed_over"]["places"]]
    receipt = make_receipt(draft, [*earlier, *passed_over], directory, settings, state["model"])
    kept = {name: run.receipt[name] for name in ("forgotten",) if name in run.receipt}
    if kept:
        receipt["messages"]["forgotten"] = kept["forgotten"]["messages"]
        receipt["read"] += kept["forgotten"]["messages"]
    build_run(draft, receipt | kept, state["index"]["weights"], as_of)
    put_in_place(run.folder)


def _as_it_is(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def _after(first: Change, then: Change) -> Change:
    return lambda frame: then(first(frame))


def _threaded(renamed: Mapping[str, str], change: Change) -> Change:
    """Let a change name the threads as the new plan does."""
    return lambda frame: change(frame.assign(thread_id=frame["message_id"].map(renamed).fillna(frame["thread_id"])))


def _without_the_forgotten(run: Run) -> Run:
    cells = pd.concat([run.messages["sender"], run.messages["recipients"]]).dropna().unique()
    addresses = {Party.parse(each).address for cell in cells for each in cell.split("; ")}
    for address in is_forgotten(run.state, addresses):
        forget(run, address)
        run = Run(run.folder)
    return run
