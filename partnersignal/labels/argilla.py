"""Argilla: records as ``dataset.records.to_json`` writes them, with a multi-label or a span question.

https://docs.argilla.io/latest/reference/argilla/records/records
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from partnersignal.labels.sentences import LabelledSentence
from partnersignal.labels.source import Format, Source, Span, context, same_sentences

SIGNALS, UNSURE = "signals", "unsure"  # names of the two questions


def _claims(entry: Mapping[str, Any]) -> bool:
    return isinstance(entry.get("fields"), dict)


def _answers(entry: Mapping[str, Any]) -> list[tuple[str, str, list[Any]]]:
    """List question, annotator and values of every response; suggestions are nobody's label."""
    responses = entry.get("responses")
    found = []
    for question, given in responses.items() if isinstance(responses, dict) else ():
        for each in given if isinstance(given, list) else ():
            if isinstance(each, dict):
                value, user = each.get("value"), each.get("user_id")
                values = [] if value is None else value if isinstance(value, list) else [value]
                found.append((str(question), "" if user is None else str(user), values))
    return found


def _spans(entry: Mapping[str, Any]) -> bool:
    return any(isinstance(value, dict) for _, _, values in _answers(entry) for value in values)


def _read(entry: Mapping[str, Any], source: Source) -> Iterator[LabelledSentence]:
    metadata = entry.get("metadata")
    fields = {**(metadata if isinstance(metadata, dict) else {}), **source.fields(entry["fields"])}
    by_user: dict[str, tuple[list[str], list[str], list[Span]]] = {}
    for question, user, values in _answers(entry):
        labels, unsure, spans = by_user.setdefault(user, ([], [], []))
        spans += [(v.get("start"), v.get("end"), v.get("label")) for v in values if isinstance(v, dict)]
        (unsure if question == UNSURE else labels).extend(v for v in values if not isinstance(v, dict))
    for user, (labels, unsure, spans) in by_user.items():
        ignore = True if source.allowed and set(unsure) == source.allowed else unsure
        if source.spans:
            yield from source.cut(fields, spans, ignore=ignore, annotator=user)
        else:
            yield source.sentence(fields, labels, ignore=ignore, annotator=user)


def _write(sentences: Sequence[LabelledSentence], labels: Sequence[str]) -> str:
    records = []
    for same in same_sentences(sentences):
        answers: dict[str, list[dict[str, Any]]] = {SIGNALS: [], UNSURE: []}
        for each in same:
            user = each.annotator or None
            answers[SIGNALS].append({"value": sorted(each.labels), "user_id": user})
            doubts = list(labels) if each.ignore is None else sorted(each.ignore)
            if doubts:
                answers[UNSURE].append({"value": doubts, "user_id": user})
        records.append(
            {
                "id": same[0].id, "fields": {"text": same[0].text}, "metadata": context(same[0]), "suggestions": {},
                "responses": {question: given for question, given in answers.items() if given}, "vectors": {},
            }
        )  # fmt: skip
    return json.dumps(records, ensure_ascii=False, indent=1) + "\n"


ARGILLA = Format("argilla", ".json", _claims, _spans, _read, _write)
