"""Label files of other tools: by their documented schemas, there and back."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnersignal.errors import InputError
from partnersignal.labels import (
    FORMAT_NAMES,
    LabelledSentence,
    join_annotators,
    read_labels,
    sentence_id,
    to_dataset,
    write_labels,
)
from partnersignal.labels.label_studio import labeling_config
from partnersignal.messages import VOICES
from partnersignal.signals import default_signals, labels

SUFFIX = {"documents": ".jsonl", "jsonl": ".jsonl", "prodigy": ".jsonl", "doccano": ".jsonl", "csv": ".csv", "tsv": ".tsv"}
LABELS = st.frozensets(st.sampled_from(labels()), max_size=3)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=40).filter(str.strip)


@st.composite
def labelled(draw: st.DrawFn) -> LabelledSentence:
    found = draw(LABELS)
    ignore = draw(st.one_of(st.none(), LABELS)) if draw(st.booleans()) else frozenset()
    if ignore is None:
        found = frozenset()
    return LabelledSentence(
        draw(WORDS), draw(st.sampled_from(VOICES)), found - (ignore or frozenset()), draw(st.sampled_from(["g1", "Acme GmbH"])),
        draw(st.sampled_from(["", "Before; it, \"all\"."])), ignore, draw(st.sampled_from(["", "ann@x.org", "7"])),
    )  # fmt: skip


def ordered(sentences: list[LabelledSentence]) -> list[str]:
    return sorted(
        repr((s.text, s.voice, sorted(s.labels), s.group, s.previous, s.ignore and sorted(s.ignore), s.annotator))
        for s in sentences
    )


@pytest.mark.parametrize("form", FORMAT_NAMES)
@settings(max_examples=40, deadline=None)
@given(st.lists(labelled(), min_size=1, max_size=5))
def test_what_is_written_is_read_back(
    form: str, tmp_path_factory: pytest.TempPathFactory, sentences: list[LabelledSentence]
) -> None:
    path = tmp_path_factory.mktemp("labels") / f"labels{SUFFIX.get(form, '.parquet' if form == 'parquet' else '.json')}"
    write_labels(sentences, path, form)
    assert ordered(read_labels(path, join=False)) == ordered(sentences)


def test_a_dataset_is_read_back() -> None:
    sentences = [
        LabelledSentence("Late.", "customer", frozenset(["broken_promise"]), "g", "Hm.", frozenset(["listening"]), "a"),
        LabelledSentence("Fine.", "supplier", frozenset(), "g", "", None),
    ]
    pytest.importorskip("datasets")
    data = to_dataset(sentences)
    assert ordered(read_labels(data, join=False)) == ordered(sentences)


def test_class_labels_and_splits_of_a_dataset() -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"sentence": datasets.Value("string"), "label": datasets.ClassLabel(names=["listening", "upselling"])}
    )
    split = datasets.Dataset.from_dict({"sentence": ["One.", "Two."], "label": [1, 0]}, features=features)
    found = read_labels(datasets.DatasetDict(train=split, test=split), columns={"text": "sentence"})
    assert [(s.text, set(s.labels)) for s in found] == [("One.", {"upselling"}), ("Two.", {"listening"})] * 2


def put(folder: Path, name: str, *entries: object) -> Path:
    path = folder / name
    lines = [json.dumps(entry) for entry in entries]
    path.write_text(lines[0] if name.endswith(".json") else "\n".join(lines), encoding="utf-8")
    return path


TWO = "We saw the disk filling up. Lunch is at one."


def test_label_studio_export_with_annotators_spans_and_predictions(tmp_path: Path) -> None:
    """The shapes of labelstud.io/guide/task_format."""
    choice = {"from_name": "signals", "to_name": "text", "type": "choices", "value": {"choices": ["listening"]}}
    task = {
        "id": 1, "project": 83, "data": {"text": "How are you?", "voice": "customer"},
        "annotations": [
            {"id": 1, "completed_by": 10, "was_cancelled": False, "result": [choice]},
            {"id": 2, "completed_by": {"id": 3, "email": "b@x.org"}, "was_cancelled": False, "result": []},
            {"id": 3, "completed_by": 4, "was_cancelled": True, "result": []},
        ],
        "predictions": [{"model_version": "m", "result": [choice]}],
    }  # fmt: skip
    found = read_labels(put(tmp_path, "a.json", [task, {"data": {"text": "Not labelled."}, "annotations": []}]), join=False)
    assert [(s.annotator, set(s.labels), s.ignore) for s in found] == [
        ("10", {"listening"}, frozenset()), ("b@x.org", set(), frozenset()), ("4", set(), None),
    ]  # fmt: skip
    span = {"from_name": "label", "to_name": "text", "type": "labels"}
    value = {"start": 0, "end": 26, "text": TWO[:26], "labels": ["proactive_help"]}
    spans = {"data": {"text": TWO}, "annotations": [{"result": [{**span, "value": value}]}]}
    nothing = {"data": {"text": TWO}, "annotations": [{"result": []}]}
    found = read_labels(put(tmp_path, "b.json", [spans, nothing]))
    assert [(s.text, set(s.labels), s.previous) for s in found] == [
        ("We saw the disk filling up.", {"proactive_help"}, ""),
        ("Lunch is at one.", set(), "We saw the disk filling up."),
        ("We saw the disk filling up.", set(), ""),
        ("Lunch is at one.", set(), "We saw the disk filling up."),
    ]


def test_doccano_classification_spans_relations_and_intents(tmp_path: Path) -> None:
    both = [{"text": "A.", "label": ["listening"]}, {"id": 3, "text": "B.", "label": "upselling"}]
    assert [set(s.labels) for s in read_labels(put(tmp_path, "a.jsonl", *both))] == [{"listening"}, {"upselling"}]
    for name, entry in (
        ("b.jsonl", {"text": TWO, "label": [[0, 27, "proactive_help"]]}),
        ("c.jsonl", {"text": TWO, "entities": [{"id": 0, "start_offset": 0, "end_offset": 27, "label": "proactive_help"}]}),
    ):
        assert [set(s.labels) for s in read_labels(put(tmp_path, name, entry))] == [{"proactive_help"}, set()]
    assert read_labels(put(tmp_path, "d.jsonl", {"text": "A.", "cats": ["listening"]}))[0].labels


def test_prodigy_choices_ignored_and_yes_or_no(tmp_path: Path) -> None:
    base = {"_input_hash": 1, "_task_hash": 2, "_session_id": "s-ann", "_view_id": "choice"}
    found = read_labels(
        put(
            tmp_path, "a.jsonl",
            {**base, "text": "A.", "options": [{"id": "listening", "text": "x"}], "accept": ["listening"], "answer": "accept"},
            {**base, "text": "B.", "options": [], "accept": [], "answer": "ignore"},
        )
    )  # fmt: skip
    assert [(set(s.labels), s.ignore) for s in found] == [({"listening"}, frozenset()), (set(), None)]
    yes = {"text": "C.", "label": "listening", "answer": "accept", "_input_hash": 3}
    no = {"text": "C.", "label": "upselling", "answer": "reject", "_input_hash": 3}
    (joined,) = read_labels(put(tmp_path, "b.jsonl", yes, no))
    assert joined.labels == {"listening"}
    assert joined.ignore == set(labels()) - {"listening", "upselling"}  # the others were not asked
    spans = {**base, "text": TWO, "answer": "accept", "spans": [{"start": 28, "end": 44, "label": "upselling"}]}
    assert [set(s.labels) for s in read_labels(put(tmp_path, "c.jsonl", spans))] == [set(), {"upselling"}]


def test_argilla_responses_of_two_users_and_spans(tmp_path: Path) -> None:
    record = {
        "id": "r1", "fields": {"text": "How are you?"}, "metadata": {"voice": "customer"}, "vectors": {}, "_server_id": "s",
        "suggestions": {"signals": {"value": ["upselling"], "score": 0.9, "agent": "m"}},
        "responses": {"signals": [{"value": ["listening"], "user_id": "u1"}, {"value": ["listening"], "user_id": "u2"}]},
    }  # fmt: skip
    (found,) = read_labels(put(tmp_path, "a.json", [record]))
    assert (found.voice, found.labels, found.annotator) == ("customer", {"listening"}, "")
    span = {
        "fields": {"text": TWO},
        "responses": {"s": [{"value": [{"start": 0, "end": 27, "label": "listening"}], "user_id": "u"}]},
    }
    assert [set(s.labels) for s in read_labels(put(tmp_path, "b.json", [span]))] == [{"listening"}, set()]


def test_tables_with_other_names_and_a_column_a_label(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("Satz\tUrteil\nSpät.\tbroken_promise\nGut.\t\n", encoding="utf-8")
    found = read_labels(path, columns={"text": "Satz", "labels": "Urteil"})
    assert [(s.text, set(s.labels)) for s in found] == [("Spät.", {"broken_promise"}), ("Gut.", set())]
    wide = tmp_path / "w.csv"
    wide.write_text("text,listening,upselling\nA.,1,0\nB.,0,yes\nC.,,\n", encoding="utf-8")
    assert [set(s.labels) for s in read_labels(wide)] == [{"listening"}, {"upselling"}, set()]


def test_the_majority_of_annotators_decides_and_a_tie_is_ignored() -> None:
    base = LabelledSentence("A.", "supplier", frozenset(), "g")
    said = [["listening", "upselling"], ["listening"], ["upselling"], ["listening"]]
    votes = [replace(base, labels=frozenset(each), annotator=str(n)) for n, each in enumerate(said)]
    (joined,) = join_annotators(votes)
    assert (joined.labels, joined.ignore, joined.annotator) == ({"listening"}, {"upselling"}, "")
    assert len(join_annotators([base, base])) == 2  # without names they are two sentences


def test_ids_survive_another_reading() -> None:
    assert sentence_id("You are  late.\n", "customer") == sentence_id("You are late.", "customer")
    assert sentence_id("cafe\u0301", "supplier") == sentence_id("caf\u00e9", "supplier")
    assert sentence_id("You are late.", "customer") != sentence_id("You are late.", "supplier")


def test_the_labeling_config_names_every_signal() -> None:
    root = ElementTree.fromstring(labeling_config(default_signals()))
    choices = {control.get("name"): [c.get("value") for c in control] for control in root.iter("Choices")}
    assert choices == {"signals": list(labels()), "unsure": list(labels())}


@pytest.mark.parametrize(
    ("name", "entry", "message"),
    [
        ("a.json", [{"data": {"voice": "supplier"}, "annotations": [{"result": []}]}], r'entry 1: got no text, expected a sentence'),
        ("a.json", [{"data": {"text": "x"}, "annotations": [7]}], r"got annotations that are no objects; export the project as JSON"),
        ("a.json", [3], r"entry 1: got a JSON int, expected an object"),
        ("a.jsonl", {"text": "x", "label": [[0, 9, "listening"]]}, r"got a span from 0 to 9, expected it inside the text of 1"),
        ("a.jsonl", {"text": "x", "label": [[0]]}, r"got the span \[0\], expected \[start, end, label\]"),
        ("a.jsonl", {"text": "x", "accept": ["nice"], "answer": "accept"}, r"line 1: got the label 'nice', expected one of"),
    ],
)  # fmt: skip
def test_wrong_entries_say_where_and_what(tmp_path: Path, name: str, entry: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_labels(put(tmp_path, name, entry))


def test_broken_files_say_so(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[{")
    (tmp_path / "a.parquet").write_text("junk")
    (tmp_path / "a.csv").write_bytes(b"text,labels\n\xff\xfe,\n")
    with pytest.raises(InputError, match=r"a\.json: got no JSON \(.*\), expected a list of objects"):
        read_labels(tmp_path / "a.json")
    with pytest.raises(InputError, match=r"a\.parquet, which is no Parquet file"):
        read_labels(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.csv, which cannot be read \(.*\); expected a table in UTF-8"):
        read_labels(tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"got the label format 'xml', expected one of documents, label-studio"):
        write_labels([], tmp_path / "x", "xml")
