"""Label Studio: tasks with annotations, as its JSON export and import have them, and a project's labeling config.

https://labelstud.io/guide/task_format
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from partnersignal.errors import InputError
from partnersignal.labels.sentences import LabelledSentence
from partnersignal.labels.source import Format, Source, context, same_sentences
from partnersignal.signals import Signal

SIGNALS, UNSURE = "signals", "unsure"  # names of the two controls of the config


def _claims(entry: Mapping[str, Any]) -> bool:
    return isinstance(entry.get("data"), dict)


def _spans(entry: Mapping[str, Any]) -> bool:
    return any(_found(annotation, "labels") for annotation in entry.get("annotations") or ())


def _found(annotation: Any, kind: str) -> list[dict[str, Any]]:
    results = annotation.get("result") if isinstance(annotation, dict) else None
    return [each for each in results or () if isinstance(each, dict) and each.get("type") == kind]


def _read(entry: Mapping[str, Any], source: Source) -> Iterator[LabelledSentence]:
    """Read the annotations of a task; what a model predicted is nobody's label."""
    data = source.fields(entry["data"])
    annotations = entry.get("annotations") or entry.get("completions") or ()
    if not all(isinstance(annotation, dict) for annotation in annotations):
        raise InputError(f"{source.place}: got annotations that are no objects; export the project as JSON")
    for annotation in annotations:
        who = _annotator(annotation.get("completed_by"))
        if annotation.get("was_cancelled"):
            yield source.sentence(data, (), ignore=True, annotator=who)
            continue
        chosen: dict[str, list[str]] = {SIGNALS: [], UNSURE: []}
        for each in _found(annotation, "choices"):
            place = UNSURE if each.get("from_name") == UNSURE else SIGNALS
            chosen[place] += each.get("value", {}).get("choices", [])
        if source.spans:
            values = [each["value"] for each in _found(annotation, "labels")]
            spans = [(value.get("start"), value.get("end"), label) for value in values for label in value.get("labels", ())]
            yield from source.cut(data, spans, ignore=chosen[UNSURE], annotator=who)
        else:
            yield source.sentence(data, chosen[SIGNALS], ignore=chosen[UNSURE], annotator=who)


def _annotator(value: Any) -> str:
    """Name who completed it: an id, or an object with id and email."""
    if isinstance(value, dict):
        value = value.get("email") or value.get("id")
    return "" if value is None else str(value)


def _write(sentences: Sequence[LabelledSentence], labels: Sequence[str]) -> str:
    del labels
    tasks: list[dict[str, Any]] = []
    for same in same_sentences(sentences):
        annotations: list[dict[str, Any]] = []
        for each in same:
            result = [*choices(SIGNALS, each.labels), *choices(UNSURE, each.ignore or ())]
            who: dict[str, Any] = {"completed_by": {"email": each.annotator}} if each.annotator else {}
            done: dict[str, Any] = {"result": result, "was_cancelled": each.ignore is None}
            annotations.append(done | who)
        tasks.append({"data": {"text": same[0].text, **context(same[0])}, "annotations": annotations})
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def choices(control: str, labels: Any) -> list[dict[str, Any]]:
    """Write chosen labels as results of a control.

    Parameters
    ----------
    control : str
        Its name in the config.
    labels : iterable of str
        What was chosen.

    Returns
    -------
    list of dict
        One result, or none where nothing was chosen.
    """
    chosen = sorted(labels)
    result = {"from_name": control, "to_name": "text", "type": "choices", "value": {"choices": chosen}}
    return [result] if chosen else []


def labeling_config(signals: Sequence[Signal]) -> str:
    """Write the labeling configuration of a project.

    Parameters
    ----------
    signals : sequence of Signal
        The choices.

    Returns
    -------
    str
        XML, to paste into Settings, Labeling Interface, Code.
    """
    lines = [
        "<View>",
        '  <Header value="Who speaks: $voice. Before: $previous" size="5"/>',
        '  <Text name="text" value="$text"/>',
        f'  <Choices name="{SIGNALS}" toName="text" choice="multiple" showInline="false">',
    ]
    for signal in signals:
        mark = "+" if signal.side == "partner" else "-"
        lines.append(f"    <Choice value={quoteattr(signal.label)} hint={quoteattr(f'{mark} {signal.definition}')}/>")
    lines += ["  </Choices>", '  <Header value="Not sure about:" size="5"/>']
    lines.append(f'  <Choices name="{UNSURE}" toName="text" choice="multiple" layout="select">')
    lines += [f"    <Choice value={quoteattr(signal.label)}/>" for signal in signals]
    return "\n".join([*lines, "  </Choices>", "</View>", ""])


LABEL_STUDIO = Format("label-studio", ".json", _claims, _spans, _read, _write)
