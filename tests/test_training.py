"""Training, thresholds, evaluation."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import corpus

import partnersignal as ps
from partnersignal.errors import InputError
from partnersignal.labels import LabelledSentence
from partnersignal.signals import default_signals
from partnersignal.training import TrainingConfig, evaluate, train
from partnersignal.training.evaluation import expected_calibration_error, false_alarm_variation, figures
from partnersignal.training.splits import group_folds
from partnersignal.training.thresholds import choose_thresholds, make_calibration


def test_a_trained_model_finds_what_it_was_taught(tiny_model: Path) -> None:
    tagger = ps.load(tiny_model)
    assert [t.signal for t in tagger.tag("The xserver is late again.", voice="customer").tags] == ["broken_promise"]
    assert tagger.tag("A xserver costs nine euros.", voice="customer").tags == ()


def test_signals_without_examples_stay_silent(tiny_model: Path) -> None:
    tagger = ps.load(tiny_model)
    assert all(threshold == 1 for label, threshold in tagger.thresholds.items() if label != "broken_promise")


def test_same_seed_same_model(tmp_path: Path) -> None:
    labels = corpus(tmp_path)
    for name in ("one", "two"):
        train(labels, tmp_path / name)
    for file in ("partnersignal.json", "linear.safetensors", "vocabulary.json", "MODEL_CARD.md", "trained_on.txt"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


def test_the_card_says_what_was_measured(tiny_model: Path) -> None:
    card = (tiny_model / "MODEL_CARD.md").read_text()
    assert "320 sentences in 4 groups" in card
    assert "| broken_promise | vendor | 160 |" in card
    omega = ps.load(tiny_model).config.training["false_alarm_variation"]
    assert f"{omega['partner']:.3f} on the partner side and {omega['vendor']:.3f} on the vendor side" in card


def test_evaluate_is_the_contract(tiny_model: Path, tmp_path: Path) -> None:
    result = evaluate(corpus(tmp_path), tiny_model)
    assert list(result["per_label"]) == [signal.label for signal in default_signals()]
    assert result["per_label"]["broken_promise"]["support"] == 160
    assert result["per_label"]["broken_promise"]["f1"] > 0.9
    assert result["per_label"]["listening"] == {
        "support": 0,
        "precision": None,
        "recall": None,
        "f1": None,
        "average_precision": None,
    }
    assert json.loads(json.dumps(result)) == result


def test_a_model_is_replaced_but_nothing_else_is(tiny_model: Path, tmp_path: Path) -> None:
    labels = corpus(tmp_path)
    train(labels, tmp_path / "model")
    train(labels, tmp_path / "model")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match=r"which exists and is no model; expected a new folder or a model to replace"):
        train(labels, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backend": "magic"}, r"got the backend 'magic', expected linear, encoder, cascade"),
        ({"folds": 1}, r"got folds=1, expected at least 2"),
        ({"strength": 0}, r"got strength=0, expected a positive number"),
    ],
)
def test_wrong_settings_say_so(changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        TrainingConfig(**changes)


def test_too_few_labels_say_so(tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text('{"text": "Late.", "labels": ["broken_promise"]}')
    with pytest.raises(InputError, match=r"got 1 sentences, expected at least 20, some of them labelled"):
        train(path, tmp_path / "model")


def test_folds_keep_groups_whole_and_cover_everything() -> None:
    groups = [str(n % 7) for n in range(100)]
    held = []
    for rest, test in group_folds(groups, 3, seed=1):
        assert not {groups[i] for i in rest} & {groups[i] for i in test}
        held += test.tolist()
    assert sorted(held) == list(range(100))


def sentence(labels: str = "", ignore: frozenset[str] | None = frozenset()) -> LabelledSentence:
    return LabelledSentence("x", "supplier", frozenset(labels.split()), "g", "", ignore)


def test_figures_by_hand() -> None:
    signals = [s for s in default_signals() if s.label in ("listening", "upselling")]
    sentences = [
        sentence("listening"),
        sentence("listening"),
        sentence("upselling"),
        sentence(),
        sentence(),
        sentence("", None),
    ]
    probabilities = np.array([[0.9, 0.1], [0.2, 0.1], [0.1, 0.8], [0.7, 0.0], [0.0, 0.0], [0.9, 0.9]])
    result = figures(probabilities, np.array([0.5, 0.5]), sentences, signals)
    # listening: one hit, one miss, one false alarm; upselling: one hit; the ignored sentence is out of everything.
    assert result["per_label"]["listening"]["f1"] == 0.5
    assert result["per_label"]["upselling"]["f1"] == 1.0
    assert result["micro_f1"] == pytest.approx(4 / 6)
    assert result["macro_f1"] is None  # no label with five positives
    assert result["any_signal"] == {
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(2 / 3),
    }
    assert result["false_positive_rate"] == result["false_positive_rate_partner"] == 0.5


def test_a_label_ignored_on_a_sentence_counts_neither_way() -> None:
    signals = [s for s in default_signals() if s.label in ("listening", "upselling")]
    result = figures(np.array([[0.9, 0.1]]), np.array([0.5, 0.5]), [sentence("", frozenset(["listening"]))], signals)
    assert result["per_label"]["listening"]["support"] == 0
    assert result["false_positive_rate"] is None and result["any_signal"]["f1"] is None


def test_false_alarms_are_counted_a_group_and_side() -> None:
    """Right is any signal of the side; what readers left open on it, and groups without anything else, are out."""
    signals = [s for s in default_signals() if s.label in ("listening", "empathy", "upselling")]
    vendor = signals.index(next(s for s in signals if s.side == "vendor"))
    flagged = np.eye(3)[[(vendor + 1) % 3]]
    plain, wrong = np.zeros((1, 3)), flagged
    rows = [
        *[(replace(sentence(), group="a"), wrong)] * 12, *[(replace(sentence(), group="a"), plain)] * 88,
        *[(replace(sentence(), group="b"), wrong)] * 2, *[(replace(sentence("upselling"), group="b"), plain)] * 98,
        *[(replace(sentence("listening empathy"), group="b"), wrong)] * 50,
        *[(replace(sentence("", frozenset(["empathy"])), group="c"), wrong)] * 50,
    ]  # fmt: skip
    said, given = [row[0] for row in rows], np.concatenate([row[1] for row in rows])
    found = false_alarm_variation(given, np.full(3, 0.5), said, signals)
    # 12 and 2 of 100: r = .07, ((5^2 + 5^2) 2 - 14) / (7^2 + 7^2).
    assert found == {"partner": round((86 / 98) ** 0.5, 3), "vendor": 0.0}
    assert false_alarm_variation(given[:100], np.full(3, 0.5), said[:100], signals) is None, "one source"


def test_nothing_gives_undefined_figures() -> None:
    signals = default_signals()
    result = figures(np.zeros((0, 20)), np.full(20, 0.5), [], signals)
    assert result["micro_f1"] is None and result["ece"] is None and result["brier"] is None


def test_calibration_error_of_honest_and_of_overconfident_probabilities() -> None:
    truth = np.arange(1000) % 10 < 3
    assert expected_calibration_error(np.full(1000, 0.3), truth) == pytest.approx(0)
    assert expected_calibration_error(np.full(1000, 0.9), truth) == pytest.approx(0.6)


def made_scores(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = random.random((4000, 2)) < 0.1
    ordinary = np.arange(4000) < 3000
    truth[ordinary] = False
    return truth * 2.0 + random.normal(size=(4000, 2)), truth, ordinary


def test_thresholds_keep_false_alarms_in_ordinary_mail_under_the_limit() -> None:
    scores, truth, ordinary = made_scores()
    scored = np.ones_like(truth)
    both = np.array([True, True])
    for allowed in (0.001, 0.01, 1.0):
        calibration = make_calibration(scores, truth, scored, ordinary, [(both, allowed)])
        tagged = calibration.probabilities(scores) >= calibration.threshold
        assert tagged[ordinary].mean(axis=0).sum() <= allowed
    assert tagged[~ordinary].any()


def test_a_wider_limit_never_lowers_the_sum_of_f1() -> None:
    scores, truth, ordinary = made_scores(3)
    p = 1 / (1 + np.exp(-scores))
    scored = np.ones_like(truth)

    def total(allowed: float) -> float:
        tagged = p >= choose_thresholds(p, truth, scored, ordinary, [(np.array([True, True]), allowed)])
        return sum(2 * (tagged & truth)[:, k].sum() / (tagged[:, k].sum() + truth[:, k].sum()) for k in range(2))

    sums = [total(allowed) for allowed in (0.0005, 0.002, 0.01, 0.05, 1.0)]
    assert sums == sorted(sums)


def test_a_rare_label_is_drawn_towards_the_others_and_never_below_its_own() -> None:
    scores, truth, ordinary = made_scores(5)
    truth[np.nonzero(truth[:, 1])[0][3:], 1] = False
    p = 1 / (1 + np.exp(-scores))
    scored = np.ones_like(truth)
    own = choose_thresholds(p[:, 1:], truth[:, 1:], scored[:, 1:], ordinary, [(np.array([True]), 1.0)])[0]
    drawn = choose_thresholds(p, truth, scored, ordinary, [(np.array([True, True]), 1.0)])
    assert drawn[1] >= own or drawn[1] >= drawn[0]
