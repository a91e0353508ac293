"""Prodigy: the JSON Lines of db-out: choices, yes or no to one label, and spans.

https://prodi.gy/docs/api-interfaces
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from partnersignal.labels.sentences import LabelledSentence
from partnersignal.labels.source import Format, Source, context, json_lines

_OWN = ("answer", "accept", "options", "_task_hash", "_input_hash", "_view_id")


def _claims(entry: Mapping[str, Any]) -> bool:
    return "text" in entry and any(key in entry for key in _OWN)


def _spans(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("spans"))


def _read(entry: Mapping[str, Any], source: Source) -> Iterator[LabelledSentence]:
    meta = entry.get("meta")
    fields = {**(meta if isinstance(meta, dict) else {}), **source.fields(entry)}
    answer = fields.get("answer", "accept")
    who = fields.get("_annotator_id") or fields.get("_session_id") or ""
    if answer == "ignore" or (answer == "reject" and "label" not in fields):
        yield source.sentence(fields, (), ignore=True, annotator=who)
    elif "label" in fields and "options" not in fields and not source.spans:
        # Yes or no to one label says nothing of the others. Answers on one sentence are joined, so they need a name.
        label = source.labels([fields["label"]])
        held = label if answer == "accept" else ()
        yield source.sentence(fields, list(held), ignore=sorted(source.allowed - label), annotator=who or "prodigy")
    elif source.spans:
        spans = [(span.get("start"), span.get("end"), span.get("label")) for span in fields.get("spans") or ()]
        yield from source.cut(fields, spans, annotator=who)
    else:
        yield source.sentence(fields, fields.get("accept", []), annotator=who)


def _write(sentences: Sequence[LabelledSentence], labels: Sequence[str]) -> str:
    return json_lines(_task(each, labels) for each in sentences)


def _task(each: LabelledSentence, labels: Sequence[str]) -> dict[str, Any]:
    """Write a task of the choice interface."""
    meta: dict[str, Any] = {**context(each), **({"ignore": sorted(each.ignore)} if each.ignore else {})}
    task = {
        "text": each.text,
        "options": [{"id": label, "text": label} for label in labels],
        "accept": sorted(each.labels),
        "answer": "ignore" if each.ignore is None else "accept",
        "_view_id": "choice",
        "meta": meta,
    }
    return {**task, "_annotator_id": each.annotator} if each.annotator else task


PRODIGY = Format("prodigy", ".jsonl", _claims, _spans, _read, _write)
