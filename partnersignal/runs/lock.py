"""One process a run folder: the second is refused, and a lock dies with its process."""

from __future__ import annotations

import errno
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from partnersignal.errors import RunError

LOCK_FILE = "run.lock"
_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)

logger = logging.getLogger(__name__)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run folder.

    Parameters
    ----------
    folder : pathlib.Path
        Exists. The operating system holds the lock, so that a file left by a killed process locks nobody out.

    Raises
    ------
    RunError
        If another process holds it.
    """
    path = folder / LOCK_FILE
    handle = _acquire(path)
    try:
        os.truncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        yield
    finally:
        # Removed before it is let go: whoever opened it meanwhile sees that it is no longer the folder's lock.
        path.unlink(missing_ok=True)
        os.close(handle)


def _acquire(path: Path) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(handle)
            if _same(handle, path):
                return handle
        except OSError as error:
            holder = os.pread(handle, 200, 0).decode("utf-8", "replace").strip() if hasattr(os, "pread") else ""
            os.close(handle)
            if error.errno in _HELD:
                raise RunError(
                    f"got --out {path.parent}, where {holder or 'another process'} is at work; "
                    "wait until it has finished, or choose another --out"
                ) from None
            raise
        os.close(handle)


def _same(handle: int, path: Path) -> bool:
    """Return whether the file that was locked still is the one of that name."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def _lock(handle: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        # Type checkers on other systems do not know these names.
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            raise
        logger.warning("%s: this file system has no locks; let no second process work on the run", error)
