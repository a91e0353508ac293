"""doccano: JSON Lines of text classification, sequence labelling, and intent detection.

https://github.com/doccano/doccano (backend/data_export/pipeline/examples)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from partnersignal.errors import InputError
from partnersignal.labels.sentences import LabelledSentence
from partnersignal.labels.source import Format, Source, Span, context, json_lines, unsure


def _claims(entry: Mapping[str, Any]) -> bool:
    return "text" in entry and "labels" not in entry and any(key in entry for key in ("label", "entities", "cats"))


def _spans(entry: Mapping[str, Any]) -> bool:
    label = entry.get("label")
    return bool(entry.get("entities")) or (isinstance(label, list) and any(isinstance(each, list) for each in label))


def _read(entry: Mapping[str, Any], source: Source) -> Iterator[LabelledSentence]:
    fields = source.fields(entry)
    label = fields.get("label", fields.get("cats", ()))
    who = fields.get("annotator", fields.get("username", ""))
    if source.spans:
        listed = list(label) if isinstance(label, list) else []
        found = [_span(each, source) for each in [*listed, *(fields.get("entities") or ())] if not isinstance(each, str)]
        yield from source.cut(fields, found, annotator=who)
    else:
        yield source.sentence(fields, [label] if isinstance(label, str) else label, annotator=who)


def _span(value: Any, source: Source) -> Span:
    """Read ``[start, end, label]`` or the object of a relation project."""
    if isinstance(value, dict):
        value = [value.get("start_offset"), value.get("end_offset"), value.get("label")]
    if not isinstance(value, list) or len(value) != 3 or not isinstance(value[2], str):
        raise InputError(f"{source.place}: got the span {value!r}, expected [start, end, label]")
    return value[0], value[1], value[2]


def _write(sentences: Sequence[LabelledSentence], labels: Sequence[str]) -> str:
    del labels
    return json_lines(
        {
            "text": each.text, "label": sorted(each.labels), **context(each), **unsure(each),
            **({"annotator": each.annotator} if each.annotator else {}),
        }
        for each in sentences
    )  # fmt: skip


DOCCANO = Format("doccano", ".jsonl", _claims, _spans, _read, _write)
