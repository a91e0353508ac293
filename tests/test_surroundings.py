"""The rest of a message counts: how it is measured, learnt, and kept whole in runs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import partnersignal as ps
from partnersignal.errors import InputError
from partnersignal.labels import LabelledSentence, message_numbers
from partnersignal.runs import shards
from partnersignal.tagging.surroundings import vendor_talk
from partnersignal.training.thresholds import make_calibration

VENDOR = np.array([False, True, True])


def test_a_sentence_alone_has_no_surroundings() -> None:
    scores = np.array([[0.0, 9.0, -9.0], [0.0, -9.0, -9.0]])
    np.testing.assert_allclose(vendor_talk(scores, VENDOR, [4, 7]), 0.0)
    assert vendor_talk(np.zeros((0, 3)), VENDOR, []).shape == (0,)


def test_it_is_the_others_that_count_and_only_their_vendor_side() -> None:
    loud, quiet, partner = [-9.0, 9.0, -9.0], [-9.0, -9.0, -9.0], [9.0, -9.0, -9.0]
    talk = vendor_talk(np.array([loud, quiet, quiet]), VENDOR, [0, 0, 0])
    assert talk[1] == talk[2] > talk[0]
    assert (vendor_talk(np.array([partner, quiet]), VENDOR, [0, 0]) < 0).all()
    # One more sentence, one in ten of it a vendor's: (1 + 0.1) / (1 + 1) against 0.1.
    np.testing.assert_allclose(
        vendor_talk(np.array([loud, quiet]), VENDOR, [0, 0])[1], np.log(0.55 / 0.45) - np.log(1 / 9), atol=1e-3
    )


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-40, 40)), min_size=1, max_size=30), st.randoms())
def test_the_order_makes_no_difference(rows: list[tuple[int, float]], random) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)
    scores = np.array([[0.0, score, -5.0] for _, score in rows])
    talk = vendor_talk(scores, VENDOR, [message for message, _ in rows])
    mixed = vendor_talk(scores[order], VENDOR, [rows[i][0] for i in order])
    assert np.isfinite(talk).all()
    np.testing.assert_allclose(mixed, talk[order], atol=1e-9)


def test_it_is_learnt_where_it_tells_and_nothing_without_it() -> None:
    draw = np.random.default_rng(5)
    talk, scores = draw.normal(size=400), draw.normal(size=(400, 2))
    truth = np.column_stack([scores[:, 0] + 2 * talk > 1, scores[:, 1] > 1])
    scored, ordinary, sides = np.ones_like(truth), np.zeros(400, bool), [(np.array([True, True]), 1.0)]
    with_it = make_calibration(scores, truth, scored, ordinary, sides, talk)
    assert with_it.surroundings[0] > 10 * abs(with_it.surroundings[1]) > 0
    assert make_calibration(scores, truth, scored, ordinary, sides).surroundings.tolist() == [0, 0]


def test_sentences_of_a_file_are_told_apart_by_message() -> None:
    def said(text: str, previous: str = "", group: str = "a") -> LabelledSentence:
        return LabelledSentence(text, "supplier", frozenset(), group, previous)

    assert message_numbers([]) == []
    found = message_numbers([said("A."), said("B.", "A."), said("A."), said("C."), said("D.", "C.", "b"), said("E.", "X.")])
    assert found == [0, 0, 1, 2, 3, 4]


def test_the_numbers_of_messages_must_be_as_many() -> None:
    with pytest.raises(InputError, match="got 2 sentences and 1 numbers of messages, expected as many of each"):
        ps.load("linear").predict_proba(["One.", "Two."], messages=[0])


def test_messages_are_scored_whole_however_few_sentences_go_together(tmp_path, monkeypatch) -> None:
    rows = ["message_id,from,to,date,body"]
    for number in range(9):
        body = "Order two licences today and get the third at half price. The console shows every site. Call me now."
        rows.append(f'{number},"rep@acme.com","it@us.org","2025-03-{number + 1:02}","{body} We are number {number}."')
    export = tmp_path / "mail.csv"
    export.write_text("\n".join(rows) + "\n")
    tables = []
    for most in (4_096, 5):
        monkeypatch.setattr(shards, "_SENTENCES", most)
        shards._tagger.cache_clear()
        run = ps.score(export, out=tmp_path / str(most), ours=["us.org"], model="linear", jobs=1)
        tables.append(run.tags[["message_id", "sentence", "signal", "probability"]])
    assert len(tables[0]) > 8
    np.testing.assert_allclose(tables[0]["probability"], tables[1]["probability"], atol=1e-9)
