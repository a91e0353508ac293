"""What ticket systems write around a comment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from partnersignal.cleaning.lines import TIME, Line, dated
from partnersignal.phrases import any_of

_MARKER = re.compile(r"[ \t>]*(?:[-=#*_~+]{2,})[ \t]{0,20}\w.{0,118}?\w\W{0,5}[-=#*_~+]{1,}[ \t]*$")
_LONGEST_MARKER = 120
_STAMP = re.compile(
    r"[ \t]{0,4}[^\W\d_a-z][^\d,.:;!?]{1,40}(?: \([^()]{1,40}\))?,? {1,3}(?=.{0,30}(?:19|20)\d\d).{6,45}(?<![.!?;:,])$"
)
_LONGEST_STAMP = 90
_COMMENTED = re.compile(r"[ \t]{0,4}\S.{1,80}\b[A-Z][A-Z0-9]{1,9}-\d{1,7}\b.{0,40}:$")
_UNDERLINE = re.compile(r"[ \t]{0,4}-{3,}$")
_MOST_ABOVE = 12  # lines above the newest comment
_MOST_BEFORE = 3  # lines, a link, above the one that names who commented


@cache
def _above() -> re.Pattern[str]:
    return re.compile(rf"\b{any_of('above')}.{{0,30}}{any_of('line')}|{any_of('line')}.{{0,12}}{any_of('above')}", re.I)


def is_reply_marker(line: Line) -> bool:
    """Tell ``##- Please type your reply above this line -##``.

    Parameters
    ----------
    line : Line
        One line.

    Returns
    -------
    bool
        Below such a line stands what was said before, or, where it opens the mail, the news.
    """
    text = line.text
    return len(text) <= _LONGEST_MARKER and _MARKER.match(text) is not None and _above().search(text) is not None


def is_stamp(line: Line) -> bool:
    """Tell the line above a comment: ``Ann Lee, Aug 14, 2025, 15:06``.

    Parameters
    ----------
    line : Line
        One line, with a rule or nothing above it.

    Returns
    -------
    bool
        True for a name, then a date and a time, and no more.
    """
    text = line.text
    return len(text) <= _LONGEST_STAMP and _STAMP.match(text) is not None and TIME.search(text) is not None and dated(text)


def newest_comment(lines: Sequence[Line], top: int) -> int:
    """Find where the newest comment begins in a mail that a ticket system sent.

    Parameters
    ----------
    lines : sequence of Line
        The body.
    top : int
        The first line to look at.

    Returns
    -------
    int
        The line behind what the system wrote above it; `top` where no system did.
    """
    filled = [at for at in range(top, min(len(lines), top + _MOST_ABOVE)) if not lines[at].blank][:3]
    # "Ann Lee commented on KEY-12:" and a rule, a link above it at most.
    for at, below in pairwise(filled):
        if _COMMENTED.match(lines[at].text) and _UNDERLINE.match(lines[below].text) and at - top < _MOST_BEFORE:
            return below + 1
    if not filled or not is_reply_marker(lines[filled[0]]):
        return top
    first = filled[0]
    return next((at for at in range(first + 1, min(len(lines), first + _MOST_ABOVE)) if is_stamp(lines[at])), first) + 1
