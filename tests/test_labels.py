"""Label files."""

import json
from pathlib import Path

import pytest

from partnersignal.errors import InputError
from partnersignal.labels import read_labels

DOCUMENT = {
    "id": "d1",
    "kind": "email",
    "author": "customer",
    "segments": [
        {"text": "Hello.", "labels": []},
        {"text": "You are late.", "labels": ["broken_promise"], "ignore": ["transparency"]},
        {"text": "Hm.", "labels": [], "ignore": True},
    ],
}


def write(folder: Path, *lines: object, name: str = "labels.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_documents_give_sentences_with_voice_group_and_context(tmp_path: Path) -> None:
    first, second, third = read_labels(write(tmp_path, DOCUMENT))
    assert (first.voice, first.group, first.previous, first.labels) == ("customer", "labels", "", frozenset())
    assert (second.previous, second.labels, second.ignore) == ("Hello.", {"broken_promise"}, {"transparency"})
    assert third.ignore is None and third.ignored and second.ignored and not first.ignored


def test_flat_lines_and_csv_say_the_same(tmp_path: Path) -> None:
    lines = write(tmp_path, {"text": "Late.", "labels": ["broken_promise", "transparency"], "voice": "customer", "group": "g"})
    table = write(tmp_path, "text,labels,voice,group", '"Late.",broken_promise;transparency,customer,g', name="t.csv")
    assert read_labels(lines) == read_labels(table)


def test_a_folder_is_read_whole_in_order(tmp_path: Path) -> None:
    write(tmp_path, {"text": "Two.", "labels": []}, name="b.jsonl")
    write(tmp_path, {"text": "One.", "labels": []}, name="a.jsonl")
    assert [s.text for s in read_labels(tmp_path)] == ["One.", "Two."]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"labels\.jsonl, line 1: got no JSON \(.*\), expected one object a line"),
        ("[]", r"line 1: got a JSON list, expected an object"),
        ({"labels": []}, r'line 1: got no text, expected a sentence in "text"'),
        ({"text": "x", "labels": ["nice"]}, r"line 1: got the label 'nice', expected one of broken_promise, "),
        ({"text": "x", "labels": 3}, r"line 1: got labels of type int, expected a list of texts"),
        ({"text": "x", "labels": [], "voice": "vendor"}, r"line 1: got the voice 'vendor', expected one of supplier"),
        ({"segments": ["x"]}, r"line 1: got segments that are no list of objects with a text"),
        ("", r"got label files without a sentence, expected at least one"),
    ],
)
def test_wrong_lines_say_where_and_what(tmp_path: Path, line: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_labels(write(tmp_path, line))


def test_wrong_files_say_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"which does not exist; expected \.jsonl, \.json, \.csv"):
        read_labels(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match=r"got the label file .*x\.txt, expected \.jsonl, \.json"):
        read_labels(write(tmp_path, "x", name="x.txt"))
    with pytest.raises(InputError, match=r"got the columns a, b, expected text and labels; name yours as text=COLUMN"):
        read_labels(write(tmp_path, "a,b", "1,2", name="x.csv"))
    with pytest.raises(InputError, match=r"without \.jsonl, .* files, expected label files in it"):
        (tmp_path / "empty").mkdir()
        read_labels(tmp_path / "empty")
