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
_BLANKS = {code: " " for code in range(128) if not _WORD.match(chr(code))}  # the pattern takes three times as long


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
    return _hash(words_of(text.casefold()))


def long_hash(text: str, least: int) -> int | None:
    """Hash the words of a text that has enough of them to be known again.

    Parameters
    ----------
    text : str
        A sentence or a paragraph.
    least : int
        Words, runs of letters and figures.

    Returns
    -------
    int or None
        As `word_hash`; None for a text of fewer words.
    """
    words = words_of(text.casefold())
    return _hash(words) if len(words) >= least else None


def words_of(text: str) -> list[str]:
    r"""Find the words of a text.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of str
        Runs of letters, figures and underscores, as the pattern ``\w+`` finds them.
    """
    return text.translate(_BLANKS).split() if text.isascii() else _WORD.findall(text)


def _hash(words: Iterable[str]) -> int:
    said = " ".join(words).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "little", signed=True)


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
