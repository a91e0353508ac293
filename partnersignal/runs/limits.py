"""What one message may cost, whoever wrote it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

from partnersignal.cleaning.sentences import LONGEST_SENTENCE, MOST_SENTENCES
from partnersignal.cleaning.zones import MOST_LINES
from partnersignal.reading import mime
from partnersignal.reading.shard import LARGEST_MESSAGE
from partnersignal.tagging import linear

SECONDS_A_MESSAGE = 20.0  # of computing; a message takes milliseconds
TICKS = 20  # in them
Item = TypeVar("Item")


class TookTooLong(ValueError):  # noqa: N818 - readers turn a ValueError into a line of the receipt
    """A message used up its time."""


def limits() -> dict[str, Any]:
    """Return the limits, for the receipt.

    Returns
    -------
    dict
        What is read of a message at most; beyond the first line a message is unreadable, beyond the others it is cut.
    """
    return {
        "bytes_of_a_message": LARGEST_MESSAGE,
        "seconds_of_computing_a_message": SECONDS_A_MESSAGE,
        "parts_of_a_message": mime.MOST_PARTS,
        "characters_of_a_body": mime.LONGEST_TEXT,
        "lines_of_a_body": MOST_LINES,
        "sentences_of_a_message": MOST_SENTENCES,
        "characters_of_a_sentence": LONGEST_SENTENCE,
        "characters_of_a_sentence_that_a_model_reads": linear.LONGEST,
        "nesting_of_parts": "as deep as Python's recursion limit lets; deeper is unreadable",
        "attachments": "never opened, so nothing is decompressed",
    }


class Watch:
    """Counts the ticks of a timer while a process is at one message; setting a timer for each cost a tenth of a run."""

    def __init__(self) -> None:
        self._ticks: int | None = None  # None: between two messages

    def __enter__(self) -> None:
        self._ticks = 0

    def __exit__(self, *_: object) -> None:
        self._ticks = None

    def tick(self, number: int, frame: Any) -> None:
        """Handle the timer's signal.

        Parameters
        ----------
        number : int
            The signal.
        frame : frame or None
            Where it came.

        Raises
        ------
        TookTooLong
            After `TICKS` of them, and with each that follows, for code that takes the error for one of its own.
        """
        del number
        if frame is not None and frame.f_code is Watch.__exit__.__code__:
            return  # the message is done
        if self._ticks is not None:
            self._ticks += 1
            if self._ticks > TICKS:
                raise TookTooLong(f"it takes longer than {SECONDS_A_MESSAGE:g} seconds of computing")


TimeLimit = AbstractContextManager[None]


@contextmanager
def watching() -> Iterator[TimeLimit]:
    """Keep watch over messages; it counts the process's own computing, not the clock, so that a busy machine changes nothing.

    Yields
    ------
    context manager
        Stops its block with `TookTooLong` when `SECONDS_A_MESSAGE` have passed in it, or at most a tick later; to be used
        again and again, not within itself. Where a process cannot be interrupted (not its main thread, Windows, another's
        handler) nothing is limited.
    """
    able = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not able or not _ours(signal.getsignal(signal.SIGVTALRM)):
        yield nullcontext()
        return
    watch = Watch()
    signal.signal(signal.SIGVTALRM, watch.tick)
    signal.siginterrupt(signal.SIGVTALRM, False)  # no library's reading or writing is cut off by a tick
    tick = SECONDS_A_MESSAGE / TICKS
    signal.setitimer(signal.ITIMER_VIRTUAL, tick, tick)
    try:
        yield watch
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)  # the handler stays: a last signal may be under way


def _ours(handler: Any) -> bool:
    return handler is signal.SIG_DFL or isinstance(getattr(handler, "__self__", None), Watch)


def each_in_time(items: Iterable[Item], limit: TimeLimit) -> Iterator[Item]:
    """Give each step of a reader its time.

    Parameters
    ----------
    items : iterable
        A reader's; it turns `TookTooLong` into an unreadable message and goes on.
    limit : context manager
        Of `watching`.

    Yields
    ------
    object
        The items.
    """
    iterator = iter(items)
    nothing: Any = object()
    while True:
        with limit:
            item = next(iterator, nothing)
        if item is nothing:
            return
        yield item
