"""Score an export: scan, plan, tag, roll up. A run cut off anywhere goes on where it was."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import joblib
import pandas as pd

from partnersignal.conversations import planned
from partnersignal.errors import InputError, RunError
from partnersignal.files import clear_folder, drafts, write_json
from partnersignal.index import build_index
from partnersignal.memory import lean
from partnersignal.reading import Export, open_export
from partnersignal.runs.drafts import finish_pending
from partnersignal.runs.lock import LOCK_FILE, locked
from partnersignal.runs.parallel import Progress, Stage, Workers, run_stage
from partnersignal.runs.parts import items_done, part_path, read_scan, write_plan
from partnersignal.runs.pseudonyms import Change, Pseudonyms, hiding, name_digests, read_key
from partnersignal.runs.receipt import make_receipt
from partnersignal.runs.reweighing import NOT_MEASURED, index_state
from partnersignal.runs.run import Run, open_run
from partnersignal.runs.settings import RunSettings, hash_files, parse_day
from partnersignal.runs.shards import TagJob, scan_shard, tag_shard
from partnersignal.runs.state import STATE_FILE, read_state, write_state
from partnersignal.runs.tables import KEPT, join_tables
from partnersignal.signals import Signal
from partnersignal.suppliers import SupplierDirectory, infer_directory, load_directory
from partnersignal.tagging import load
from partnersignal.tagging.folder import load_config
from partnersignal.tagging.tagger import SHIPPED_NAMES, find_model

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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
    scheduler: str | None = None,
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
    scheduler : str, optional
        Address of a Dask scheduler whose workers do the work instead; they reach export and run folder under the
        same paths. Needs the extra ``dask``.
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
        If the folder holds a run with other settings, another process is at work there, workers keep dying, or the
        disk is full. The same call goes on where it was.
    """
    if bulk not in ("count", "exclude"):
        raise InputError(f"got bulk={bulk!r}, expected count or exclude")
    if jobs is not None and jobs < 1:
        raise InputError(f"got jobs={jobs}, expected at least 1")
    window = (parse_day(since, "--since"), parse_day(until, "--until"))
    named_as_of = parse_day(as_of, "--as-of")
    paths = [Path(p) for p in ([export] if isinstance(export, str | os.PathLike) else export)]
    # Workers of a cluster start in folders of their own.
    opened = open_export([path.absolute() for path in paths] if scheduler else paths, columns)
    # An absolute path, so that the run can be opened from another folder, and a model of the Hub is asked for once.
    model = str(model) if str(model) in SHIPPED_NAMES else str(find_model(model).resolve())
    # Loaded whole, so that a damaged model is found before anything is read; the workers hold their own.
    signals = load(model).config.signals
    directory = load_directory(suppliers, ours) if suppliers is not None else None
    key = read_key(pseudonyms) if pseudonyms is not None else None
    paths = [path.resolve() for path in paths]
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
    made = _made(folder)
    with at_work(folder), lean():
        finished = _enter(folder, settings, model)
        if finished is not None:
            return finished
        work = folder.absolute() / "work"
        work.mkdir(exist_ok=True)
        workers = Workers(jobs or joblib.cpu_count(), scheduler or "")
        scans = scan_export(opened, work, workers, progress)
        with planned(map(read_scan, scans), work) as plan:
            write_plan(plan, work)
        rows = (batch for scan in scans for batch in read_scan(scan) if batch.num_rows)
        if not any(plan.readable):
            reason = next((str(batch["unreadable"][0]) for batch in rows), "it is empty")
            _leave(folder, made)
            raise InputError(
                f"got an export without a readable message ({reason}); expected mail or notes, see: partnersignal score --help"
            )
        directory = directory or infer_directory(rows, ours)
        job = TagJob(model, directory, window[0], window[1],
                     bulk == "count", quotes, settings.columns)  # fmt: skip
        tag_export(opened, plan.sizes, work, job, workers, progress)
        return _finish(folder, opened, directory, settings, signals, named_as_of or plan.last_date, key, progress)


def _made(folder: Path) -> bool:
    """Make the folder; return whether it was not there."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"got --out {folder}, which exists and is no run folder; expected a new or empty folder")
    there = folder.is_dir()
    folder.mkdir(parents=True, exist_ok=True)
    return not there


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Hold a run folder, alone, and say it in words where its disk is full.

    Parameters
    ----------
    folder : pathlib.Path
        Exists.

    Raises
    ------
    RunError
        If another process holds it, or there is no room left.
    """
    try:
        with locked(folder):
            yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise RunError(
            f"got no room left for the run {folder} ({error.strerror}); free some space and start the same command again: "
            "it goes on where it was"
        ) from None


def _enter(folder: Path, settings: RunSettings, model: str) -> Run | None:
    """Take a folder for this run; return the run if it is finished already."""
    finish_pending(folder)
    for draft in (*drafts(folder), *drafts(folder / "work")):
        draft.unlink(missing_ok=True)
    if (folder / STATE_FILE).is_file():
        state = read_state(folder)
        different = settings.differences(state["settings"])
        if different:
            raise RunError(
                f"got --out {folder}, which holds a run with another {', '.join(different)}; "
                "choose another --out, or delete the folder to score anew"
            )
        if state.get("finished"):
            shutil.rmtree(folder / "work", ignore_errors=True)
            return open_run(folder)
        if state.get("version") == version("partnersignal"):
            return None
        # Halves made by two versions are no whole.
        shutil.rmtree(folder / "work", ignore_errors=True)
    elif any(path.name != LOCK_FILE for path in folder.iterdir()):
        raise InputError(f"got --out {folder}, which exists and is no run folder; expected a new or empty folder")
    state = {"settings": settings.to_dict(), "model": model, "version": version("partnersignal"), "finished": False}
    write_state(folder, state)
    return None


def _leave(folder: Path, made: bool) -> None:
    """Remove what was made in a folder, and the folder if it was made as well."""
    clear_folder(folder)
    if made:
        folder.rmdir()


def scan_export(opened: Export, work: Path, workers: Workers, progress: Progress) -> list[Path]:
    """First pass: scan every shard that is not done.

    Parameters
    ----------
    opened : Export
        What to read.
    work : pathlib.Path
        Where the scans lie.
    workers : Workers
        Who does it.
    progress : callable
        Told stage, done and total.

    Returns
    -------
    list of pathlib.Path
        The scans of the shards.
    """
    stage = Stage(
        "scanning shards",
        lambda n: joblib.delayed(scan_shard)(opened.shards[n], n, work, opened.mapping),
        lambda n: items_done(work, "scan", n),
        [1] * len(opened.shards),
    )
    run_stage(stage, workers, progress)
    return [part_path(work, "scan", number) for number in range(len(opened.shards))]


def tag_export(opened: Export, sizes: Sequence[int], work: Path, job: TagJob, workers: Workers, progress: Progress) -> None:
    """Second pass: tag every shard that is not done.

    Parameters
    ----------
    opened : Export
        What to read.
    sizes : sequence of int
        Items in each shard.
    work : pathlib.Path
        Where the plans of the shards lie, and the parts of the tables are left.
    job : TagJob
        How to tag.
    workers : Workers
        Who does it.
    progress : callable
        Told stage, done and total.
    """
    stage = Stage(
        "tagging messages",
        # All in one: an argument of its own would be spread over a cluster apart, and lost with the worker that holds it.
        lambda n: joblib.delayed(partial(tag_shard, opened.shards[n], n, work, job))(),
        lambda n: items_done(work, "tag", n),
        sizes,
    )
    run_stage(stage, workers, progress)


def _finish(
    folder: Path, opened: Export, directory: SupplierDirectory, settings: RunSettings,
    signals: Sequence[Signal],
    as_of: datetime | None, key: Pseudonyms | None, progress: Progress,
) -> Run:  # fmt: skip
    progress("rolling up", 0, 1)
    work = folder / "work"
    parts = {name: [part_path(work, name, n) for n in range(len(opened.shards))] for name in KEPT}
    names: frozenset[str] = frozenset()
    changes: Mapping[str, Change] = {}
    if key is not None:
        names = name_digests(key, map(pd.read_parquet, parts["messages"]), directory)
        changes, directory = hiding(key, names), key.directory(directory)
    for name, schema in KEPT.items():
        join_tables(parts[name], folder / f"{name}.parquet", schema, changes.get(name))
    receipt = make_receipt(folder, opened.passed_over, directory, settings, read_state(folder)["model"])
    weights = {signal.label: signal.weight for signal in signals}
    write_state(folder, {**read_state(folder), "directory": directory.to_dict(), "name_digests": sorted(names)})
    run = build_run(folder, receipt, weights, as_of)
    write_state(folder, {**run.state, "finished": True})
    # A worker of a process that was killed may still leave a file there; nobody reads it.
    shutil.rmtree(work, ignore_errors=True)
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
    state = read_state(folder)
    # Of the model that gave the tags: the folder may hold another one by the time of an audit.
    config = load_config(find_model(state["model"]))
    variation = config.training.get("false_alarm_variation")
    receipt |= {
        "as_of": built.as_of.isoformat() if built.as_of else None,
        "half_life_days": built.half_life,
        "prior": built.prior.source,
        "error_correction": "none: uncorrected, false alarms of the model are in the numbers",
        "variation_between_sources": variation or NOT_MEASURED,
    }
    write_json(folder / "receipt.json", receipt)
    told = {"false_alarm_variation": variation, "signals": [asdict(signal) for signal in config.signals]}
    write_state(folder, {**state, **told, "index": index_state(built, "count", None, None, None)})
    del built  # the outputs are made of an index of their own
    run = Run(folder)
    run.write_outputs()
    return run
