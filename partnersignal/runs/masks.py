"""Hiding words in a text without moving any other: offsets of sentences stay true."""

from __future__ import annotations

import re
from collections.abc import Callable

MASK = "\N{MEDIUM SHADE}"
# Possessive, and never tried inside a run of the same characters: linear on any text.
_ADDRESS = re.compile(r"(?<![\w.+-])([\w.+-]++)@[\w.-]++")
_CAPITALISED = re.compile(r"(?<![^\W_])(?=[^\W\d_])[^\W_]++")
_SPACED = re.compile(r"\S")


def mask(text: str) -> str:
    """Hide a text.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        Of the same length, with the same white space.
    """
    return _SPACED.sub(MASK, text)


def mask_local_parts(text: str) -> str:
    """Hide whose the addresses in a text are; their domains stay.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        Of the same length.
    """
    if "@" not in text:
        return text
    return _ADDRESS.sub(lambda found: mask(found[1]) + found[0][len(found[1]) :], text)


def mask_words(text: str, hidden: Callable[[str], bool]) -> str:
    """Hide words that start with a capital or are of a script without capitals.

    Parameters
    ----------
    text : str
        Any.
    hidden : callable
        Told a word in lower case.

    Returns
    -------
    str
        Of the same length.
    """

    def _replace(found: re.Match[str]) -> str:
        word = found[0]
        return mask(word) if not word[0].islower() and hidden(word.casefold()) else word

    return _CAPITALISED.sub(_replace, text)


def name_words(name: str) -> frozenset[str]:
    """Return the words of a person's name.

    Parameters
    ----------
    name : str
        A display name, or the local part of an address.

    Returns
    -------
    frozenset of str
        In lower case, without initials.
    """
    return frozenset(word for word in (found[0].casefold() for found in _CAPITALISED.finditer(name)) if len(word) > 1)
