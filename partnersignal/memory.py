"""Memory: given back to the system where a long run has used it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa


def give_back() -> None:
    """Return freed memory to the system, where the C library keeps it (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


@contextmanager
def lean() -> Iterator[None]:
    """Let Arrow allocate from the system, which takes freed memory back; its own allocator keeps up to half of it.

    Yields
    ------
    None
        For the time of a run; the allocator that was in use before comes back.
    """
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)
