"""Score an export: scan, plan, tag, roll up. A run cut off anywhere goes on where it was."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import joblib
import pandas as pd

from partnersignal.conversations import Plan, make_plan
from partnersignal.errors import InputError, RunError
from partnersignal.index import build_index
from partnersignal.reading import Export, open_export
from partnersignal.runs.drafts import finish_pending
from partnersignal.runs.pseudonyms import Change, Pseudonyms, hiding, name_digests, read_key
from partnersignal.runs.receipt import make_receipt
from partnersignal.runs.run import SCAN_FILE, Run, index_state, open_run
from partnersignal.runs.settings import RunSettings, hash_files, parse_day
from partnersignal.runs.shards import TagJob, part_path, read_scan, scan_path, scan_shard, tag_shard, write_scan
from partnersignal.runs.state import STATE_FILE, read_state, write_json, write_state
from partnersignal.runs.tables import SCHEMAS, join_tables
from partnersignal.suppliers import SupplierDirectory, infer_directory, load_directory
from partnersignal.tagging import Tagger, load
from partnersignal.tagging.tagger import SHIPPED_NAMES, find_model

# Told the stage, how much of it is done, and of how much.
Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody.

    Parameters
    ----------
    stage : str
        What is being done.
    done, total : int
        How far it is.
    """
    del stage, done, total


def score(
    export: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    out: str | os.PathLike[str],
    suppliers: str | os.PathLike[str] | None = None,
    ours: Iterable[str] = (),
    model: str | os.PathLike[str] = "default",
    jobs: int | None = None,
    since: str | None = None,
    until: str | None = None,
    as_of: str | None = None,
    bulk: Literal["count", "exclude"] = "count",
    quotes: bool = True,
    columns: Mapping[str, str] | None = None,
    pseudonyms: str | os.PathLike[str] | None = None,
    progress: Progress = silent,
) -> Run:
    """Score an export into a run folder.

    Parameters
    ----------
    export : path or iterable of paths
        Mail and notes, of any supported format.
    out : path
        Run folder: new, or that of the same run, which then goes on or is opened.
    suppliers : path, optional
        Supplier file; without one, organisations are guessed from domains.
    ours : iterable of str, optional
        Domains and addresses of ours.
    model : str or path, default "default"
        As in `load`.
    jobs : int, optional
        Worker processes; by default one a core, never more than shards.
    since, until : str, optional
        ISO dates: messages from `since` on and before `until` are scored.
    as_of : str, optional
        ISO date from which ages count; by default the last plausible date of the export.
    bulk : {"count", "exclude"}, default "count"
        Whether bulk mail counts.
    quotes : bool, default True
        Whether sentences, subjects and bodies are written to the run.
    columns : mapping of str to str, optional
        For tables: field to column.
    pseudonyms : path, optional
        File with a key: people get pseudonyms made with it, and their names are hidden in texts.
    progress : callable, optional
        Told stage, done, total.

    Returns
    -------
    Run
        Finished.

    Raises
    ------
    InputError
        If the export, supplier file or a setting cannot be used, or no message could be read.
    RunError
        If the folder holds a run with other settings.
    """
    if bulk not in ("count", "exclude"):
        raise InputError(f"got bulk={bulk!r}, expected count or exclude")
    if jobs is not None and jobs < 1:
        raise InputError(f"got jobs={jobs}, expected at least 1")
    window = (parse_day(since, "--since"), parse_day(until, "--until"))
    named_as_of = parse_day(as_of, "--as-of")
    opened = open_export(export, columns)
    tagger = load(model)
    directory = load_directory(suppliers, ours) if suppliers is not None else None
    key = read_key(pseudonyms) if pseudonyms is not None else None
    paths = [Path(p).resolve() for p in ([export] if isinstance(export, str | os.PathLike) else export)]
    settings = RunSettings(
        export=tuple(str(path) for path in paths),
        export_state=hash_files(paths, contents=False),
        suppliers=hash_files([Path(suppliers)], contents=True) if suppliers is not None else "",
        ours=tuple(ours),
        model=hash_files([find_model(model)], contents=True),
        since=since or "", until=until or "", as_of=as_of or "", bulk=bulk, quotes=quotes,
        columns=tuple((columns or {}).items()), pseudonyms=key.fingerprint if key else "",
    )  # fmt: skip
    folder = Path(out)
    finished = _enter(folder, settings, model)
    if finished is not None:
        return finished
    work = folder / "work"
    work.mkdir(exist_ok=True)
    workers = min(jobs or joblib.cpu_count(), len(opened.shards))
    plan = _scan(opened, work, workers, progress)
    if not (plan.rows["unreadable"] == "").any():
        reason = plan.rows["unreadable"].iloc[0] if len(plan.rows) else "it is empty"
        shutil.rmtree(folder)
        raise InputError(
            f"got an export without a readable message ({reason}); expected mail or notes, see: partnersignal score --help"
        )
    directory = directory or infer_directory(plan.rows, ours)
    job = TagJob(str(model), directory, window[0], window[1],
                 bulk == "count", quotes, settings.columns)  # fmt: skip
    _tag(opened, plan, work, job, workers, progress)
    return _finish(folder, plan, opened, directory, settings, tagger, named_as_of, key, progress)


def _enter(folder: Path, settings: RunSettings, model: str | os.PathLike[str]) -> Run | None:
    """Take a folder for this run; return the run if it is finished already."""
    finish_pending(folder)
    if (folder / STATE_FILE).is_file():
        state = read_state(folder)
        different = settings.differences(state["settings"])
        if different:
            raise RunError(
                f"got --out {folder}, which holds a run with another {', '.join(different)}; "
                "choose another --out, or delete the folder to score anew"
            )
        return open_run(folder) if state.get("finished") else None
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"got --out {folder}, which exists and is no run folder; expected a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    # An absolute path, so that the run can be opened from another folder.
    name = str(model) if str(model) in SHIPPED_NAMES else str(Path(model).resolve())
    write_state(folder, {"settings": settings.to_dict(), "model": name, "finished": False})
    return None


def _parallel(workers: int, calls: list[Any], stage: str, done: int, total: int, progress: Progress) -> None:
    """Run calls in worker processes and tell how far they are; each returns how much it did."""
    progress(stage, done, total)
    for count in joblib.Parallel(n_jobs=max(1, min(workers, len(calls))), return_as="generator_unordered")(calls):
        done += count
        progress(stage, done, total)


def _scan(opened: Export, work: Path, workers: int, progress: Progress) -> Plan:
    numbers = range(len(opened.shards))
    missing = [number for number in numbers if not scan_path(work, number).is_file()]
    calls = [joblib.delayed(scan_shard)(opened.shards[n], n, work, opened.mapping) for n in missing]
    _parallel(workers, calls, "scanning shards", len(numbers) - len(missing), len(numbers), progress)
    return make_plan(read_scan(scan_path(work, number)) for number in numbers)


def _tag(opened: Export, plan: Plan, work: Path, job: TagJob, workers: int, progress: Progress) -> None:
    sizes = plan.rows.groupby("shard").size().to_dict()
    missing = [n for n in range(len(opened.shards)) if not part_path(work, "messages", n).is_file()]
    calls = [joblib.delayed(tag_shard)(opened.shards[n], n, plan.of_shard(n), work, job) for n in missing]
    done = len(plan.rows) - sum(sizes.get(n, 0) for n in missing)
    _parallel(workers, calls, "tagging messages", done, len(plan.rows), progress)


def _finish(
    folder: Path, plan: Plan, opened: Export, directory: SupplierDirectory, settings: RunSettings, tagger: Tagger,
    as_of: datetime | None, key: Pseudonyms | None, progress: Progress,
) -> Run:  # fmt: skip
    progress("rolling up", 0, 1)
    work = folder / "work"
    parts = {name: [part_path(work, name, n) for n in range(len(opened.shards))] for name in SCHEMAS}
    names: frozenset[str] = frozenset()
    changes: Mapping[str, Change] = {}
    if key is not None:
        names = name_digests(key, map(pd.read_parquet, parts["messages"]), directory)
        changes, directory = hiding(key, names), key.directory(directory)
    for name, schema in SCHEMAS.items():
        join_tables(parts[name], folder / f"{name}.parquet", schema, changes.get(name))
    write_scan(plan.rows, folder / SCAN_FILE, changes.get("scan"))
    receipt = make_receipt(folder, plan, opened.passed_over, directory, settings, read_state(folder)["model"])
    weights = {signal.label: signal.weight for signal in tagger.config.signals}
    write_state(folder, {**read_state(folder), "directory": directory.to_dict(), "name_digests": sorted(names)})
    run = build_run(folder, receipt, weights, as_of or plan.last_date)
    write_state(folder, {**run.state, "finished": True})
    shutil.rmtree(work)
    progress("rolling up", 1, 1)
    return Run(folder)


def build_run(folder: Path, receipt: dict[str, Any], weights: Mapping[str, float], as_of: date | None) -> Run:
    """Fit the prior, build the index, and write receipt and outputs beside the tables of a run.

    Parameters
    ----------
    folder : pathlib.Path
        With tables and ``run.json``.
    receipt : dict
        From `make_receipt`.
    weights : mapping of str to float
        Of all signals.
    as_of : date or None
        Day from which ages count.

    Returns
    -------
    Run
        With the index in its state.
    """
    built = build_index(Run(folder).evidence(), weights=weights, as_of=as_of)
    receipt |= {
        "as_of": built.as_of.isoformat() if built.as_of else None,
        "half_life_days": built.half_life,
        "prior": built.prior.source,
        "error_correction": "none: uncorrected, false alarms of the model are in the numbers",
    }
    write_json(folder / "receipt.json", receipt)
    write_state(folder, {**read_state(folder), "index": index_state(built, "count", None, None, None)})
    run = Run(folder)
    run.write_outputs()
    return run
