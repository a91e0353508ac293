"""What one message may cost, whoever wrote it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from partnersignal.cleaning.sentences import LONGEST_SENTENCE, MOST_SENTENCES
from partnersignal.cleaning.zones import MOST_LINES
from partnersignal.reading import mime
from partnersignal.reading.shard import LARGEST_MESSAGE
from partnersignal.tagging import linear

SECONDS_A_MESSAGE = 20.0  # of computing; a message takes milliseconds
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


@contextmanager
def time_limit(seconds: float = SECONDS_A_MESSAGE) -> Iterator[None]:
    """Stop what takes too long; counts the process's own computing, not the clock, so that a busy machine changes nothing.

    Parameters
    ----------
    seconds : float
        Allowed.

    Raises
    ------
    TookTooLong
        Inside the block. Where a process cannot be interrupted (not its main thread, or Windows) nothing is limited.
    """
    able = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGVTALRM) if able else None
    if handler is signal.SIG_DFL:
        signal.signal(signal.SIGVTALRM, _stop)
    elif handler is not _stop:
        yield
        return
    # Again every second, for code that takes the error for one of its own.
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _stop(number: int, frame: Any) -> None:
    del number, frame
    raise TookTooLong(f"it takes longer than {SECONDS_A_MESSAGE:g} seconds of computing")


def each_in_time(items: Iterable[Item]) -> Iterator[Item]:
    """Give each step of a reader its time.

    Parameters
    ----------
    items : iterable
        A reader's; it turns `TookTooLong` into an unreadable message and goes on.

    Yields
    ------
    object
        The items.
    """
    iterator = iter(items)
    nothing: Any = object()
    while True:
        with time_limit():
            item = next(iterator, nothing)
        if item is nothing:
            return
        yield item
