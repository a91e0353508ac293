"""Files that are whole or not there, whenever the power goes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

_DRAFT = ".draft"
_BLOCK = 1024 * 1024


@contextmanager
def replacing(path: Path, *, lasting: bool = True) -> Iterator[Path]:
    """Give a draft to write, which takes the file's name once it is complete and on disk.

    Parameters
    ----------
    path : pathlib.Path
        Replaced if it exists.
    lasting : bool, default True
        Whether to wait for the disk. Not needed where a checksum tells what a power cut has spoilt.

    Yields
    ------
    pathlib.Path
        The draft, beside it; its name is no other process's, on no other machine. Removed if writing fails.
    """
    draft = path.with_name(f".{path.name}.{uuid4().hex}{_DRAFT}")
    try:
        yield draft
        if lasting:
            with open(draft, "rb+") as file:
                os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    if lasting:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(path: Path, data: Mapping[str, Any], *, lasting: bool = True) -> None:
    """Write a JSON file, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        Replaced if it exists.
    data : mapping
        Plain data.
    lasting : bool, default True
        As in `replacing`.
    """
    with replacing(path, lasting=lasting) as draft:
        draft.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def clear_folder(folder: Path) -> None:
    """Remove all that is in a folder, and not what links in it lead to.

    Parameters
    ----------
    folder : pathlib.Path
        Stays, empty.
    """
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def checksum(path: Path) -> str:
    """Hash a file's content.

    Parameters
    ----------
    path : pathlib.Path
        Read block by block.

    Returns
    -------
    str
        BLAKE2b, 32 hexadecimal digits.
    """
    digest = hashlib.blake2b(digest_size=16)
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def drafts(folder: Path) -> list[Path]:
    """List what a process that was killed left unfinished.

    Parameters
    ----------
    folder : pathlib.Path
        Not searched below.

    Returns
    -------
    list of pathlib.Path
        Drafts of `replacing`.
    """
    return [path for path in folder.glob(f".*{_DRAFT}") if path.is_file()]
