"""Files that hold one e-mail each: .eml files and Maildir folders."""

from __future__ import annotations

import os
from collections.abc import Iterator

from partnersignal.messages import Message, Unreadable
from partnersignal.reading.mime import parse_message
from partnersignal.reading.shard import LARGEST_MESSAGE, READ_BYTES, Shard


def read(shard: Shard) -> Iterator[Message | Unreadable]:
    """Read the files of a shard.

    Parameters
    ----------
    shard : Shard
        Its `files` hold one message each.

    Yields
    ------
    Message or Unreadable
        One for each file.
    """
    for name in shard.files:
        path = os.path.join(shard.path, name)
        try:
            if os.path.getsize(path) > LARGEST_MESSAGE:
                raise ValueError(f"larger than {LARGEST_MESSAGE // 1024 // 1024} MiB")
            with open(path, "rb") as file:
                data = file.read(READ_BYTES)
            # Some programs save a message with its mbox separator.
            yield parse_message(data.partition(b"\n")[2] if data.startswith(b"From ") else data, name)
        except (OSError, ValueError) as error:
            yield Unreadable(name, str(error))
