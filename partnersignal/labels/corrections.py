"""Labels from the corrections of a run: what readers struck and added is what a model can learn from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import pandas as pd

from partnersignal.labels.sentences import LabelledSentence
from partnersignal.messages import VOICES
from partnersignal.runs.run import Run


def labels_from_corrections(run: Run) -> tuple[LabelledSentence, ...]:
    """Turn the corrections of a run into labelled sentences.

    Parameters
    ----------
    run : Run
        With a ``corrections.csv`` and with quotes.

    Returns
    -------
    tuple of LabelledSentence
        Every sentence with a strike or an addition, with all tags that stand after it: who corrected one saw the others.
        The group is the thread. Sentences whose words the run does not keep are left out.
    """
    judged = dict.fromkeys((c.message_id, c.sentence) for c in run.corrections if c.action != "move")
    if not judged:
        return ()
    raw = pd.read_parquet(run.folder / "tags.parquet")
    known = pd.concat([run.tags, raw], ignore_index=True)
    known = known[known["message_id"].isin([message_id for message_id, _ in judged]) & (known["text"] != "")]
    columns = ("message_id", "sentence", "text", "voice")
    rows = zip(*(known[name].tolist() for name in columns), strict=True)
    places = {(message_id, sentence): (text, voice) for message_id, sentence, text, voice in rows}
    standing = run.tags.groupby(["message_id", "sentence"])["signal"].agg(frozenset).to_dict()
    threads = dict(zip(run.messages["message_id"], run.messages["thread_id"], strict=True))
    found = []
    for key in judged:
        if key in places:
            text, spoken = places[key]
            voice = next(each for each in VOICES if each == spoken)
            found.append(LabelledSentence(text, voice, standing.get(key, frozenset()), threads[key[0]]))
    return tuple(found)


def label_lines(sentences: Iterable[LabelledSentence]) -> Iterator[str]:
    """Write labelled sentences as JSON Lines that `read_labels` reads.

    Parameters
    ----------
    sentences : iterable of LabelledSentence
        From `labels_from_corrections`.

    Returns
    -------
    iterator of str
        A line each, without its end.
    """
    for each in sentences:
        entry = {"text": each.text, "labels": sorted(each.labels), "voice": each.voice, "group": each.group}
        yield json.dumps(entry, ensure_ascii=False)
