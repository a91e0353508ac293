"""A body as lines that know their place, and the shapes lines have in any language."""

from __future__ import annotations

import re
from typing import NamedTuple

TIME = re.compile(r"(?<![\d:.])\d{1,2}\s?[:.hH]\s?\d{2}(?::\d{2})?(?!\d)")
DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}|(?:19|20)\d\d)(?!\d)"
    r"|\d{1,2}\s?[月日]|\d{4}\s?年"
)
_FIGURE = re.compile(r"\d")
_ADDRESS = re.compile(r"[\w.+'%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
QUOTE_MARK = re.compile(r"[ \t]{0,4}(?:>|\|(?=\s)|[A-ZА-ЯЁ]{2,3}>{1,4}(?=\s|$))")  # "AL> ": initials of the quoted
LIST_ITEM = re.compile(r"[ \t]*(?:[-*•‣·◦▪–+o]|\(?\d{1,2}[.)]|\(?[a-z][.)])[ \t]+(?=\S)")
_LONGEST_REST = 30
_ENDS = (".", "!", "?", ";")
_LEAST_BARS = 2  # between cells; one stands in signatures too
_SHORTEST_WRAPPED, _LONGEST_WRAPPED, _LONGEST_WORD = 60, 100, 15


class Line(NamedTuple):
    """A line of a body without its line end.

    Attributes
    ----------
    start, end : int
        Code points; `end` is past the line end, so that lines cover the text.
    text : str
        The line, trailing white space cut.
    blank : bool
        Whether the line holds nothing.
    quoted : bool
        Whether the line is marked as quoted.
    """

    start: int
    end: int
    text: str
    blank: bool
    quoted: bool


def split_lines(text: str) -> list[Line]:
    r"""Cut a text into lines.

    Parameters
    ----------
    text : str
        Line ends are ``\n``.

    Returns
    -------
    list of Line
        They cover the text without gaps.
    """
    lines = []
    start = 0
    for piece in text.split("\n"):
        end = start + len(piece) + 1
        line = piece.rstrip()
        marked = (">" in line or "|" in line) and QUOTE_MARK.match(line) is not None  # most lines have neither
        lines.append(Line(start, end, line, not line, marked))
        start = end
    lines[-1] = lines[-1]._replace(end=len(text))  # no line end stands behind it
    return lines


def is_row(line: str) -> bool:
    """Return whether a line is the row of a table.

    Parameters
    ----------
    line : str
        One line.

    Returns
    -------
    bool
        True for cells between tabs or bars.
    """
    if "\t" not in line and "|" not in line:
        return False  # most lines: this is asked for every one
    bare = line.strip()
    return "\t" in bare or (bare.startswith("|") and bare.endswith("|")) or bare.count(" | ") >= _LEAST_BARS


def are_rows(one: str, other: str) -> bool:
    """Return whether two lines are rows of a table whose cells stand between semicolons.

    Parameters
    ----------
    one, other : str
        Lines, one below the other.

    Returns
    -------
    bool
        True where both have as many cells, three or more, and neither ends as a sentence does.
    """
    cells = one.count(";")
    return _LEAST_BARS <= cells == other.count(";") and not one.rstrip().endswith(_ENDS) and not other.rstrip().endswith(_ENDS)


def is_rest(text: str) -> bool:
    """Return whether a line is short and begins small, as the rest of a line that a program broke.

    Parameters
    ----------
    text : str
        One line.

    Returns
    -------
    bool
        Between two marked lines such a line is marked as well.
    """
    return len(text) <= _LONGEST_REST and text[:1].islower()


def may_be_wrapped(line: str, following: str) -> bool:
    """Return whether a program may have broken a line here: they do at 60 to 80 characters, where a word did not fit.

    Parameters
    ----------
    line, following : str
        The lines before and after the break.

    Returns
    -------
    bool
        False where the next word would have fitted, or the line is too long for a program's.
    """
    length = len(line.rstrip())
    if not _SHORTEST_WRAPPED - _LONGEST_WORD <= length <= _LONGEST_WRAPPED:
        return False
    word = following[:_LONGEST_WRAPPED].split(maxsplit=1)
    return length + 1 + (min(len(word[0]), _LONGEST_WORD) if word else 0) > _SHORTEST_WRAPPED


def dated(text: str) -> bool:
    """Return whether a text names a date or a time of day in figures.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    bool
        True for ``3.5.2024``, ``2024-05-03``, ``May 3, 2024``, ``12:04``, ``5月3日``.
    """
    return _FIGURE.search(text) is not None and bool(TIME.search(text) or DATE.search(text))


def address_in(text: str) -> re.Match[str] | None:
    """Find the first e-mail address of a text.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    re.Match or None
        Where it stands.
    """
    return _ADDRESS.search(text) if "@" in text else None  # the pattern alone tries 64 characters from each letter
