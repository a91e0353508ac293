"""Two models on the same labels, and own taxonomies from training to the report."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import PLAIN, SAMPLE, THINGS, corpus
from typer.testing import CliRunner

import partnersignal as ps
from partnersignal.cli import app
from partnersignal.errors import InputError
from partnersignal.labels import LabelledSentence, read_labels, write_labels
from partnersignal.signals import default_signals, labels, read_taxonomy
from partnersignal.tagging import Tagger
from partnersignal.tagging.calibration import Calibration
from partnersignal.tagging.folder import ModelConfig, load_config
from partnersignal.training import TrainingConfig, evaluate, train
from partnersignal.training.comparison import compare, group_figures
from partnersignal.training.config import read_config

SIGNALS = tuple(s for s in default_signals() if s.label in ("listening", "upselling"))


class Oracle:
    """Reads the truth in the text and errs where it is told to."""

    def __init__(self, misses: float = 0.0, alarms: float = 0.0, signal: int = 0) -> None:
        self.misses, self.alarms, self.signal = misses, alarms, signal

    def scores(self, sentences, voices, previous=None, messages=None):
        del voices, previous, messages
        scores = np.full((len(sentences), 2), -5.0)
        for row, text in enumerate(sentences):
            number, truth = int(text.split()[0]), text.split()[1:]
            draw = (number * 7919 % 1000) / 1000
            for k, signal in enumerate(SIGNALS):
                if signal.label in truth and not (k == self.signal and draw < self.misses):
                    scores[row, k] = 5.0
            if not truth and draw < self.alarms:
                scores[row, 1] = 5.0
        return scores


def tagger(**errors: float) -> Tagger:
    calibration = Calibration(np.ones(2), np.zeros(2), np.full(2, 0.5))
    return Tagger(ModelConfig("linear", SIGNALS, calibration), Oracle(**errors))


def made(n: int = 600, groups: int = 12) -> list[LabelledSentence]:
    found = []
    for number in range(n):
        truth = (["listening"], ["upselling"], [], [])[number % 4]
        found.append(LabelledSentence(" ".join([str(number), *truth]), "supplier", frozenset(truth), f"g{number % groups}"))
    return found


def test_a_better_model_is_blessed_and_a_worse_one_is_not() -> None:
    found = compare(tagger(misses=0.5), tagger(misses=0.1), made())
    assert found.blessed and found.overall.better > 0.97 and found.worse == ()
    assert found.overall.b - found.overall.a > 0.1
    back = compare(tagger(misses=0.1), tagger(misses=0.5), made())
    assert not back.blessed and back.overall.better < 0.03 and back.worse == ("listening",)
    assert back.reasons[0].startswith("worse with probability") and "listening got worse" in back.reasons
    assert {d.name: d.better for d in back.per_label}["upselling"] == 0.5


def test_the_same_model_is_a_coin_and_not_blessed() -> None:
    found = compare(tagger(misses=0.3), tagger(misses=0.3), made())
    assert found.overall.better == 0.5 and not found.blessed


def test_more_false_alarms_are_not_blessed_away() -> None:
    found = compare(tagger(misses=0.6), tagger(alarms=0.08), made())
    assert found.overall.better > 0.95 and "more false alarms" in found.reasons and not found.blessed


def test_leaving_a_supplier_out_shows_on_whom_the_result_hangs() -> None:
    # The old model misses only what stands in group g3.
    sentences = made()
    hard = [replace(s, text=s.text.replace("listening", "x")) if s.group == "g3" else s for s in sentences]
    found = compare(tagger(misses=0.2), tagger(), hard)
    assert len(found.without) == 12 and found.without[0][1] <= found.without[-1][1]
    assert found.groups == 12
    figures = group_figures(hard, tagger())
    assert figures["g3"]["per_label"]["listening"]["f1"] in (0.0, None) and figures["g0"]["micro_f1"] == 1


def test_refitting_repairs_a_threshold_that_does_not_fit() -> None:
    broken = tagger()
    shy = Tagger(replace(broken.config, calibration=replace(broken.config.calibration, threshold=np.full(2, 0.999))), Oracle())
    plain, refitted = evaluate(made(), shy), evaluate(made(), shy, refit=True)
    assert plain["micro_f1"] is None or plain["micro_f1"] < 0.1
    assert refitted["micro_f1"] > 0.95


def test_labels_that_only_one_knows_are_named() -> None:
    one = tagger()
    other = Tagger(replace(one.config, signals=(SIGNALS[0], replace(SIGNALS[1], label="cross_selling"))), Oracle())
    found = compare(one, other, [replace(s, labels=s.labels & {"listening"}) for s in made()])
    assert (found.only_a, found.only_b) == (("upselling",), ("cross_selling",))
    with pytest.raises(InputError, match="got labels without 5 sentences of any signal that both models know"):
        compare(one, other, [replace(s, labels=frozenset()) for s in made()])


def test_the_command_says_so_by_its_exit_code(tiny_model: Path, tmp_path: Path) -> None:
    path = corpus(tmp_path)
    same = CliRunner().invoke(app, ["compare", str(tiny_model), str(tiny_model), str(path)])
    assert same.exit_code == 1 and "not blessed: better with probability 0.50" in same.stdout
    better = CliRunner().invoke(app, ["compare", "linear", str(tiny_model), str(path), "--json"])
    assert better.exit_code == 0 and json.loads(better.stdout)["blessed"] is True
    groups = CliRunner().invoke(app, ["evaluate", str(path), "--model", str(tiny_model), "--by-group", "--json"])
    assert sorted(json.loads(groups.stdout)) == ["a", "b", "c", "d"]


OWN = """
drop = ["executive_bypass"]

[rename]
broken_promise = "late"

[[signal]]
label = "cheap"
side = "partner"
weight = 0.7
definition = "Names a low price."
"""


def own_file(folder: Path, text: str = OWN) -> Path:
    (folder / "signals.toml").write_text(text)
    return folder / "signals.toml"


def test_a_taxonomy_renames_drops_and_adds(tmp_path: Path) -> None:
    taxonomy = read_taxonomy(own_file(tmp_path))
    expected = ["late" if label == "broken_promise" else label for label in labels() if label != "executive_bypass"]
    assert list(taxonomy.labels) == [*expected, "cheap"]
    assert taxonomy.added == {"cheap"}
    assert dict(taxonomy.renamed) == {"broken_promise": "late", "executive_bypass": None}
    changed = read_taxonomy(own_file(tmp_path, '[[signal]]\nlabel = "listening"\nweight = 0.1\n'))
    assert {s.label: s.weight for s in changed.signals}["listening"] == 0.1 and len(changed.signals) == 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("drop = 3", "got wrong types, expected drop"),
        ("sides = []", "got sides, expected drop"),
        ('drop = ["nice"]', "got 'nice' in drop or rename, expected one of"),
        ('[[signal]]\nlabel = "x"\nside = "left"\nweight = 1', "got the side 'left' of 'x', expected partner or vendor"),
        ('[[signal]]\nlabel = "x"\nside = "vendor"\nweight = 2', "got the weight 2 of 'x', expected a number above 0"),
        ('[[signal]]\nlabel = "a b"\nside = "vendor"\nweight = 1', "got the label 'a b', expected letters"),
        ('[rename]\nlistening = "upselling"', "got two signals of one name"),
        (f"drop = {[s.label for s in default_signals() if s.side == 'vendor']}", "got signals of one side only"),
        ("[", "cannot be read"),
    ],
)
def test_a_wrong_taxonomy_says_so(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_taxonomy(own_file(tmp_path, text))


def in_house(folder: Path) -> Path:
    """Sentences of our own mail, labelled with the added signal."""
    rows = [
        {"text": frame.format(f"{group}{thing}"), "labels": ["cheap"] if "euros" in frame else [], "voice": "customer", "group": group}
        for group in ("p", "q", "r") for thing in THINGS for frame in PLAIN
    ]  # fmt: skip
    path = folder / "house.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_own_taxonomy_from_training_to_the_report(tmp_path: Path) -> None:
    old, house, signals = corpus(tmp_path), in_house(tmp_path), own_file(tmp_path)
    said: list[str] = []
    train([old, house], tmp_path / "model", config=TrainingConfig(signals=str(signals)), progress=said.append)
    # The corpus speaks of nine euros, too, but was never read for that: it must not teach the opposite.
    assert any(line.startswith("cheap: 1 files never use it") for line in said)
    model = ps.load(tmp_path / "model")
    assert "late" in model.signals and "executive_bypass" not in model.signals
    assert [t.signal for t in model.tag("A xserver costs nine euros.", voice="customer").tags] == ["cheap"]
    assert [t.signal for t in model.tag("The xserver is late again.", voice="customer").tags] == ["late"]
    assert evaluate(old, model)["per_label"]["late"]["support"] == 160  # the old name in the file, the new one here
    run = ps.score(
        SAMPLE / "export", suppliers=SAMPLE / "suppliers.toml", out=tmp_path / "run", model=tmp_path / "model", jobs=1
    )
    assert {"late", "cheap"} <= set(run.index.model.weights) and "executive_bypass" not in run.index.model.weights
    assert run.index.model.weights["cheap"] == 0.7
    assert set(run.tags["signal"]) <= {"late", "cheap"}
    assert (tmp_path / "run" / "report.html").read_text().count("<html") == 1
    again = ps.open_run(tmp_path / "run").reindex(weights={"cheap": 0.2})
    assert again.index.model.weights["cheap"] == 0.2


def test_a_training_file(tmp_path: Path) -> None:
    own_file(tmp_path)
    path = tmp_path / "train.toml"
    path.write_text(
        'backend = "encoder"\nsignals = "signals.toml"\nstrength = 3\npatience = 2\n[trainer_options]\nwarmup_steps = 5\n'
    )
    config = read_config(path, seed=4)
    assert (config.backend, config.strength, config.patience, config.seed) == ("encoder", 3, 2, 4)
    assert config.signals == str(tmp_path / "signals.toml") and config.trainer_options == {"warmup_steps": 5}
    for text, message in (
        ("epoch = 3", "got 'epoch', expected one of backend, folds"),
        ('epochs = "three"', "got epochs = 'three', expected int"),
        ("epochs = true", "got epochs = True, expected int"),
        ("folds = 1", "got folds=1, expected at least 2"),
        ('class_weights = "many"', "got class_weights='many', expected none or balanced"),
        ("patience = -1", "got patience=-1"),
        ("[", "which cannot be read"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            read_config(path)


def test_the_command_trains_by_a_file_and_own_signals(tmp_path: Path) -> None:
    path, signals = corpus(tmp_path), own_file(tmp_path)
    (tmp_path / "train.toml").write_text('folds = 3\nclass_weights = "balanced"\n')
    options = ["--out", str(tmp_path / "m"), "--config", str(tmp_path / "train.toml"), "--signals", str(signals)]
    done = CliRunner().invoke(app, ["train", str(path), *options])
    assert done.exit_code == 0, done.output
    config = load_config(tmp_path / "m")
    assert config.training["folds"] == 3 and "late" in [s.label for s in config.signals]


def test_any_label_format_trains(tmp_path: Path) -> None:
    sentences = read_labels(corpus(tmp_path))
    path = write_labels(sentences, tmp_path / "export.json", "label-studio")
    train(path, tmp_path / "m")
    assert evaluate(path, tmp_path / "m")["per_label"]["broken_promise"]["f1"] > 0.9
