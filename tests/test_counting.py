"""The linear model's features: counted word by word, the same bits as scikit-learn's."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from partnersignal.messages import VOICES
from partnersignal.tagging import linear
from partnersignal.tagging.counting import SHORTEST, WORD, FeatureCounter, voiced
from partnersignal.tagging.vocabulary import Vocabulary
from partnersignal.training.features import count_features, fit_features
from partnersignal.training.linear import fit_linear

TEXTS = [
    "The router is late again!",
    "Don't you say it's 5% more? It's 5 % more.",
    "a I ß ΣΑΣ x y z",
    "naïve café",
    "late late late",
]


VOICED = ["supplier", "customer", "third_person", "supplier", "customer"]


def vectorizers() -> dict[str, TfidfVectorizer]:
    """What scikit-learn would count the same features with."""
    common = {"sublinear_tf": True, "dtype": np.float32}
    return {
        "words": TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORD, **common),
        "letters": TfidfVectorizer(analyzer="char_wb", ngram_range=(SHORTEST, 5), **common),
        "voiced": TfidfVectorizer(token_pattern=r"\S+", lowercase=False, **common),
    }


def fitted(vectorizer: TfidfVectorizer, known: Vocabulary) -> TfidfVectorizer:
    vectorizer.vocabulary_, vectorizer.fixed_vocabulary_, vectorizer.idf_ = known.places, True, known.idf
    return vectorizer


@pytest.fixture(scope="module")
def counter() -> FeatureCounter:
    features, _ = fit_features(count_features(TEXTS, VOICED), np.arange(len(TEXTS)))
    return FeatureCounter(features.vocabularies())


words = st.sampled_from(sorted({word for text in TEXTS for word in text.split()} | {"unknown", "?", "'", "İ", "x" * 700}))
texts = st.lists(words | st.text(max_size=12), max_size=12).map(" ".join)


@given(sentences=st.lists(texts, min_size=1, max_size=6), data=st.data())
def test_counts_are_those_of_scikit_learn(counter: FeatureCounter, sentences: list[str], data: st.DataObject) -> None:
    voices = data.draw(st.lists(st.sampled_from(VOICES), min_size=len(sentences), max_size=len(sentences)))
    blocks = counter.blocks(sentences, voices)
    for (name, vectorizer), block in zip(vectorizers().items(), blocks, strict=True):
        given = [voiced(*pair) for pair in zip(sentences, voices, strict=True)] if name == "voiced" else sentences
        theirs = fitted(vectorizer, counter.vocabularies[name]).transform(given)
        assert block.dtype == theirs.dtype and (block != theirs).nnz == 0
        assert np.array_equal(block.indptr, theirs.indptr) and np.array_equal(block.indices, theirs.indices)


def test_words_are_forgotten_before_they_fill_the_memory(counter: FeatureCounter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partnersignal.tagging.counting._REMEMBERED", 10)
    for number in range(50):
        counter.blocks([f"word{number} other{number}"], ["supplier"])
    assert len(counter._letters) <= 12


@pytest.mark.parametrize("copies", [1, 500])
def test_features_of_a_fold_are_those_of_scikit_learn_on_its_text(copies: int) -> None:
    """With 500 copies, rare terms fall out; what only held-out sentences say is no feature of the fold."""
    texts = [*TEXTS * copies, "only held out", "rare once", "rare zebra"]
    voices = [*VOICED * copies, "supplier", "supplier", "customer"]
    rows = np.delete(np.arange(len(texts)), len(TEXTS) * copies)
    counts = count_features(texts, voices)
    features, x = fit_features(counts, rows)
    assert (features.of(rows) != x).nnz == 0
    start = 0
    for name, theirs in vectorizers().items():
        theirs.min_df = counts.fewest[name]
        theirs.ngram_range = (2, 4) if name == "letters" else theirs.ngram_range
        assert (theirs.min_df > 1) == (copies > 1)
        given = [voiced(texts[i], voices[i]) if name == "voiced" else texts[i] for i in rows]
        block = theirs.fit_transform(given)
        ours = features.vocabularies()[name]
        assert theirs.get_feature_names_out().tolist() == ours.terms
        assert np.array_equal(theirs.idf_, ours.idf)
        assert (x[:, start : start + block.shape[1]] != block).nnz == 0
        start += block.shape[1]
    assert start + len(VOICES) == x.shape[1]


def test_a_fit_scores_counted_sentences_as_its_model_scores_their_text() -> None:
    truth = np.array([[True], [False], [True], [False], [True]])
    fit = fit_linear(count_features(TEXTS, VOICED), np.arange(4), truth, np.ones_like(truth))
    np.testing.assert_allclose(fit.scores(np.arange(5)), fit.model().scores(TEXTS, VOICED), rtol=1e-6)


def test_a_sentence_that_is_not_scored_teaches_nothing() -> None:
    truth = np.array([[True], [False], [True], [False], [True]])
    scored = np.array([[True], [True], [True], [True], [False]])
    rows, counts = np.arange(5), count_features(TEXTS, VOICED)
    one, other = (fit_linear(counts, rows, each, scored, balanced=True) for each in (truth, truth & scored))
    assert np.array_equal(one.coef, other.coef) and one.coef.any()


def test_scores_do_not_depend_on_what_was_scored_before(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = np.array([[True], [False], [False], [True], [False]])
    counts = count_features(TEXTS, VOICED)
    model = fit_linear(counts, np.arange(len(TEXTS)), truth, np.ones_like(truth), strength=10.0, seed=1).model()
    alone = np.vstack([replace(model).scores([text], [voice]) for text, voice in zip(TEXTS, VOICED, strict=True)])
    monkeypatch.setattr(linear, "_REMEMBERED", 3)
    for _ in range(2):
        assert np.array_equal(model.scores(TEXTS[:2], VOICED[:2]), alone[:2])
        assert np.array_equal(model.scores([*TEXTS, *TEXTS], [*VOICED, *VOICED]), np.vstack([alone, alone]))
        assert not np.array_equal(model.scores(TEXTS[:1], VOICED[1:2]), alone[:1])  # another voice
