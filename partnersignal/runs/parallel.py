"""Shards through worker processes, here or on a Dask cluster, until every one of them is done."""

from __future__ import annotations

import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from typing import Any

import joblib

from partnersignal.errors import InputError, MissingExtraError, RunError

# Told the stage, how much of it is done, and of how much.
Progress = Callable[[str, int, int], None]
_FRUITLESS = 3  # times that workers may die in a row without any shard being finished


@dataclass(frozen=True)
class Workers:
    """Who does the work.

    Attributes
    ----------
    processes : int
        Worker processes on this machine.
    scheduler : str
        Address of a Dask scheduler, or empty for this machine.
    """

    processes: int
    scheduler: str = ""


@dataclass(frozen=True)
class Stage:
    """One pass over all shards.

    Attributes
    ----------
    name : str
        For progress.
    call : callable
        From a shard's number to a joblib call, made when its turn comes.
    done : callable
        From a shard's number to how much it holds, from its files alone; None while it is not done.
    sizes : sequence of int
        How much each shard holds.
    """

    name: str
    call: Callable[[int], Any]
    done: Callable[[int], int | None]
    sizes: Sequence[int]


def run_stage(stage: Stage, workers: Workers, progress: Progress) -> None:
    """Do what is not done yet. A worker that dies costs the shard it was at, which is done again.

    Parameters
    ----------
    stage : Stage
        What to do.
    workers : Workers
        Who does it.
    progress : callable
        Told stage, done, total.

    Raises
    ------
    RunError
        If workers keep dying and no shard is finished.
    """
    total = sum(stage.sizes)
    missing = _missing(stage, range(len(stage.sizes)))
    if not missing:
        progress(stage.name, total, total)
    fruitless = 0
    while missing:
        try:
            _pass(stage, missing, workers, total, progress)
            died = ""
        except BrokenExecutor as error:
            died = _first_line(error)
        left = _missing(stage, missing)
        fruitless = fruitless + 1 if len(left) == len(missing) else 0
        if left and fruitless >= _FRUITLESS:
            raise RunError(
                f"got no further in {stage.name} ({died or 'files are not as they were written'}; {len(left)} shards left), "
                "expected workers and files that stay; see that memory and disk suffice, use fewer --jobs, and start the "
                "same command again"
            )
        missing = left


def _missing(stage: Stage, numbers: Sequence[int]) -> list[int]:
    return [number for number in numbers if stage.done(number) is None]


def _pass(stage: Stage, missing: Sequence[int], workers: Workers, total: int, progress: Progress) -> None:
    done = total - sum(stage.sizes[number] for number in missing)
    progress(stage.name, done, total)
    with _backend(workers):
        # One shard at a time to each worker, and no call made before its turn: memory stays flat.
        jobs = -1 if workers.scheduler else min(workers.processes, len(missing))
        parallel = joblib.Parallel(n_jobs=jobs, batch_size=1, pre_dispatch="2*n_jobs", return_as="generator_unordered")
        counts: Any = iter(())
        try:
            with _interrupts_held():
                counts = parallel(stage.call(number) for number in missing)
            for count in counts:
                done += count
                progress(stage.name, done, total)
        except BaseException:
            with warnings.catch_warnings():  # joblib's, that work is dropped here: it is meant to
                warnings.simplefilter("ignore")
                del counts
            raise


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let the workers that start here inherit a deaf ear for Ctrl-C: who started them stops them, and speaks alone."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # which would make the ears sharp again in between
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _deaf_to_loky() -> Iterator[None]:
    """Pass over the KeyError with which loky's thread ends where it is told to stop while it hands out work (loky 3.6)."""
    before = threading.excepthook

    def hear(args: threading.ExceptHookArgs) -> None:
        frames = traceback.extract_tb(args.exc_traceback)
        if args.exc_type is not KeyError or not frames or frames[-1].name != "add_call_item_to_queue":
            before(args)

    threading.excepthook = hear
    try:
        yield
    finally:
        if threading.excepthook is hear:
            threading.excepthook = before


@contextmanager
def _backend(workers: Workers) -> Iterator[None]:
    if not workers.scheduler:
        # One thread a process: as many processes as cores, each with a thread a core, would be slower.
        with joblib.parallel_config("loky", inner_max_num_threads=1), _deaf_to_loky():
            yield
        return
    try:
        import distributed
    except ImportError:
        raise MissingExtraError("distributed", "dask") from None
    try:
        connect: Any = distributed.Client
        client = connect(workers.scheduler, timeout="20s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"got the scheduler {workers.scheduler!r}, which does not answer ({_first_line(error)}); "
            "expected the address of a running Dask scheduler, for example tcp://host:8786"
        ) from None
    try:
        with joblib.parallel_config("dask", client=client):
            yield
    except (distributed.KilledWorker, distributed.CancelledError, distributed.client.FutureCancelledError) as error:
        raise BrokenExecutor(_first_line(error)) from None
    finally:
        client.close()


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).split("\n", 1)[0][:200]
