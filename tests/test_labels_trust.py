"""What to label next, whether annotators agree, and what is wrong with labels."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from conftest import corpus
from typer.testing import CliRunner

import partnersignal as ps
from partnersignal.cli import app
from partnersignal.errors import InputError
from partnersignal.labels import LabelledSentence, read_labels, write_labels
from partnersignal.labels.agreement import agreement, alpha, mean_kappa
from partnersignal.labels.checks import check_labels
from partnersignal.labels.suggest import REASONS, pool_of, suggest, write_project
from partnersignal.runs.run import Run
from partnersignal.signals import default_signals, labels
from partnersignal.training.mistakes import likely_errors

GAP = float("nan")


def sentence(text: str, *given: str, group: str = "g", **said: object) -> LabelledSentence:
    return LabelledSentence(text, "supplier", frozenset(given), group, **said)


def test_alpha_and_kappa_by_hand() -> None:
    # Krippendorff (2011), example B, binary data of two observers: alpha = .095.
    a = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    b = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    votes = np.array([a, b], dtype=float).T
    assert alpha(votes) == pytest.approx(0.095, abs=5e-4)
    # Cohen by hand: observed .6, expected .2 * .4 + .8 * .6 = .56.
    assert mean_kappa(votes) == pytest.approx((0.6 - 0.56) / (1 - 0.56))
    assert alpha(np.array([[1, 1], [0, 0], [1, GAP]], dtype=float)) == 1
    assert alpha(np.zeros((3, 2))) is None and mean_kappa(np.zeros((3, 2))) is None


def test_annotators_are_matched_by_sentence_and_disagreements_are_listed() -> None:
    judged = [
        sentence("A.", "listening", annotator="ann"),
        sentence(" A. ", annotator="ben"),
        sentence("B.", "upselling", annotator="ann"),
        sentence("B.", "upselling", annotator="ben", ignore=frozenset(["listening"])),
        sentence("C.", "listening", annotator="ann"),
    ]
    found = agreement(judged, labels())
    per_label = {each.label: each for each in found.per_label}
    assert (found.annotators, found.sentences) == (("ann", "ben"), 2)
    assert (per_label["listening"].sentences, per_label["listening"].given, per_label["listening"].agreed) == (1, 1, 0.0)
    assert per_label["upselling"].kappa == 1
    assert [(d.text, d.label, d.yes, d.no) for d in found.disagreements] == [("A.", "listening", ("ann",), ("ben",))]
    with pytest.raises(InputError, match="got no sentence that two annotators judged"):
        agreement(judged[4:], labels())


def kinds(splits: dict[str, list[LabelledSentence]]) -> dict[str, str]:
    return {f.kind: f.message for f in check_labels(splits, ["listening"])}


def test_checks_find_what_was_planted_and_nothing_else() -> None:
    many = [sentence(f"Sentence {n}.", "listening", group=str(n % 3)) for n in range(40)]
    assert kinds({"a": many}) == {}
    assert "in the files a, b" in kinds({"a": many, "b": many[:1]})["duplicate"]
    assert "in the groups 0, 9" in kinds({"a": [*many, replace(many[0], group="9")]})["duplicate"]
    assert "listening / none" in kinds({"a": [*many, replace(many[0], labels=frozenset())]})["conflict"]
    assert "no sentence" in kinds({"a": [sentence("A.")]})["missing"]
    assert "4 sentences, too few to measure" in kinds({"a": many[:4]})["rare"]
    after = sentence("After.", group="1", previous=many[0].text)
    assert "1 sentences follow one of 0 but stand in 1" in kinds({"a": [*many, after]})["leak"]
    courtesy = [sentence("Thank you."), sentence("Thank you.", group="h")]
    assert kinds({"a": [*many, *courtesy]}) == {}


def test_wrong_labels_are_found(tmp_path: Path) -> None:
    pytest.importorskip("cleanlab")
    good = list(read_labels(corpus(tmp_path)))
    rows = range(3, 320, 26)
    wrong = [
        replace(s, labels=frozenset() if s.labels else frozenset(["broken_promise"])) if n in rows else s
        for n, s in enumerate(good)
    ]
    found = {finding.text for finding in likely_errors(wrong, default_signals())}
    planted = {wrong[n].text for n in rows}
    assert len(planted & found) >= 10 and len(found - planted) <= 3


def test_suggestions_are_unlike_each_other_new_and_for_every_reason(sample_run: Run) -> None:
    tagger = ps.load("linear")
    pool = pool_of(sample_run)
    assert len({each.id for each in pool}) == len(pool) > 300
    assert all(each.group for each in pool)
    first = suggest(pool, tagger, 30)
    assert [each.reason for each in first[:3]] == list(REASONS)
    assert len({each.sentence.id for each in first}) == 30
    known = [replace(each.sentence, labels=frozenset(["upselling"])) for each in first]
    second = suggest(pool, tagger, 30, known)
    assert not {each.sentence.id for each in first} & {each.sentence.id for each in second}
    assert suggest(pool, tagger, 30) == first
    # What it is unsure of is closer to a threshold than the pool is.
    p = tagger.predict_proba([s.text for s in pool], [s.voice for s in pool])
    unsure = tagger.predict_proba([e.sentence.text for e in first[::3]], [e.sentence.voice for e in first[::3]])
    t = tagger.config.calibration.threshold
    assert np.median(np.abs(unsure - t).min(axis=1)) < np.median(np.abs(p - t).min(axis=1))
    with pytest.raises(InputError, match="got no sentence that is not labelled already"):
        suggest(pool[:1], tagger, 3, [replace(pool[0], labels=frozenset())])


def test_the_project_carries_our_labels_and_comes_back_labelled(sample_run: Run, tmp_path: Path) -> None:
    tagger = ps.load("linear")
    found = suggest(pool_of(sample_run), tagger, 12)
    path = write_project(found, tagger, tmp_path / "project")
    tasks = json.loads(path.read_text())
    assert [task["data"]["text"] for task in tasks] == [each.sentence.text for each in found]
    filled = [task["predictions"][0]["result"] for task in tasks if task["predictions"][0]["result"]]
    config = ElementTree.parse(path.with_name("labeling_config.xml")).getroot()
    controls = {control.get("name"): {c.get("value") for c in control} for control in config.iter("Choices")}
    assert filled and all(
        r["from_name"] in controls and set(r["value"]["choices"]) <= controls["signals"] for results in filled for r in results
    )
    # As a person who accepts every prediction exports it.
    for task in tasks:
        task["annotations"] = [{"completed_by": 1, "result": task["predictions"][0]["result"], "was_cancelled": False}]
    path.write_text(json.dumps(tasks))
    assert [each.sentence for each in found] == list(read_labels(path))


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["labels", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_the_commands(sample_run: Run, tmp_path: Path) -> None:
    source = corpus(tmp_path)
    assert "320 sentences, 160 with a signal" in run("convert", source, "--out", tmp_path / "t.csv")
    assert list(read_labels(tmp_path / "t.csv")) == list(read_labels(source))
    assert "300 sentences" not in run("check", source)
    assert json.loads(run("check", source, tmp_path / "t.csv", "--json"))[0]["kind"] == "duplicate"
    said = list(read_labels(source))
    write_labels([replace(said[0], labels=frozenset()), *said[1:]], tmp_path / "other.jsonl")
    text = run("agree", source, tmp_path / "other.jsonl")
    assert "320 sentences judged by two or more of: labels, other" in text
    assert "broken_promise: yes labels; no other: The arouter is late again." in text
    (tmp_path / "ben").mkdir()
    same = write_labels(said, tmp_path / "ben" / source.name)
    assert f"judged by two or more of: {min(source, same)}, {max(source, same)}" in run("agree", source, same)
    assert "5 sentences; import it" in run("suggest", sample_run.folder, "-n", 5, "--out", tmp_path / "p", "--model", "linear")
