"""Strangers' text, made fit to be shown: no control characters, bounded length."""

from __future__ import annotations

# Controls, and the marks that reorder what stands beside them (Trojan Source). One to one, so that offsets hold.
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " ")
_REORDERING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\N{REPLACEMENT CHARACTER}")
# Lone surrogates are no text and cannot be written as UTF-8.
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")
_TABLE = _CONTROLS | _REORDERING | _SURROGATES
_TABLE_OF_LINES = _TABLE | {0x0A: "\n"}

SENTENCE = 600  # characters of a sentence shown
TITLE = 160  # of a subject


def shown(text: str, most: int = SENTENCE) -> str:
    """Make a text fit to be shown.

    Parameters
    ----------
    text : str
        Anything.
    most : int
        Characters kept; what is longer ends in an ellipsis.

    Returns
    -------
    str
        Of the same offsets as `text`.
    """
    clean = text[:most].translate(_TABLE)
    return clean if len(text) <= most else f"{clean}…"


def around(text: str, start: int, end: int, reach: int) -> tuple[str, str]:
    """Return what stands before and after a sentence.

    Parameters
    ----------
    text : str
        A message.
    start, end : int
        The sentence in it.
    reach : int
        Characters on each side, cut at a word.

    Returns
    -------
    before, after : str
        Fit to be shown; an ellipsis where the message goes on.
    """
    first, last = max(0, start - reach), min(len(text), end + reach)
    before, after = text[first:start].translate(_TABLE_OF_LINES), text[end:last].translate(_TABLE_OF_LINES)
    if first > 0:
        before = "… " + before.partition(" ")[2]
    if last < len(text):
        after = after.rpartition(" ")[0] + " …"
    return before.lstrip(), after.rstrip()


def utf16(text: str, offset: int) -> int:
    """Turn an offset of Python into one of JavaScript.

    Parameters
    ----------
    text : str
        A text.
    offset : int
        In code points.

    Returns
    -------
    int
        In UTF-16 units.
    """
    return len(text[:offset].encode("utf-16-le", "surrogatepass")) // 2
