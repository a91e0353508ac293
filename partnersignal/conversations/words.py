"""What messages say, as hashes: enough to know the same words again in a whole export, and small."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.int64]

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one message.

    Attributes
    ----------
    said : tuple of int
        Hashes of the author's own sentences.
    quoted : tuple of (int, int)
        Number of the quoted stretch and hash, for each sentence quoted from a known author.
    blocks : tuple of int
        Hashes of the author's own paragraphs.
    """

    said: tuple[int, ...] = ()
    quoted: tuple[tuple[int, int], ...] = ()
    blocks: tuple[int, ...] = ()


def word_hash(text: str) -> int:
    """Hash the words of a text, whatever its case, marks and line breaks.

    Parameters
    ----------
    text : str
        A sentence or a paragraph.

    Returns
    -------
    int
        64 bits, signed; the same on every machine.
    """
    words = " ".join(_WORD.findall(text.casefold()))
    return int.from_bytes(hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=8).digest(), "little", signed=True)


def word_count(text: str) -> int:
    """Count the words of a text.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    int
        Runs of letters and figures.
    """
    return len(_WORD.findall(text))


def pack(hashes: Iterable[int]) -> bytes:
    """Write hashes into eight bytes each.

    Parameters
    ----------
    hashes : iterable of int
        64 bits each, signed.

    Returns
    -------
    bytes
        For a column of a table.
    """
    return np.fromiter(hashes, dtype="<i8").tobytes()


def unpack(packed: bytes) -> Hashes:
    """Read what `pack` wrote.

    Parameters
    ----------
    packed : bytes
        Eight bytes a hash.

    Returns
    -------
    numpy.ndarray of shape (n_hashes,)
        In the same order.
    """
    return np.frombuffer(packed, dtype="<i8").astype(np.int64)
