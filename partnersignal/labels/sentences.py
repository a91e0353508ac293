"""What readers said of a sentence, and the id by which labels survive a second reading of the mail."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from partnersignal.messages import Voice


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A sentence with what readers said of it.

    Attributes
    ----------
    text : str
        The sentence.
    voice : str
        Who speaks.
    labels : frozenset of str
        Signals it shows.
    group : str
        What must not be split between training and test: a world, an organisation, a thread.
    previous : str
        The sentence before it in its document, or empty.
    ignore : frozenset of str or None
        Labels on which readers differed; None for all of them.
    annotator : str
        Who labelled it; empty where unknown, or where several were joined.
    """

    text: str
    voice: Voice
    labels: frozenset[str]
    group: str
    previous: str = ""
    ignore: frozenset[str] | None = frozenset()
    annotator: str = ""

    @property
    def ignored(self) -> bool:
        """Return whether any of it is not scored."""
        return self.ignore is None or bool(self.ignore)

    @property
    def id(self) -> str:
        """Return the id that its words and its voice give it, wherever it is read."""
        return sentence_id(self.text, self.voice)


def sentence_id(text: str, voice: str) -> str:
    """Name a sentence by its content.

    Parameters
    ----------
    text : str
        The sentence; runs of white space and forms of the same character make no difference.
    voice : str
        Who speaks.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.blake2b(f"{voice}\x1f{plain}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def message_numbers(sentences: Iterable[LabelledSentence]) -> list[int]:
    """Tell sentences of one message from those of the next: each but the first names the one before.

    Parameters
    ----------
    sentences : iterable of LabelledSentence
        In the order of their files.

    Returns
    -------
    list of int
        One a sentence, from 0; a sentence of a flat file stands alone.
    """
    numbers: list[int] = []
    last: LabelledSentence | None = None
    for each in sentences:
        follows = last is not None and each.previous == last.text and _kin(each) == _kin(last)
        numbers.append(numbers[-1] + (not follows) if numbers else 0)
        last = each
    return numbers


def _kin(sentence: LabelledSentence) -> tuple[str, str, str]:
    return sentence.voice, sentence.group, sentence.annotator


def join_annotators(sentences: Iterable[LabelledSentence]) -> tuple[LabelledSentence, ...]:
    """Join what several annotators said of the same sentence into one judgement.

    Parameters
    ----------
    sentences : iterable of LabelledSentence
        As read; those without an annotator stay as they are.

    Returns
    -------
    tuple of LabelledSentence
        In order of first appearance. A label holds where more than half of those who judged it gave it,
        and is ignored where exactly half did.
    """
    given = tuple(sentences)
    if not any(sentence.annotator for sentence in given):
        return given
    found: dict[tuple[str, ...], list[LabelledSentence]] = {}
    for number, sentence in enumerate(given):
        shared = (sentence.id, sentence.group, sentence.previous) if sentence.annotator else (str(number),)
        found.setdefault(shared, []).append(sentence)
    return tuple(_joined(same) for same in found.values())


def _joined(same: list[LabelledSentence]) -> LabelledSentence:
    first = replace(same[0], annotator="")
    if len(same) == 1:
        return first
    judged = [sentence for sentence in same if sentence.ignore is not None]
    if not judged:
        return first
    labels, ignore = set(), set()
    for label in {label for s in judged for label in s.labels | (s.ignore or frozenset())}:
        votes = [label in s.labels for s in judged if label not in (s.ignore or ())]
        if not votes or 2 * sum(votes) == len(votes):
            ignore.add(label)
        elif 2 * sum(votes) > len(votes):
            labels.add(label)
    return replace(first, labels=frozenset(labels), ignore=frozenset(ignore))
