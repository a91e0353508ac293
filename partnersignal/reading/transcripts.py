r"""Transcripts of calls, of many programs, to one shape: a paragraph a turn, ``Name: what was said``.

The parser of subtitles is ours: webvtt-py merges two speakers of one cue under the first, and knows no
``Name:`` prefixes, which is how Zoom names speakers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from html import unescape

_CLOCK = r"\d{1,3}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,3})?(?:[ \u202f]?[AaPp]\.?[Mm]\.?)?"
_TIMING = re.compile(rf"[ \t]*{_CLOCK}[ \t]*-->[ \t]*{_CLOCK}")
_VOICE = re.compile(r"<v(?:\.[\w.-]{0,40})?[ \t]+([^<>\n]{1,120})>")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,120}>|<\d[\d:.]{0,20}>")
_LABEL = re.compile(
    r"[ \t]*(?:-[ \t]+)?(?:\*\*|__)?(?P<name>[\[(]?[^\W_][^\n:<>]{0,79}?)[ \t]?(?:\*\*|__)?:(?:\*\*|__)?(?:[ \t]+|$)"
)
_NAME = re.compile(r"(?:[^\Wa-z_]|\d|d[aeiou']|v[ao]n|de[nr]|el|al|bin|ibn|us|ter|ten|y|zu)[^\s]{0,40}")
_MOST_WORDS = 5
# "[00:01:02] Ann Lee: words", "Ann Lee (00:01:02): words", and the two with the words on the next line.
_AHEAD = re.compile(
    rf"[ \t]*[\[(]?{_CLOCK}[\])]?[ \t]*[-–—]?[ \t]*(?:From[ \t]+)?"
    r"(?P<name>[^\s:\d][^\n:]{0,79}?)[ \t]?:(?:[ \t]+(?P<words>.*))?$"
)
_BEHIND = re.compile(
    rf"[ \t]*(?P<name>[^\s:\d][^\n:]{{0,79}}?)[ \t,]*[\[(]?(?<![\w.]){_CLOCK}[\])]?[ \t]*(?:[:：](?:[ \t]+(?P<words>.*))?)?$"
)
_ALONE = re.compile(rf"[ \t]*[\[(]?{_CLOCK}[\])]?[ \t]*[-–—]?[ \t]+(?P<name>[^\s:\d][^\n:]{{0,79}})$")
_MOMENT = re.compile(rf"[ \t]*[\[(]?{_CLOCK}[\])]?[ \t]*$")
_FEWEST = 2  # timed lines that make a text a transcript

# "[08:12] Ann Lee: words", the time of day: a chat, of which each line is written by itself.
_CHATTED = re.compile(
    r"[ \t]*[\[(]?(?:[01]?\d|2[0-3]):[0-5]\d(?:[ \u202f]?[AaPp]\.?[Mm]\.?)?[\])]?[ \t]*[-–—]?[ \t]*"
    r"[^\s:\d][^\n:]{0,79}?:[ \t]+\S"
)
_FROM_NOUGHT = re.compile(r"(?<![\d:])0{1,2}:")  # a recording begins so
_Turn = tuple[str, str]  # speaker, words


def subtitles_to_turns(text: str) -> str:
    """Read a WebVTT or SubRip file.

    Parameters
    ----------
    text : str
        The file, decoded, line ends normalised; damaged blocks are passed over.

    Returns
    -------
    str
        A paragraph a turn; cues of one speaker joined, so that sentences are whole.

    Raises
    ------
    ValueError
        If there is no cue in it.
    """
    turns = _cue_turns(text)
    if not turns:
        raise ValueError("it holds no cue: no line of the form 00:00:01.000 --> 00:00:02.000")
    lines = text.split("\n")
    first = next(at for at, line in enumerate(lines) if _TIMING.match(line))
    # The title, and notes that list people; other notes are the program's.
    title = re.sub(r"WEBVTT[ \t:–-]*", "", lines[0], count=1) if lines[0].startswith("WEBVTT") else ""
    notes = (line.removeprefix("NOTE").strip() for line in lines[1:first] if re.search(r"[,(@]", line))
    return "\n\n".join(each for each in (title, "\n".join(note for note in notes if speaker_label(note)), turns) if each)


def transcript_to_turns(text: str) -> str:
    """Bring a transcript in a text file or document to the one shape.

    Parameters
    ----------
    text : str
        Notes of any kind.

    Returns
    -------
    str
        The text itself where it is no transcript with times; else what stands before the first turn, and
        a paragraph a turn.
    """
    lines = text.split("\n")
    if sum(_TIMING.match(line) is not None for line in lines) >= _FEWEST:
        timed = next(at for at, line in enumerate(lines) if _TIMING.match(line))
        return "\n\n".join(each for each in (_before(lines[:timed]), _cue_turns(text)) if each)
    heads = [_head(line) for line in lines]
    first = next((at for at, head in enumerate(heads) if head), None)
    if first is None or not _is_transcript(lines[first], [head[0] for head in heads if head]):
        return text
    turns: list[_Turn] = []
    for line, head in zip(lines[first:], heads[first:], strict=True):
        if head:
            turns.append(head)
        elif not _MOMENT.match(line):
            name, words = turns[-1]
            turns[-1] = (name, f"{words} {line.strip()}".strip())
    chat = not _FROM_NOUGHT.search(lines[first]) and all(
        _CHATTED.match(line) for line, head in zip(lines, heads, strict=True) if head
    )
    return "\n\n".join(each for each in (_before(lines[:first]), _written(turns, joined=not chat)) if each)


def speaker_label(line: str) -> tuple[str, str] | None:
    """Read the speaker that a line names first.

    Parameters
    ----------
    line : str
        For example ``Ann Lee (Acme): We fixed it.``

    Returns
    -------
    tuple of (str, str) or None
        The name as it stands, and the words; None where the line begins with no name.
    """
    if ":" not in line:
        return None  # most lines
    match = _LABEL.match(line[:200])
    if match is None or not _is_name(match["name"]):
        return None
    return match["name"].strip(), line[match.end() :]


def _is_transcript(first_line: str, names: list[str]) -> bool:
    """Return whether timed lines are turns and not an agenda: somebody speaks again, or the clock starts at nought."""
    return len(names) >= _FEWEST and (len(set(names)) < len(names) or _FROM_NOUGHT.search(first_line) is not None)


def _is_name(text: str) -> bool:
    """Return whether a text looks like the name of a speaker: few words, each a name's, besides brackets."""
    bare = re.sub(r"[(\[][^()\[\]]{0,60}[)\]]", " ", text.partition("|")[0])
    words = re.sub(r"[,/]|[ \t][-–—][ \t]", " ", bare).split()
    return 0 < len(words) <= _MOST_WORDS and all(_NAME.fullmatch(word) or "@" in word for word in words)


def _before(lines: Iterable[str]) -> str:
    """Return what stands before the first turn, without times and the numbers of cues."""
    kept = (line for line in lines if not _MOMENT.match(line) and not line.strip().isdecimal() and line.strip() != "WEBVTT")
    return "\n".join(kept).strip("\n")


def _cue_turns(text: str) -> str:
    cues = list(_cues(text.split("\n")))
    named = _named_lines(cues)
    return _written(turn for cue in cues for turn in _spoken(cue, named))


def _cues(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the lines of each cue that have words."""
    cue: list[str] | None = None
    for line in lines:
        if _TIMING.match(line):
            if cue:
                if cue[-1].strip().isdecimal():
                    cue.pop()  # the number of a cue that no blank line parts from the one before
                if cue:
                    yield cue
            cue = []
        elif not line.strip():
            if cue:
                yield cue
                cue = None
        elif cue is not None:
            cue.append(line.strip())
    if cue:
        yield cue


def _named_lines(cues: Iterable[list[str]]) -> frozenset[str]:
    """Return the first lines of cues that are names, as older Teams writes them: on a line of their own, again and again."""
    first = Counter(cue[0] for cue in cues if len(cue) > 1 and cue[0][-1] not in ".,?!:" and _is_name(cue[0]))
    return frozenset(name for name, times in first.items() if times > 1)


def _spoken(cue: list[str], named: frozenset[str]) -> Iterator[_Turn]:
    """Yield what each speaker of a cue says; no name where the one before goes on."""
    if cue[0] in named:
        yield cue[0], _plain(" ".join(cue[1:]))
        return
    name = ""
    # Voice tags part the speakers of one cue; without them each line may name its own.
    if any(_VOICE.search(line) for line in cue):
        pieces = _VOICE.split(" ".join(cue))
        yield "", _plain(pieces[0])
        for name, words in zip(pieces[1::2], pieces[2::2], strict=True):
            yield unescape(name).strip(), _plain(words)
        return
    for line in cue:
        name, words = speaker_label(_plain(line)) or ("", _plain(line))
        yield name, words.removeprefix("- ") if not name else words


def _plain(text: str) -> str:
    return " ".join(unescape(_TAG.sub("", text)).replace("<", " ").split())


def _head(line: str) -> _Turn | None:
    """Read a line with a time that opens a turn."""
    match = _AHEAD.match(line) or _BEHIND.match(line) or _ALONE.match(line)
    if match is None:
        return None
    name = re.split(r"[ \t]+to[ \t]+", match["name"])[0].strip(" \t*_")
    if not name or not _is_name(name):
        return None
    return name, (match.groupdict().get("words") or "").strip()


def _written(turns: Iterable[_Turn], *, joined: bool = True) -> str:
    """Join what one speaker says without a break, unless each turn is whole, and write a paragraph a turn."""
    paragraphs: list[tuple[str, list[str]]] = []
    for name, words in turns:
        if not words and not name:
            continue
        if paragraphs and joined and name in ("", paragraphs[-1][0]):
            if not paragraphs[-1][1] or paragraphs[-1][1][-1] != words:  # captions that roll repeat themselves
                paragraphs[-1][1].append(words)
        else:
            paragraphs.append((name.replace(":", " ").replace("\n", " "), [words]))
    written = ((name, " ".join(word for word in words if word)) for name, words in paragraphs)
    return "\n\n".join(f"{name}: {words}" if name else words for name, words in written if words)
