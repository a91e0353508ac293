"""Whose behaviour a sentence is about, and in which voice; unsure means nobody's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from partnersignal.cleaning.lines import LIST_ITEM
from partnersignal.messages import Message, Sentence, Voice
from partnersignal.suppliers.directory import OURS, Owner, SupplierDirectory

_HEADING = re.compile(r"^[ \t]*(?:#{1,6}[ \t]|\d{1,2}[.)][ \t]|[*_]{2})")
_HEADING_LENGTH = 60
# A list item, or "Holidays: ...", opens another topic: nothing carries over to it.
_TOPIC = re.compile(rf"(?:{LIST_ITEM.pattern})|[ \t]*[^\W\d_][\w &/'’-]{{0,30}}:[ \t]")


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who a sentence is about.

    Attributes
    ----------
    supplier : str
        Name in the directory.
    voice : str
        ``supplier``, ``customer`` or ``third_person``.
    """

    supplier: str
    voice: Voice


def attribute(message: Message, sentences: Sequence[Sentence], directory: SupplierDirectory) -> tuple[Attribution | None, ...]:
    """Attribute the sentences of one message.

    Parameters
    ----------
    message : Message
        With sender and recipients.
    sentences : sequence of Sentence
        Its own new words.
    directory : SupplierDirectory
        Who is who.

    Returns
    -------
    tuple of Attribution or None
        One a sentence; None where it is nobody's or unsure.
    """
    writer = directory.owner(message.sender)
    if message.kind == "meeting_notes" and message.sender is None:
        writer = OURS
    if isinstance(writer, int):
        found = [_by_supplier(directory, writer, sentence) for sentence in sentences]
    elif writer == OURS:
        addressed = {owner for party in message.recipients if isinstance(owner := directory.owner(party), int)}
        if addressed:
            found = [_to_suppliers(directory, addressed, sentence) for sentence in sentences]
        else:
            found = _internal(message, sentences, directory)
    else:
        found = [None] * len(sentences)
    return tuple(Attribution(directory.suppliers[pair[0]].name, pair[1]) if pair else None for pair in found)


_Found = tuple[int, Voice] | None


def _by_supplier(directory: SupplierDirectory, writer: int, sentence: Sentence) -> _Found:
    named = directory.mentions(sentence.text)
    # A supplier that speaks of another one only: whose behaviour that is, the words do not say.
    return (writer, "supplier") if not named or writer in named else None


def _to_suppliers(directory: SupplierDirectory, addressed: set[int], sentence: Sentence) -> _Found:
    named = directory.mentions(sentence.text)
    if not named:
        return (next(iter(addressed)), "customer") if len(addressed) == 1 else None
    only = _only(named)
    if only is None:
        return None
    return only, "customer" if only in addressed else "third_person"


def _internal(message: Message, sentences: Sequence[Sentence], directory: SupplierDirectory) -> list[_Found]:
    """Let a name carry on within its paragraph, a heading within its section, a subject throughout."""
    subject = _only(directory.mentions(message.subject))
    everyone = {owner for sentence in sentences for owner in directory.mentions(sentence.text)}
    default = subject if subject is not None and everyone <= {subject} else None
    section: int | None = None
    current = default
    paragraph = -1
    found: list[_Found] = []
    for sentence in sentences:
        named = directory.mentions(sentence.text)
        line_start = message.text.rfind("\n", 0, sentence.start) + 1
        line_end = message.text.find("\n", sentence.end)
        line = message.text[line_start : line_end if line_end >= 0 else len(message.text)]
        if _is_heading(line, sentence):
            section = _only(named) if named else (None if _HEADING.match(line) else section)
        opens = sentence.start - line_start <= len(line) - len(line.lstrip()) + 6 and _TOPIC.match(line)
        if sentence.paragraph != paragraph or opens:
            paragraph = sentence.paragraph
            current = section if section is not None else default
        if named:
            only = _only(named)
            # Inside one supplier's section another one's name does not say whose behaviour it is, unless it leads.
            other = section is not None and only != section and not _leads(directory, sentence.text)
            current = section if other else only
            found.append((only, "third_person") if only is not None and not other else None)
        else:
            found.append((current, "third_person") if current is not None else None)
    return found


def _is_heading(line: str, sentence: Sentence) -> bool:
    text = line.strip()
    whole = len(text) - len(sentence.text) <= 8
    return bool(_HEADING.match(line) and len(text) <= _HEADING_LENGTH) or (
        whole and len(text) <= 40 and text[-1:] not in ".!?," and text[:1] not in "-*•"
    )


def _leads(directory: SupplierDirectory, text: str) -> bool:
    return bool(directory.mentions(" ".join(text.split()[:4])))


def _only(named: Sequence[Owner]) -> int | None:
    """Return the one supplier named; None for none, several or a shared name."""
    first = named[0] if len(named) == 1 else None
    return first if isinstance(first, int) else None
