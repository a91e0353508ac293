"""Our own JSON Lines: documents with segments, and flat sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from partnersignal.errors import InputError
from partnersignal.labels.sentences import LabelledSentence, message_numbers
from partnersignal.labels.source import Format, Source, context, json_lines, unsure


def _is_document(entry: Mapping[str, Any]) -> bool:
    return "segments" in entry


def _read_document(entry: Mapping[str, Any], source: Source) -> Iterator[LabelledSentence]:
    segments = entry["segments"]
    if not isinstance(segments, list) or not all(isinstance(s, dict) and isinstance(s.get("text"), str) for s in segments):
        raise InputError(
            f'{source.place}: got segments that are no list of objects with a text, expected [{{"text": ..., "labels": [...]}}]'
        )
    previous = ""
    for segment in segments:
        whole = {"voice": entry.get("author", "supplier"), "group": entry.get("group", source.stem), **segment}
        yield source.sentence(whole, segment.get("labels", ()), previous=previous, annotator=entry.get("annotator", ""))
        previous = segment["text"]


def _write_documents(sentences: Sequence[LabelledSentence], labels: Sequence[str]) -> str:
    """Write a document a stretch of sentences of which each names the one before."""
    del labels
    documents: list[dict[str, Any]] = []
    for each, number in zip(sentences, message_numbers(sentences), strict=True):
        segment = {"text": each.text, "labels": sorted(each.labels), **unsure(each)}
        if number < len(documents):
            documents[-1]["segments"].append(segment)
        else:
            first = {**segment, "previous": each.previous} if each.previous else segment
            who = {"annotator": each.annotator} if each.annotator else {}
            documents.append(
                {"id": each.id, "kind": "email", "author": each.voice, "group": each.group, **who, "segments": [first]}
            )
    return json_lines(documents)


def _read_flat(entry: Mapping[str, Any], source: Source) -> Iterator[LabelledSentence]:
    fields = source.fields(entry)
    who = fields.get("annotator", "")
    if fields.get("spans"):
        spans = [(span.get("start"), span.get("end"), span.get("label")) for span in fields["spans"]]
        yield from source.cut(fields, spans, annotator=who)
    elif source.spans:
        yield from source.cut(fields, (), annotator=who)
    else:
        yield source.sentence(fields, fields.get("labels", ()), annotator=who)


def _write_flat(sentences: Sequence[LabelledSentence], labels: Sequence[str]) -> str:
    del labels
    return json_lines(
        {
            "text": each.text, "labels": sorted(each.labels), **context(each), **unsure(each),
            **({"annotator": each.annotator} if each.annotator else {}),
        }
        for each in sentences
    )  # fmt: skip


DOCUMENTS = Format("documents", ".jsonl", _is_document, lambda _: False, _read_document, _write_documents)
FLAT = Format("jsonl", ".jsonl", lambda _: True, lambda entry: bool(entry.get("spans")), _read_flat, _write_flat)
