"""A model knows which sentences it was trained on, and says so when it is measured on them."""

import json
import shutil
from pathlib import Path

from conftest import corpus
from typer.testing import CliRunner

import partnersignal as ps
from partnersignal.cli import app
from partnersignal.labels import LabelledSentence, read_labels, write_labels
from partnersignal.training import compare, evaluate
from partnersignal.training.seen import FILE, count_seen, recall, remember


def half_new(folder: Path) -> Path:
    """Eighty of the sentences of training, and as many that are new."""
    known = [each for each in read_labels(corpus(folder)) if each.group == "a"]
    new = [LabelledSentence(each.text.replace(" a", " z"), each.voice, each.labels, "z") for each in known]
    return write_labels([*known, *new], folder / "test.jsonl", "jsonl")


def test_it_counts_the_sentences_of_its_training(tiny_model: Path, tmp_path: Path) -> None:
    test = half_new(tmp_path)
    assert evaluate(test, tiny_model)["seen_in_training"] == 80
    found = compare(tiny_model, "linear", test)
    assert found.seen_a == 80 and found.leaks[0] == (
        "the old model was trained on 80 of these 160 sentences (50.0%): they flatter it"
    )
    assert set(found.leaks) <= set(found.reasons)


def test_the_commands_say_so_beside_the_result(tiny_model: Path, tmp_path: Path) -> None:
    test, said = str(half_new(tmp_path)), "model was trained on 80 of these 160 sentences (50.0%)"
    for call in (["evaluate", test, "--json"], ["evaluate", test, "--by-group", "--json"]):
        done = CliRunner().invoke(app, [*call, "--model", str(tiny_model)])
        assert done.stderr.startswith(f"the {said}") and json.loads(done.stdout)
    assert {group: each["seen_in_training"] for group, each in json.loads(done.stdout).items()} == {"a": 80, "z": 0}
    done = CliRunner().invoke(app, ["compare", "linear", str(tiny_model), test, "--json"])
    assert f"the new {said}" in done.stderr and json.loads(done.stdout)["seen_b"] == 80
    done = CliRunner().invoke(app, ["train", str(corpus(tmp_path)), "--out", str(tmp_path / "m"), "--test", test])
    assert f"test.jsonl: the {said}" in done.stderr and said in (tmp_path / "m" / "MODEL_CARD.md").read_text()


def test_a_model_that_does_not_say_is_not_accused(tiny_model: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / "old")
    (tmp_path / "old" / FILE).unlink()
    test = half_new(tmp_path)
    assert evaluate(test, tmp_path / "old")["seen_in_training"] is None
    done = CliRunner().invoke(app, ["evaluate", str(test), "--model", str(tmp_path / "old")])
    assert done.exit_code == 0 and done.stderr == ""


def test_the_folder_holds_no_words_and_a_part_knows_what_the_whole_does(tiny_model: Path, tmp_path: Path) -> None:
    lines = (tiny_model / FILE).read_text().split()
    assert len(lines) == 320 and all(len(line) == 8 and int(line, 16) >= 0 for line in lines) and lines == sorted(lines)
    shutil.copytree(tiny_model, tmp_path / "whole" / "linear")
    (tmp_path / "whole" / "linear" / FILE).rename(tmp_path / "whole" / FILE)
    assert len(recall(ps.load(tmp_path / "whole" / "linear").folder) or ()) == 320


def test_what_stands_in_every_mailbox_proves_nothing(tmp_path: Path) -> None:
    said = [
        LabelledSentence(text, "customer", frozenset(), "g") for text in ("With kind regards,", "The router is late again.")
    ]
    remember(tmp_path, said)
    assert count_seen(recall(tmp_path), said) == 1
