"""Which sentences a model was trained on, as hashes: measured on them, it looks better than it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from partnersignal.labels import LabelledSentence

FILE = "trained_on.txt"
_DIGITS = 8  # of the 16 of an id: one sentence in 100,000 is mistaken for one of 30,000 known ones
_FEWEST_WORDS = 4  # below it is "Kind regards," and the like, which every mailbox shares


def remember(folder: str | Path, sentences: Iterable[LabelledSentence], base: frozenset[str] | None = None) -> None:
    """Write into a model folder what it was trained on.

    Parameters
    ----------
    folder : path
        The model.
    sentences : iterable of LabelledSentence
        What it was trained on; shorter ones than four words are left out.
    base : frozenset of str, optional
        What the model that it began from was trained on, as `recall` gives it.
    """
    known = {mark for mark in map(_mark, sentences) if mark} | (base or frozenset())
    (Path(folder) / FILE).write_text("".join(f"{mark}\n" for mark in sorted(known)), encoding="ascii")


def recall(folder: str | Path | None) -> frozenset[str] | None:
    """Read what a model was trained on.

    Parameters
    ----------
    folder : path or None
        The model, or a part of a cascade, which was trained on what the whole was trained on.

    Returns
    -------
    frozenset of str or None
        First 8 hexadecimal digits of the ids of sentences; None where the folder does not say.
    """
    for place in (Path(folder), Path(folder).parent) if folder is not None else ():
        if (place / FILE).is_file():
            return frozenset((place / FILE).read_text(encoding="ascii", errors="replace").split())
    return None


def count_seen(known: frozenset[str] | None, sentences: Iterable[LabelledSentence]) -> int | None:
    """Count the sentences that a model was trained on.

    Parameters
    ----------
    known : frozenset of str or None
        What it was trained on, as `recall` gives it.
    sentences : iterable of LabelledSentence
        A test set.

    Returns
    -------
    int or None
        None where nobody knows.
    """
    return None if known is None else sum(_mark(sentence) in known for sentence in sentences)


def tell_seen(who: str, seen: int | None, total: int) -> str:
    """Say in words that a model was measured on what it was trained on.

    Parameters
    ----------
    who : str
        Which model.
    seen : int or None
        As `count_seen` gives it.
    total : int
        Sentences of the test set.

    Returns
    -------
    str
        Empty if it was not, or nobody knows.
    """
    return f"{who} was trained on {seen:,} of these {total:,} sentences ({seen / total:.1%}): they flatter it" if seen else ""


def _mark(sentence: LabelledSentence) -> str:
    return sentence.id[:_DIGITS] if len(sentence.text.split()) >= _FEWEST_WORDS else ""
