"""The unit of work: a part of an export that one process reads from start to end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHARD_BYTES = 1024 * 1024
SHARD_FILES = 500
READ_BYTES = 8 * 1024 * 1024  # of one message or line: its words come first, what is cut are attachments
LINE_TOO_LONG = f"line longer than {READ_BYTES // 1024 // 1024} MiB"
LARGEST_MESSAGE = 64 * 1024 * 1024  # bytes; a larger one is skipped and lands in the receipt

Row = tuple[int, dict[str, Any] | str]  # of a table: its place, and the cells by column or why it cannot be read


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of an export.

    Attributes
    ----------
    format : str
        Name of the reader: ``mbox``, ``eml``, ``csv``, ``jsonl``, ``parquet`` or ``notes``.
    path : str
        The file, or the folder that holds `files`.
    start, stop : int
        Byte range for ``mbox`` and ``jsonl``, row groups for ``parquet``; for ``csv``, `start` is the position that the
        file, opened as text, told. 0, 0 for whole files.
    files : tuple of str
        Paths below `path`, for formats with a message a file.
    lines : tuple of (int, int)
        For ``csv``: lines before the shard and in it; 0, 0 for whole files.
    """

    format: str
    path: str
    start: int = 0
    stop: int = 0
    files: tuple[str, ...] = ()
    lines: tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        """Return the file's own name, for receipts."""
        return Path(self.path).name
