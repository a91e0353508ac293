"""The rest of a message counts: how it is measured, learnt, and kept whole in runs."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import partnersignal as ps
from partnersignal.errors import InputError
from partnersignal.labels import LabelledSentence, message_numbers
from partnersignal.runs import shards
from partnersignal.runs.reattribution import reattribute
from partnersignal.runs.sentences import surroundings_of
from partnersignal.suppliers import Attribution
from partnersignal.tagging.folder import load_config
from partnersignal.tagging.surroundings import talk_around
from partnersignal.tagging.tagger import find_model
from partnersignal.training.thresholds import make_calibration

VENDOR = np.array([False, True, True])


def test_a_sentence_alone_has_no_surroundings() -> None:
    scores = np.array([[0.0, 9.0, -9.0], [0.0, -9.0, -9.0]])
    np.testing.assert_allclose(talk_around(scores, VENDOR, [4, 7]), 0.0)
    assert talk_around(np.zeros((0, 3)), VENDOR, []).shape == (0, 2)


def test_a_side_without_signals_says_nothing() -> None:
    talk = talk_around(np.full((2, 3), 5.0), np.ones(3, bool), [0, 0])
    assert (talk[:, 0] > 0).all() and (talk[:, 1] == 0).all()


def test_it_is_the_others_that_count_each_side_for_itself() -> None:
    loud, quiet, partner = [-9.0, 9.0, -9.0], [-9.0, -9.0, -9.0], [9.0, -9.0, -9.0]
    like_vendor, like_partner = talk_around(np.array([loud, quiet, quiet]), VENDOR, [0, 0, 0]).T
    assert like_vendor[1] == like_vendor[2] > like_vendor[0]
    assert (like_partner < 0).all()
    # One more sentence, one in ten of it a vendor's: (1 + 0.1) / (1 + 1) against 0.1.
    found = np.log(0.55 / 0.45) - np.log(1 / 9)
    for first, side in ((loud, 0), (partner, 1)):
        talk = talk_around(np.array([first, quiet]), VENDOR, [0, 0])
        assert talk[1, side] == pytest.approx(found, abs=1e-3) and talk[1, 1 - side] < 0


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-40, 40)), min_size=1, max_size=30), st.randoms())
def test_the_order_makes_no_difference(rows: list[tuple[int, float]], random) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)
    scores = np.array([[0.0, score, -5.0] for _, score in rows])
    talk = talk_around(scores, VENDOR, [message for message, _ in rows])
    mixed = talk_around(scores[order], VENDOR, [rows[i][0] for i in order])
    assert np.isfinite(talk).all()
    np.testing.assert_allclose(mixed, talk[order], atol=1e-9)


def test_it_is_learnt_where_it_tells_and_nothing_without_it() -> None:
    draw = np.random.default_rng(5)
    talk, scores = draw.normal(size=(400, 2)), draw.normal(size=(400, 2))
    truth = np.column_stack([scores[:, 0] + 2 * talk[:, 0] > 1, scores[:, 1] + 2 * talk[:, 1] > 1])
    scored, ordinary, sides = np.ones_like(truth), np.zeros(400, bool), [(np.array([True, True]), 1.0)]
    with_it = make_calibration(scores, truth, scored, ordinary, sides, talk)
    (one, nothing), (none, other) = with_it.surroundings
    assert min(one, other) > 10 * max(abs(nothing), abs(none)) > 0
    assert not make_calibration(scores, truth, scored, ordinary, sides).surroundings.any()
    listens = np.array([[True, False], [True, True]])
    assert make_calibration(scores, truth, scored, ordinary, sides, talk, listens).surroundings[0, 1] == 0


def test_labels_given_sentence_by_sentence_teach_nothing_of_surroundings() -> None:
    draw = np.random.default_rng(5)
    talk, scores = draw.normal(size=(600, 2)), draw.normal(size=(600, 1))
    truth = scores > 1
    alone = truth[:, 0] & (np.cumsum(truth[:, 0]) > 29)  # 29 examples stand in a message, the others alone
    assert alone.sum() > 30
    scored, ordinary, sides = np.ones_like(truth), np.zeros(600, bool), [(np.array([True]), 1.0)]
    given = make_calibration(scores, truth, scored, ordinary, sides, np.where(alone[:, None], 0.0, talk))
    assert not given.surroundings.any()


def test_sentences_of_a_file_are_told_apart_by_message() -> None:
    def said(text: str, previous: str = "", group: str = "a") -> LabelledSentence:
        return LabelledSentence(text, "supplier", frozenset(), group, previous)

    assert message_numbers([]) == []
    found = message_numbers([said("A."), said("B.", "A."), said("A."), said("C."), said("D.", "C.", "b"), said("E.", "X.")])
    assert found == [0, 0, 1, 2, 3, 4]


def test_the_numbers_of_messages_must_be_as_many() -> None:
    with pytest.raises(InputError, match="got 2 sentences and 1 numbers of messages, expected as many of each"):
        ps.load("linear").predict_proba(["One.", "Two."], messages=[0])


def listening_model(folder: Path) -> Path:
    """The shipped linear model, made to listen a lot to the rest of a message."""
    shutil.copytree(find_model("linear"), folder)
    config = load_config(folder)
    loud = replace(config.calibration, surroundings=np.full((len(config.signals), 2), 1.5))
    replace(config, calibration=loud).save(folder)
    return folder


OFFER = "Order two licences today and get the third at half price. The console shows every site. Call me now."


def test_messages_are_scored_whole_however_few_sentences_go_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = listening_model(tmp_path / "model")
    rows = ["message_id,from,to,date,body"]
    rows += [f'{n},"rep@acme.com","it@us.org","2025-03-{n + 1:02}","{OFFER} We are number {n}."' for n in range(9)]
    export = tmp_path / "mail.csv"
    export.write_text("\n".join(rows) + "\n")
    texts = OFFER.split(". ")
    tagger = ps.load(model)
    assert np.abs(tagger.predict_proba(texts, messages=[0] * 3) - tagger.predict_proba(texts)).max() > 0.01
    tables = []
    for most in (4_096, 5):
        monkeypatch.setattr(shards, "_SENTENCES", most)
        run = ps.score(export, out=tmp_path / str(most), ours=["us.org"], model=model, jobs=1)
        tables.append(run.tags[["message_id", "sentence", "signal", "probability"]])
    assert len(tables[0]) > 8
    pd.testing.assert_frame_equal(*tables, check_exact=False, atol=1e-9)


def test_no_supplier_is_judged_by_what_is_said_of_another_nor_by_a_quote() -> None:
    acme, bolt = (Attribution(name, "third_person") for name in ("Acme", "Bolt"))
    own = Attribution("Acme", "supplier")
    assert surroundings_of((acme, None, bolt, acme, own, acme, acme), quoted=2) == (0, 1, 2, 0, 4, 5, 6)


def test_a_new_supplier_file_that_parts_a_message_asks_for_scoring_where_the_model_listens(tmp_path: Path) -> None:
    export = tmp_path / "notes.md"
    export.write_text("# Review\n\nAcme called us first. Bolt was late again. Acme fixed it.\n")
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text('[ours]\ndomains = ["us.org"]\n[[supplier]]\nname = "Acme"\naliases = ["Bolt"]\n')
    two.write_text(
        '[ours]\ndomains = ["us.org"]\n[[supplier]]\nname = "Acme"\ndomains = ["acme.com"]\n[[supplier]]\nname = "Bolt"\ndomains = ["bolt.com"]\n'
    )
    deaf = listening_model(tmp_path / "deaf")
    config = load_config(deaf)
    replace(config, calibration=replace(config.calibration, surroundings=np.zeros((1, 2)))).save(deaf)
    for model, waiting in ((listening_model(tmp_path / "model"), 1), (deaf, 0)):
        run = ps.score(export, out=tmp_path / f"run-{model.name}", suppliers=one, model=model, jobs=1)
        assert len(reattribute(run, two).needs_scoring) == waiting


def test_only_partner_signals_listen_to_how_much_of_a_partner_the_rest_is() -> None:
    config = load_config(find_model())
    weights = dict(zip((signal.label for signal in config.signals), config.calibration.surroundings, strict=True))
    for signal in config.signals:
        assert (weights[signal.label][1] == 0) == (signal.side == "vendor"), signal.label


def test_long_mail_is_like_that_of_the_corpus() -> None:
    quiet = [talk_around(np.full((n, 3), -9.0), VENDOR, [0] * n)[0] for n in (21, 10_000)]
    np.testing.assert_allclose(quiet[0], quiet[1], atol=0.01)
