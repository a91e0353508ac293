"""What to label next: what the model is unsure of, what it rarely sees, and what is unlike the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from partnersignal.cleaning import find_zones, split_sentences
from partnersignal.errors import InputError
from partnersignal.labels.label_studio import SIGNALS, choices, labeling_config
from partnersignal.labels.sentences import LabelledSentence
from partnersignal.labels.source import context
from partnersignal.messages import VOICES, Voice
from partnersignal.runs.run import Run
from partnersignal.tagging import Tagger
from partnersignal.tagging.calibration import Floats

LARGEST_POOL = 20_000  # sentences that are looked at; a larger run is sampled
_ALIKE = 0.8  # cosine of letter n-grams from which two sentences are the same thing to label
_WORDS = (4, 60)  # shorter ones say nothing, longer ones are tables
TASKS_FILE, CONFIG_FILE = "tasks.json", "labeling_config.xml"
REASONS = ("unsure", "rare signal", "unlike the rest")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A sentence to label.

    Attributes
    ----------
    sentence : LabelledSentence
        With the labels that the model would give it.
    reason : str
        One of `REASONS`.
    probability : float
        The model's, of its likeliest signal.
    """

    sentence: LabelledSentence
    reason: str
    probability: float


def pool_of(run: Run, seed: int = 13) -> list[LabelledSentence]:
    """Collect the sentences of a run that could be labelled.

    Parameters
    ----------
    run : Run
        With its texts.
    seed : int, default 13
        Of the sample, where there are more than 20,000.

    Returns
    -------
    list of LabelledSentence
        Without labels; each once; the group is the supplier, or else the thread.

    Raises
    ------
    InputError
        If the run holds no texts.
    """
    table = run.messages
    table = table[table["text"].notna() & table["voice"].isin(VOICES)]
    if table.empty:
        raise InputError(f"got the run {run.folder} without texts, expected them; score again without --no-quotes")
    order = np.random.default_rng(seed).permutation(len(table))
    found: dict[str, LabelledSentence] = {}
    for row in table.iloc[order].itertuples():
        if len(found) >= LARGEST_POOL:
            break
        group = row.supplier if isinstance(row.supplier, str) and row.supplier else row.thread_id
        for each in _sentences(str(row.text), cast("Voice", str(row.voice)), str(group)):
            found.setdefault(each.id, each)
    return list(found.values())[:LARGEST_POOL]


def _sentences(text: str, voice: Voice, group: str) -> Iterator[LabelledSentence]:
    previous = ""
    for sentence in split_sentences(text, find_zones(text)):
        if _WORDS[0] <= len(sentence.text.split()) <= _WORDS[1]:
            yield LabelledSentence(sentence.text, voice, frozenset(), group, previous)
        previous = sentence.text


def suggest(
    pool: Sequence[LabelledSentence], tagger: Tagger, n: int, labelled: Sequence[LabelledSentence] = (), seed: int = 13
) -> list[Suggestion]:
    """Choose what to label next.

    Parameters
    ----------
    pool : sequence of LabelledSentence
        Candidates.
    tagger : Tagger
        The model to be bettered.
    n : int
        How many.
    labelled : sequence of LabelledSentence
        What is labelled already: left out, and counted to find the rare signals.
    seed : int, default 13
        Of ties.

    Returns
    -------
    list of Suggestion
        A third for each reason, in turn; none much like another.

    Raises
    ------
    InputError
        If `n` is below 1 or there are no candidates.
    """
    if n < 1:
        raise InputError(f"got n={n}, expected at least 1")
    known = {each.id for each in labelled}
    candidates = [each for each in pool if each.id not in known]
    if not candidates:
        raise InputError("got no sentence that is not labelled already, expected some; give another run")
    probabilities = tagger.predict_proba(
        [s.text for s in candidates], [s.voice for s in candidates], [s.previous for s in candidates]
    )
    thresholds = tagger.config.calibration.threshold
    counts = np.array([sum(label in each.labels for each in labelled) for label in tagger.signals])
    if not labelled:
        counts = (probabilities >= thresholds).sum(axis=0)
    picked = _pick([s.text for s in candidates], probabilities, thresholds, counts, n, seed)
    found = []
    for row, reason in picked:
        given = [label for label, p, t in zip(tagger.signals, probabilities[row], thresholds, strict=True) if p >= t]
        base = candidates[row]
        sentence = LabelledSentence(base.text, base.voice, frozenset(given), base.group, base.previous)
        found.append(Suggestion(sentence, reason, float(probabilities[row].max())))
    return found


def _pick(
    texts: Sequence[str], p: Floats, thresholds: Floats, counts: NDArray[np.int64], n: int, seed: int
) -> list[tuple[int, str]]:
    """Take from the three orders in turn what is not like anything taken before."""
    from sklearn.feature_extraction.text import HashingVectorizer

    random = np.random.default_rng(seed)
    vectors = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 4), n_features=2**15, alternate_sign=False).transform(texts)
    nearest = np.zeros(len(texts))  # similarity to the closest sentence taken
    unsure = iter(np.argsort(-_uncertainty(p, thresholds), kind="stable").tolist())
    rare = _rarest_first(p, counts)
    shuffled = random.permutation(len(texts))
    taken: list[tuple[int, str]] = []

    def unlike() -> int:
        return int(shuffled[np.argmin(nearest[shuffled])])

    orders = (unsure, rare, iter(unlike, None))
    while len(taken) < min(n, len(texts)) and float(nearest.min()) < _ALIKE:
        which = len(taken) % len(REASONS)
        row = next((each for each in orders[which] if nearest[each] < _ALIKE), None)
        row = unlike() if row is None else row
        taken.append((row, REASONS[which]))
        nearest = np.maximum(nearest, np.asarray((vectors @ vectors[row].T).todense()).ravel())
        nearest[row] = 1.0
    return taken


def _uncertainty(p: Floats, thresholds: Floats) -> Floats:
    """Measure how close a sentence is to gaining or losing a tag, in log-odds."""
    clipped, limits = np.clip(p, 1e-6, 1 - 1e-6), np.clip(thresholds, 1e-6, 1 - 1e-6)
    gap = np.abs(np.log(clipped / (1 - clipped)) - np.log(limits / (1 - limits)))
    gap[:, thresholds >= 1] = np.inf  # a signal that is never given is not in doubt
    return np.asarray(-gap.min(axis=1, initial=30.0))


def _rarest_first(p: Floats, counts: NDArray[np.int64]) -> Iterator[int]:
    """Give the likeliest sentence of the rarest signal, then of the next, and round again."""
    ranked = [np.argsort(-p[:, k], kind="stable") for k in np.argsort(counts, kind="stable")]
    for place in range(len(p)):
        yield from (int(order[place]) for order in ranked)


def write_project(suggestions: Sequence[Suggestion], tagger: Tagger, folder: Path) -> Path:
    """Write suggestions as a Label Studio project: tasks with the model's labels filled in, and the config.

    Parameters
    ----------
    suggestions : sequence of Suggestion
        What to label.
    tagger : Tagger
        Whose labels they carry.
    folder : pathlib.Path
        Made if it does not exist.

    Returns
    -------
    pathlib.Path
        The file of tasks, for Label Studio's import; the config lies beside it.
    """
    tasks = []
    for each in suggestions:
        data = {"text": each.sentence.text, "previous": "", **context(each.sentence), "reason": each.reason}
        result = choices(SIGNALS, each.sentence.labels)
        prediction = {"model_version": tagger.name or "partnersignal", "score": round(each.probability, 4), "result": result}
        tasks.append({"data": data, "predictions": [prediction]})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG_FILE).write_text(labeling_config(tagger.config.signals), encoding="utf-8")
    (folder / TASKS_FILE).write_text(json.dumps(tasks, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return folder / TASKS_FILE
