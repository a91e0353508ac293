"""The spaCy component."""

import re
import shutil
from pathlib import Path

import pytest
import spacy

from partnersignal.errors import InputError, ModelError

MODELS = Path(__file__).parent / "data" / "models"
TEXT = "Lunch is at one. You promised the patch for Monday and it has not come."


@pytest.fixture(scope="module")
def nlp() -> spacy.language.Language:
    pipeline = spacy.blank("en")
    pipeline.add_pipe("partnersignal", config={"voice": "customer"})
    return pipeline


def found(doc: spacy.tokens.Doc) -> list[tuple[str, str]]:
    return [(span.text, span.label_) for span in doc.spans["signals"]]


def test_spans_hold_the_sentences_and_scores_their_probabilities(nlp: spacy.language.Language) -> None:
    doc = nlp(TEXT)
    assert found(doc) == [("You promised the patch for Monday and it has not come.", "broken_promise")]
    assert len(doc.spans["signals"].attrs["scores"]) == 1


def test_pipe_gives_the_same(nlp: spacy.language.Language) -> None:
    assert [found(doc) for doc in nlp.pipe([TEXT, "", TEXT])] == [found(nlp(TEXT)), [], found(nlp(TEXT))]


def test_two_processes_give_the_same(nlp: spacy.language.Language) -> None:
    assert [found(doc) for doc in nlp.pipe([TEXT] * 4, n_process=2, batch_size=2)] == [found(nlp(TEXT))] * 4


def test_saved_and_loaded_it_gives_the_same(nlp: spacy.language.Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")
    assert again.get_pipe("partnersignal").voice == "customer"
    assert found(again(TEXT)) == found(nlp(TEXT))


def test_another_key(tmp_path: Path) -> None:
    pipeline = spacy.blank("de")
    pipeline.add_pipe("partnersignal", config={"spans_key": "mine", "voice": "customer"})
    assert len(pipeline(TEXT).spans["mine"]) == 1


def test_wrong_settings_say_so() -> None:
    pipeline = spacy.blank("en")
    pipeline.add_pipe("partnersignal", config={"model": "none"})
    with pytest.raises(ModelError, match="got the model 'none'"):
        pipeline(TEXT)
    pipeline.remove_pipe("partnersignal")
    pipeline.add_pipe("partnersignal", config={"voice": "vendor"})
    with pytest.raises(InputError, match="got the voice 'vendor'"):
        pipeline(TEXT)


def test_bytes_and_a_config_file_give_the_same(nlp: spacy.language.Language, tmp_path: Path) -> None:
    nlp.config.to_disk(tmp_path / "config.cfg")
    config = spacy.util.load_config(tmp_path / "config.cfg")
    again = spacy.util.load_model_from_config(config)
    again.from_bytes(nlp.to_bytes())
    assert again.get_pipe("partnersignal").voice == "customer"
    assert found(again(TEXT)) == found(nlp(TEXT))


OWN = "The arouter is late again. We ordered a cable."


@pytest.fixture
def moved(tmp_path: Path) -> tuple[spacy.language.Language, Path]:
    """A pipeline with a model of one's own, which is then no longer where it was."""
    shutil.copytree(MODELS / "v1", tmp_path / "mine")
    config = tmp_path / "mine" / "partnersignal.json"  # a cascade that tags
    config.write_text(re.sub(r'"threshold": [.0-9]+', '"threshold": 0.005', config.read_text()))
    (tmp_path / "mine" / "evil.py").write_text("raise SystemExit")
    pipeline = spacy.blank("en")
    pipeline.add_pipe("partnersignal", config={"model": str(tmp_path / "mine"), "voice": "customer"})
    pipeline.to_disk(tmp_path / "pipeline")
    (tmp_path / "packed").write_bytes(pipeline.to_bytes())
    (tmp_path / "mine").rename(tmp_path / "elsewhere")
    return pipeline, tmp_path


def test_a_model_of_ones_own_travels_with_the_pipeline(moved: tuple[spacy.language.Language, Path]) -> None:
    pipeline, place = moved
    expected = [(span.label_, score) for doc in [pipeline(OWN)] for span, score in spans(doc)]
    assert expected
    again = spacy.load(place / "pipeline")
    assert [(span.label_, score) for span, score in spans(again(OWN))] == expected
    assert not list((place / "pipeline").rglob("*.py"))
    assert [found(doc) for doc in again.pipe([OWN] * 4, n_process=2, batch_size=2)] == [found(pipeline(OWN))] * 4
    again.to_disk(place / "pipeline")  # over itself
    again.to_disk(place / "third")
    (place / "pipeline").rename(place / "gone")
    assert [(span.label_, score) for span, score in spans(spacy.load(place / "third")(OWN))] == expected
    made = spacy.util.load_model_from_config(pipeline.config)
    made.from_bytes((place / "packed").read_bytes())
    assert [(span.label_, score) for span, score in spans(made(OWN))] == expected
    assert spacy.util.load_model_from_config(pipeline.config).from_bytes(made.to_bytes())(OWN).spans["signals"]


def spans(doc: spacy.tokens.Doc) -> list[tuple[spacy.tokens.Span, float]]:
    return list(zip(doc.spans["signals"], doc.spans["signals"].attrs["scores"], strict=True))


def test_a_pipeline_whose_model_is_nowhere_says_what_to_do(moved: tuple[spacy.language.Language, Path]) -> None:
    pipeline, place = moved
    shutil.rmtree(place / "pipeline" / "partnersignal")
    with pytest.raises(
        ModelError, match=r"got a pipeline without its model .*mine', which is not on this machine either; save"
    ):
        spacy.load(place / "pipeline")
    own = {"components": {"partnersignal": {"model": str(place / "elsewhere")}}}
    assert found(spacy.load(place / "pipeline", config=own)(OWN)) == found(pipeline(OWN))


def test_bytes_of_a_stranger_write_nothing_elsewhere(nlp: spacy.language.Language, tmp_path: Path) -> None:
    component = nlp.create_pipe("partnersignal")
    for name in ("../evil.json", "/tmp/evil.json", "evil.py"):
        with pytest.raises(ModelError, match=r"got the file '.*' in a model, expected"):
            component.from_bytes(spacy.util.to_bytes({"model": lambda name=name: {name: b"{}"}}, []))


def test_a_model_of_the_hub_is_asked_for_when_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huggingface_hub = pytest.importorskip("huggingface_hub")
    asked: list[str] = []

    def fetch(repository: str, **_: object) -> str:
        asked.append(repository)
        return str(MODELS / "v1" / "linear")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    pipeline = spacy.blank("en")
    pipeline.add_pipe("partnersignal", config={"model": "hf://owner/model", "voice": "customer"})
    assert asked == [] and found(pipeline(OWN))
    pipeline.to_disk(tmp_path / "pipeline")
    asked.clear()
    assert found(spacy.load(tmp_path / "pipeline")(OWN)) == found(pipeline(OWN))
    assert asked == []
