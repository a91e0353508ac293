"""From what the user names to shards: which reader reads what."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from partnersignal.errors import InputError
from partnersignal.messages import Message, Unreadable
from partnersignal.reading import csv_file, eml, mbox, notes, tables
from partnersignal.reading.shard import SHARD_FILES, Shard

FORMATS = {
    ".mbox": "mbox", ".mbx": "mbox", ".eml": "eml", ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl",
    ".ndjson": "jsonl", ".parquet": "parquet", ".txt": "notes", ".md": "notes", ".markdown": "notes",
    ".docx": "notes", ".vtt": "notes", ".srt": "notes",
}  # fmt: skip
SUPPORTED = (
    "mbox (.mbox), .eml files, a folder of them, a Maildir, tables (.csv, .jsonl, .parquet) "
    "or notes (.txt, .md, .docx, .vtt, .srt)"
)
_PER_FILE = ("eml", "notes")


@dataclass(frozen=True, slots=True)
class Export:
    """What the user named, cut into shards.

    Attributes
    ----------
    shards : tuple of Shard
        In a fixed order, whatever the file system's order is.
    passed_over : tuple of Unreadable
        Files in a named folder that no reader reads.
    mapping : tuple of (str, str)
        Field to column, for tables with names of their own.
    """

    shards: tuple[Shard, ...]
    passed_over: tuple[Unreadable, ...] = ()
    mapping: tuple[tuple[str, str], ...] = ()

    def __iter__(self) -> Iterator[Message | Unreadable]:
        """Read all shards in order, lazily."""
        for shard in self.shards:
            yield from read_shard(shard, dict(self.mapping))


def open_export(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], columns: Mapping[str, str] | None = None
) -> Export:
    """Find out what an export is and how to read it.

    Parameters
    ----------
    paths : path or iterable of paths
        Files or folders; folders are searched for all supported files.
    columns : mapping of str to str, optional
        For tables: field of the contract to column name.

    Returns
    -------
    Export
        Nothing but file names and sizes has been read of it, the separators of mbox files, and CSV files larger than a
        shard, to find where rows end.

    Raises
    ------
    InputError
        If a path does not exist, is empty, damaged or of no supported format.
    """
    named = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not named:
        raise InputError(f"got no export, expected at least one path; supported are {SUPPORTED}")
    shards: list[Shard] = []
    passed_over: list[Unreadable] = []
    for each in named:
        path = Path(each)
        if path.is_dir():
            found, skipped = _folder(path, columns)
            shards += found
            passed_over += skipped
        elif path.is_file():
            shards += _file(path, columns)
        else:
            raise InputError(f"got {path}, which does not exist; expected {SUPPORTED}")
    return Export(tuple(shards), tuple(passed_over), tuple((columns or {}).items()))


def read_shard(shard: Shard, columns: Mapping[str, str] | None = None) -> Iterator[Message | Unreadable]:
    """Read one shard.

    Parameters
    ----------
    shard : Shard
        From `open_export`.
    columns : mapping of str to str, optional
        As in `open_export`.

    Returns
    -------
    iterator of Message or Unreadable
        Always the same, in the same order.
    """
    if shard.format == "mbox":
        return mbox.read(shard)
    if shard.format == "eml":
        return eml.read(shard)
    if shard.format == "notes":
        return notes.read(shard)
    return tables.read(shard, columns)


def _format(path: Path) -> str | None:
    known = FORMATS.get(path.suffix.lower())
    if known:
        return known
    with open(path, "rb") as file:
        head = file.read(4096)
    if head.startswith(b"From "):
        return "mbox"
    if head.startswith(b"PAR1"):
        return "parquet"
    first_lines = head.split(b"\n\n")[0].split(b"\n")
    heads = (b"from:", b"received:", b"return-path:", b"message-id:", b"date:", b"delivered-to:", b"mime-version:")
    return "eml" if any(line.lower().startswith(heads) for line in first_lines[:5]) else None


def _file(path: Path, columns: Mapping[str, str] | None) -> list[Shard]:
    if path.stat().st_size == 0:
        raise InputError(f"got {path}, which is empty; expected {SUPPORTED}")
    found = _format(path)
    if found is None:
        raise InputError(f"got {path}, which is of no known format; expected {SUPPORTED}")
    if found in _PER_FILE:
        return [Shard(found, str(path.parent), files=(path.name,))]
    return _cut(found, path, columns)


def _cut(found: str, path: Path, columns: Mapping[str, str] | None = None) -> list[Shard]:
    name = str(path)
    if found == "mbox":
        with open(path, "rb") as file:
            if not file.read(5) == b"From ":
                raise InputError(
                    f"got {path}, which does not start with a 'From ' line; expected an mbox: "
                    "save single messages as .eml, or check that the file is whole"
                )
        return list(mbox.shards(name))
    if found == "jsonl":
        return list(tables.jsonl_shards(name))
    if found == "parquet":
        try:
            tables.columns(pq.read_schema(name).names, name, columns)
            return list(tables.parquet_shards(name))
        except (pa.ArrowInvalid, OSError) as error:
            raise InputError(f"got {path}, which is no readable Parquet file ({_first_line(error)}); write it again") from error
    tables.columns(csv_file.csv_names(name), name, columns)
    return list(csv_file.csv_shards(name))


def _folder(folder: Path, columns: Mapping[str, str] | None) -> tuple[list[Shard], list[Unreadable]]:
    shards: list[Shard] = []
    passed_over: list[Unreadable] = []
    per_file: dict[str, list[str]] = {kind: [] for kind in _PER_FILE}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        relative = path.relative_to(folder)
        if path.name.startswith(".") or any(_hidden(parent) for parent in list(path.parents)[: len(relative.parts) - 1]):
            continue
        maildir = path.parent.name in ("cur", "new") and (path.parent.parent / "cur").is_dir()
        try:
            found = "eml" if maildir else _format(path)
            if found is None:
                passed_over.append(Unreadable(str(relative), "of no supported format"))
            elif found in _PER_FILE:
                per_file[found].append(str(relative))
            elif path.stat().st_size == 0:
                passed_over.append(Unreadable(str(relative), "the file is empty"))
            else:
                shards += _cut(found, path, columns)
        except (InputError, OSError) as error:
            passed_over.append(Unreadable(str(relative), _first_line(error)))
    for kind, names in per_file.items():
        for first in range(0, len(names), SHARD_FILES):
            shards.append(Shard(kind, str(folder), files=tuple(names[first : first + SHARD_FILES])))
    if not shards:
        raise InputError(f"got the folder {folder}, which holds no file that can be read; expected {SUPPORTED}")
    return shards, passed_over


def _hidden(folder: Path) -> bool:
    # Maildir++ names its subfolders ".Sent".
    return folder.name.startswith(".") and not (folder / "cur").is_dir()


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200]
