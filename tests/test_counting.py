"""The linear model's features: counted word by word, the same bits as scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnersignal.messages import VOICES
from partnersignal.tagging.counting import FeatureCounter, voiced
from partnersignal.tagging.linear import fit_features, make_vectorizers

TEXTS = [
    "The router is late again!",
    "Don't you say it's 5% more? It's 5 % more.",
    "a I ß ΣΑΣ x y z",
    "naïve café",
    "late late late",
]


@pytest.fixture(scope="module")
def counter() -> FeatureCounter:
    vectorizers = make_vectorizers(1, 1)
    fit_features(vectorizers, TEXTS, ["supplier", "customer", "third_person", "supplier", "customer"])
    return FeatureCounter(vectorizers)


words = st.sampled_from(sorted({word for text in TEXTS for word in text.split()} | {"unknown", "?", "'", "İ", "x" * 700}))
texts = st.lists(words | st.text(max_size=12), max_size=12).map(" ".join)


@given(sentences=st.lists(texts, min_size=1, max_size=6), data=st.data())
def test_counts_are_those_of_scikit_learn(counter: FeatureCounter, sentences: list[str], data: st.DataObject) -> None:
    voices = data.draw(st.lists(st.sampled_from(VOICES), min_size=len(sentences), max_size=len(sentences)))
    blocks = counter.blocks(sentences, voices)
    for name, block in zip(counter.vectorizers, blocks, strict=True):
        given = [voiced(*pair) for pair in zip(sentences, voices, strict=True)] if name == "voiced" else sentences
        theirs = counter.vectorizers[name].transform(given)
        assert block.dtype == theirs.dtype and (block != theirs).nnz == 0
        assert np.array_equal(block.indptr, theirs.indptr) and np.array_equal(block.indices, theirs.indices)


def test_words_are_forgotten_before_they_fill_the_memory(counter: FeatureCounter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partnersignal.tagging.counting._REMEMBERED", 10)
    for number in range(50):
        counter.blocks([f"word{number} other{number}"], ["supplier"])
    assert len(counter._letters) <= 12
