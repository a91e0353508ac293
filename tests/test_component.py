"""The spaCy component."""

from pathlib import Path

import pytest
import spacy

from partnersignal.errors import InputError, ModelError

TEXT = "Lunch is at one. You promised the patch for Monday and we still have nothing."


@pytest.fixture(scope="module")
def nlp() -> spacy.language.Language:
    pipeline = spacy.blank("en")
    pipeline.add_pipe("partnersignal", config={"voice": "customer"})
    return pipeline


def found(doc: spacy.tokens.Doc) -> list[tuple[str, str]]:
    return [(span.text, span.label_) for span in doc.spans["signals"]]


def test_spans_hold_the_sentences_and_scores_their_probabilities(nlp: spacy.language.Language) -> None:
    doc = nlp(TEXT)
    assert found(doc) == [("You promised the patch for Monday and we still have nothing.", "broken_promise")]
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
    with pytest.raises(ModelError, match="got the model 'none'"):
        pipeline.add_pipe("partnersignal", config={"model": "none"})
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
