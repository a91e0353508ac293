"""The two calls that join reading and cleaning."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator

from partnersignal.cleaning import new_text, zoned
from partnersignal.messages import Message, Unreadable
from partnersignal.reading import open_export

__all__ = ["new_text", "read"]

logger = logging.getLogger(__name__)


def read(export: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Iterator[Message]:
    """Read an export message by message.

    Parameters
    ----------
    export : path or iterable of paths
        Any supported file or folder.

    Returns
    -------
    iterator of Message
        Lazily, with zones; what cannot be read is logged as a warning and passed over. A message seen
        alone shows no boilerplate learnt from others: `score` finds more.

    Raises
    ------
    InputError
        If the export cannot be opened.
    """
    return _messages(open_export(export))


def _messages(items: Iterable[Message | Unreadable]) -> Iterator[Message]:
    for item in items:
        if isinstance(item, Unreadable):
            logger.warning("passed over %s: %s", item.source, item.reason)
        else:
            yield zoned(item)
