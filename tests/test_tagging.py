"""The tagger and model folders."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import partnersignal as ps
from partnersignal.errors import InputError, ModelError
from partnersignal.tagging import load
from partnersignal.tagging.calibration import Calibration
from partnersignal.tagging.occlusion import WordWeight, deciding_words
from partnersignal.tagging.tagger import Tagger, find_model

SENTENCES = [
    "Third time of asking, and still nobody has answered the ticket.",
    "You promised the patch for Monday and it has not come.",
    "Lunch is at one.",
]


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return load()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped linear model to break."""
    copy = tmp_path / "model"
    shutil.copytree(find_model("linear"), copy)
    return copy


def test_a_clear_case_of_each_side(tagger: Tagger) -> None:
    late = tagger.tag(SENTENCES[1], voice="customer")
    assert [tag.signal for tag in late.tags] == ["broken_promise"]
    assert late.tags[0].text == SENTENCES[1]
    assert 0.1 < late.tags[0].probability <= 1
    assert tagger.tag(SENTENCES[2]).tags == ()


@pytest.mark.xfail(strict=True, reason="probability .26 under a threshold of .31 since the model of 59,368 sentences")
def test_the_example_that_the_guidelines_give_is_tagged(tagger: Tagger) -> None:
    late = tagger.tag("You promised the patch for Monday and we still have nothing.", voice="customer")
    assert [tag.signal for tag in late.tags] == ["broken_promise"]


def test_probabilities_have_a_column_a_signal_and_agree_with_tags(tagger: Tagger) -> None:
    probabilities = tagger.predict_proba(SENTENCES, "customer")
    assert probabilities.shape == (3, 20)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    for sentence, row in zip(SENTENCES, probabilities, strict=True):
        expected = {label for label, p in zip(tagger.signals, row, strict=True) if p >= tagger.thresholds[label]}
        assert {tag.signal for tag in tagger.tag(sentence, voice="customer").tags} == expected


def test_offsets_point_into_the_text_and_quotes_are_passed_over(tagger: Tagger) -> None:
    text = "Hi Ann,\n\nLunch is at one. You promised the patch for Monday and it has not come.\n\n> You promised us the moon."
    tagged = tagger.tag(text, voice="customer")
    assert tagged.tags
    for tag in tagged.tags:
        assert text[tag.start : tag.end] == tag.text
        assert "moon" not in tag.text


def test_many_texts_give_the_same_as_one_by_one(tagger: Tagger) -> None:
    voices = ["customer", "customer", "supplier"]
    assert list(tagger.tag_many(SENTENCES, voices)) == [tagger.tag(s, voice=v) for s, v in zip(SENTENCES, voices, strict=True)]


def test_tag_many_is_lazy(tagger: Tagger) -> None:
    def endless():
        while True:
            yield SENTENCES[1]

    assert next(tagger.tag_many(endless())).text == SENTENCES[1]


def test_empty_input_gives_empty_results(tagger: Tagger) -> None:
    assert tagger.tag("").tags == ()
    assert tagger.tag("> only a quote").tags == ()
    assert list(tagger.tag_many([])) == []
    assert tagger.predict_proba([]).shape == (0, 20)


def test_hostile_text_is_tagged_in_time(tagger: Tagger) -> None:
    assert tagger.tag("a" * 1_000_000) is not None
    assert tagger.tag("\u202e\x00\ud800 \U0001f600" * 1000) is not None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: t.tag(3), r"got a text of type int, expected str"),
        (lambda t: t.tag("x", voice="vendor"), r"got the voice 'vendor', expected one of supplier, customer, third_person"),
        (lambda t: t.predict_proba("x"), r"got one text, expected a list of sentences; use tag\(text\)"),
        (lambda t: t.predict_proba(["x"], ["supplier"] * 2), r"got 1 sentences and 2 voices, expected as many of each"),
        (lambda t: t.predict_proba(["x"], "supplier", []), r"got 1 sentences and 0 previous ones, expected as many of each"),
        (lambda t: t.predict_proba([None]), r"got a sentence of type NoneType, expected str"),
        (lambda t: list(t.tag_many(["x", "y"], ["supplier"])), r"got fewer voices than texts, expected one for each"),
    ],
)
def test_wrong_calls_say_what_is_wrong(tagger: Tagger, call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call(tagger)


def test_names_of_models() -> None:
    assert load("linear").signals == load().signals
    with pytest.raises(
        ModelError, match=r"got the model 'gpt', expected default, linear, encoder, or a folder written by: partnersignal train"
    ):
        load("gpt")


def test_a_copied_folder_scores_the_same(folder: Path) -> None:
    np.testing.assert_array_equal(load(folder).predict_proba(SENTENCES), load("linear").predict_proba(SENTENCES))


def test_a_model_is_plain_data(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {"partnersignal.json", "linear.safetensors", "vocabulary.json"}
    shipped = [path for path in find_model().rglob("*") if path.is_file()]
    assert {path.suffix for path in shipped} == {".json", ".safetensors", ".onnx", ".md", ".txt"}
    assert sum(path.stat().st_size for path in shipped) < 60_000_000


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda f: (f / "partnersignal.json").unlink(),
            r"which is no model folder \(it holds no partnersignal\.json\); expected one written by",
        ),
        (
            lambda f: (f / "partnersignal.json").write_text("{"),
            r"got a damaged .*partnersignal\.json \(.*\); copy or train the model again",
        ),
        (lambda f: (f / "partnersignal.json").write_text("[]"), r"got a damaged .*partnersignal\.json"),
        (lambda f: edit(f, format=99), r"got a model of format 99 in .*, expected 1 to 3; update partnersignal"),
        (
            lambda f: edit(f, backend="magic"),
            r"got the backend 'magic' in .*, expected one of linear, encoder, cascade; update partnersignal",
        ),
        (lambda f: edit(f, signals=[]), r"got a damaged .*partnersignal\.json"),
        (lambda f: edit(f, signals=[{"label": "x"}]), r"got a damaged .*partnersignal\.json"),
        (lambda f: (f / "vocabulary.json").unlink(), r"without vocabulary\.json, expected it there; copy the folder again"),
        (
            lambda f: (f / "linear.safetensors").write_bytes(b"junk"),
            r"which is damaged \(SafetensorError: .*\); copy or train it again",
        ),
        (
            lambda f: (f / "vocabulary.json").write_text('{"words":["a"],"letters":["b"],"voiced":["c"]}'),
            r"which is damaged \(ValueError: got 1 terms and weights of shape",
        ),
        (
            lambda f: (f / "vocabulary.json").write_text('{"words":["a","a"],"letters":["b"],"voiced":["c"]}'),
            r"which is damaged \(ValueError: a term is no text, or comes twice",
        ),
        (
            lambda f: (f / "vocabulary.json").write_text('{"words":[7],"letters":["b"],"voiced":["c"]}'),
            r"which is damaged \(ValueError: a term is no text, or comes twice",
        ),
        (lambda f: cut_weights(f), r"got weights of shape \(\d+, 19\) in .*, expected \(\d+, 20\); copy or train it again"),
        (lambda f: (f / "vocabulary.json").write_text("{}"), r"which is damaged \(KeyError"),
    ],
)
def test_a_spoilt_folder_says_what_is_wrong(folder: Path, spoil, message: str) -> None:
    spoil(folder)
    with pytest.raises(ModelError, match=message):
        load(folder)


def cut_weights(folder: Path) -> None:
    tensors = load_file(folder / "linear.safetensors")
    tensors["coef"] = np.ascontiguousarray(tensors["coef"][:, 1:])
    save_file(tensors, folder / "linear.safetensors")


def edit(folder: Path, **changes: object) -> None:
    file = folder / "partnersignal.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_a_pickle_in_the_folder_is_never_run(folder: Path, tmp_path: Path) -> None:
    import pickle

    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    (folder / "linear.safetensors").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelError, match="damaged"):
        load(folder)
    assert not (tmp_path / "ran").exists()


def test_calibration_keeps_the_order_and_the_range() -> None:
    calibration = Calibration(np.array([2.0]), np.array([-1.0]), np.array([0.5]))
    found = calibration.probabilities(np.array([[-1e9], [0.0], [0.5], [1e9]]))
    assert (np.diff(found[:, 0]) > 0).all()
    assert found[2, 0] == 0.5
    assert found[0, 0] > 0 and found[3, 0] < 1


def test_repr_names_backend_and_signals(tagger: Tagger) -> None:
    assert repr(tagger) == f"Tagger({tagger.config.backend}, 20 signals, default)"


def test_tag_of_the_readme_works_through_the_front_door() -> None:
    assert ps.load().tag(SENTENCES[1], voice="customer").tags[0].signal == "broken_promise"


def test_deciding_words_are_the_fewest_that_carry_half() -> None:
    text = "It is late again today"
    weighed = [
        WordWeight(text[a:b], a, b, w) for a, b, w in ((11, 16, 3.0), (6, 10, 2.0), (3, 5, 2.0), (0, 2, 1.5), (17, 22, -9.0))
    ]
    assert deciding_words(text, weighed) == ((6, 16),)  # 5 of 8.5, neighbours as one
    even = [WordWeight(letter, 3 * i, 3 * i + 1, 1.0) for i, letter in enumerate("abcdefghijklmnopqrst")]
    assert len(deciding_words(", ".join(each.text for each in even), even)) == 5
    assert deciding_words(text, weighed[-1:]) == deciding_words(text, []) == ()


def test_explain_names_the_words_that_carried_the_decision(tiny_model: Path) -> None:
    tagger = ps.load(tiny_model)
    (tag,) = tagger.tag("Still no crouter although it was due.", voice="customer").tags
    weights = tag.explain()
    assert {each.text for each in weights} == {"Still", "no", "crouter", "although", "it", "was", "due"}
    assert all(tag.text[each.start : each.end] == each.text for each in weights)
    assert [each.weight for each in weights] == sorted((each.weight for each in weights), reverse=True)
    # The words that the made-up corpus repeats decide, not the thing.
    assert next(each.weight for each in weights if each.text == "crouter") < weights[0].weight / 2
    without = tag.text[: weights[0].start] + tag.text[weights[0].end :]
    whole, less = tagger.predict_proba([tag.text, without], "customer").max(axis=1)
    assert less < whole == tag.probability
    with pytest.raises(InputError, match="got the signal 'rumour', expected one of"):
        tagger.explain("Still no router.", "rumour")
    with pytest.raises(InputError, match="got a tag that no tagger stands behind"):
        replace(tag, explainer=None).explain()
