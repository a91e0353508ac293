"""What is wrong with labels before anybody trains on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from partnersignal.labels.sentences import LabelledSentence

FEWEST_TO_LEARN = 5  # positives below which a label stays out of the macro average
FEWEST_TO_TRUST = 30  # positives below which a label's own threshold is drawn towards the others'


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at.

    Attributes
    ----------
    kind : str
        ``duplicate``, ``conflict``, ``missing``, ``rare``, ``leak`` or ``likely error``.
    message : str
        What is wrong, and where.
    text : str
        The sentence, where it is one.
    """

    kind: str
    message: str
    text: str = ""


def check_labels(splits: Mapping[str, Sequence[LabelledSentence]], labels: Sequence[str]) -> tuple[Finding, ...]:
    """Check labels.

    Parameters
    ----------
    splits : mapping of str to sequence of LabelledSentence
        Sentences by file. Files are taken for splits: what is in two of them is not tested honestly.
    labels : sequence of str
        Those that should occur.

    Returns
    -------
    tuple of Finding
        Duplicates over files and groups, conflicts, missing and rare labels, threads cut by the groups.
    """
    copies: dict[str, list[tuple[str, LabelledSentence]]] = {}
    for name, sentences in splits.items():
        for each in sentences:
            copies.setdefault(each.id, []).append((name, each))
    repeated = [same for same in copies.values() if len(same) > 1]
    return (*_conflicts(repeated), *_duplicates(repeated), *_leaks(splits), *_counts(splits, labels))


def _conflicts(repeated: list[list[tuple[str, LabelledSentence]]]) -> list[Finding]:
    found = []
    for same in repeated:
        clear = [each for _, each in same if each.ignore is not None]
        ignored = {label for each in clear for label in each.ignore or ()}
        sets = {each.labels - ignored for each in clear}
        if len(sets) > 1:
            said = " / ".join(sorted(", ".join(sorted(labels)) or "none" for labels in sets))
            found.append(Finding("conflict", f"labelled {len(same)} times, differently: {said}", clear[0].text))
    return found


def _duplicates(repeated: list[list[tuple[str, LabelledSentence]]]) -> list[Finding]:
    found = []
    for same in repeated:
        files, groups = sorted({name for name, _ in same}), sorted({each.group for _, each in same})
        first = same[0][1]
        # Short courtesies are everybody's; a labelled sentence in two places is a copy.
        if not any(each.labels for _, each in same):
            continue
        if len(files) > 1:
            found.append(Finding("duplicate", f"in the files {', '.join(files)}: tested on what was trained on", first.text))
        elif len(groups) > 1:
            found.append(Finding("duplicate", f"in the groups {', '.join(groups)}: folds would share it", first.text))
    return found


def _leaks(splits: Mapping[str, Sequence[LabelledSentence]]) -> list[Finding]:
    """Find threads that the groups, or the files, cut: a sentence here, the one before it there."""
    places: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for name, sentences in splits.items():
        for each in sentences:
            places.setdefault((each.text, each.voice), set()).add((name, each.group))
    cut: Counter[tuple[str, str]] = Counter()
    for name, sentences in splits.items():
        for each in sentences:
            before = places.get((each.previous, each.voice), set()) if each.previous else set()
            if before and (name, each.group) not in before:
                other_file, other_group = min(before)
                here, there = (name, other_file) if name != other_file else (each.group, other_group)
                cut[min(here, there), max(here, there)] += 1
    return [Finding("leak", f"{n} sentences follow one of {a} but stand in {b}, or the other way") for (a, b), n in cut.items()]


def _counts(splits: Mapping[str, Sequence[LabelledSentence]], labels: Sequence[str]) -> list[Finding]:
    positives = Counter(label for sentences in splits.values() for each in sentences for label in each.labels)
    groups = {label: {s.group for part in splits.values() for s in part if label in s.labels} for label in positives}
    found = []
    for label in labels:
        n = positives[label]
        if n == 0:
            found.append(Finding("missing", f"{label}: no sentence; the model will never give it"))
        elif n < FEWEST_TO_LEARN:
            found.append(Finding("rare", f"{label}: {n} sentences, too few to measure; label {FEWEST_TO_LEARN} or more"))
        elif n < FEWEST_TO_TRUST:
            found.append(
                Finding("rare", f"{label}: {n} sentences; its threshold is drawn towards the others' below {FEWEST_TO_TRUST}")
            )
        if n and len(groups[label]) == 1:
            found.append(Finding("rare", f"{label}: in the group {min(groups[label])} only; no fold can learn and test it"))
    return found
