"""Audits: which sentences are drawn, what answers say, files, and what a run does with them."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_index_reference import AS_OF, collect, frames, random_mails

import partnersignal as ps
from partnersignal.errors import InputError
from partnersignal.index import Audit, build_index, draw_audit, flagged_sentences, judge
from partnersignal.index.audit import AUDIT_KEY
from partnersignal.labels import read_labels
from partnersignal.runs.audits import read_audit, write_audit
from partnersignal.runs.run import Run
from partnersignal.runs.state import write_state
from partnersignal.signals import default_signals

SIGNALS = default_signals()


def portfolio(seed: int, **sizes: int) -> tuple:
    mails = random_mails(seed, **sizes)
    tags = frames(mails)[1]
    return build_index(collect(mails), as_of=AS_OF), tags


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.sampled_from([20, 60, 1000]))
def test_a_draw_is_half_a_side_by_mass_and_the_same_for_the_same_seed(seed: int, n: int) -> None:
    """Weights add up to 1 a side; a sentence is drawn as often as its share of the mass says, give or take one."""
    index, tags = portfolio(seed, suppliers=4, threads=25)
    drawn, flagged = draw_audit(index, tags, n, seed), flagged_sentences(index, tags)
    pd.testing.assert_frame_equal(drawn, draw_audit(index, tags.sample(frac=1, random_state=seed), n, seed))
    for side, lines in flagged.groupby("side"):
        got = drawn[drawn["side"] == side]
        assert got["weight"].sum() == pytest.approx(1)
        assert not got.duplicated(AUDIT_KEY).any()
        share = (lines.set_index(AUDIT_KEY)["mass"] / lines["mass"].sum()).loc[
            list(got[AUDIT_KEY].itertuples(index=False, name=None))
        ]
        if len(lines) > n // 2:
            assert np.abs(got["weight"].to_numpy() * (n // 2) - share.to_numpy() * (n // 2)).max() < 1
        else:
            assert len(got) == len(lines)
            assert got["weight"].to_numpy() == pytest.approx(share.to_numpy())


def test_mass_is_the_evidence_of_the_index() -> None:
    """Flagged sentences together are P and N of the suppliers."""
    index, tags = portfolio(5, suppliers=4, threads=25)
    total = flagged_sentences(index, tags).groupby(["supplier", "side"])["mass"].sum()
    for score in index:
        assert total[score.supplier, "partner"] == pytest.approx(score.partner_evidence)
        assert total[score.supplier, "vendor"] == pytest.approx(score.vendor_evidence)


def test_answers_become_precision_and_correction_by_hand() -> None:
    """All right, all wrong, and a share: (good + 1) / (n + 2), F and Var(c) as in docs/index.md."""
    index, tags = portfolio(7, suppliers=6, threads=30)
    flagged = flagged_sentences(index, tags)
    drawn = draw_audit(index, tags, 100, 1)
    audit = judge(drawn.assign(right=drawn["side"] == "partner"), flagged)
    # Sentences hit twice count double, so 50 hits say as much as a few sentences less.
    partner, vendor = audit.partner, audit.vendor
    assert partner.precision == pytest.approx((partner.effective + 1) / (partner.effective + 2))
    assert vendor.precision == pytest.approx(1 / (vendor.effective + 2))
    assert 40 < partner.effective <= partner.read <= 50
    assert partner.low < partner.precision < partner.high <= 1
    correction = audit.correction(index.threads, (0.5, 0.7))
    rate = [evidence.sum() / index.threads.exposure.sum() for evidence in index.threads.evidence]
    assert correction.false_rate == pytest.approx(
        [(1 - side.precision) * r for side, r in zip((partner, vendor), rate, strict=True)]
    )
    p, n = vendor.precision, vendor.effective
    assert correction.variance[1] == pytest.approx(4 * p * (1 - p) / (n + 2) * rate[1] ** 2)
    assert correction.between == (0.5, 0.7)
    assert Audit.from_dict(json.loads(json.dumps(audit.to_dict()))) == audit


def test_new_weights_weigh_the_answers_anew() -> None:
    """What is drawn under one weighting is judged under another by its mass there."""
    mails = random_mails(8, suppliers=6, threads=30)
    tags = frames(mails)[1]
    index = build_index(collect(mails), as_of=AS_OF)
    drawn = draw_audit(index, tags, 200, 1)
    answers = drawn.assign(right=~drawn["signals"].str.contains("upselling"))
    weighted = build_index(collect(mails), as_of=AS_OF, weights={"upselling": 0.0})
    before = judge(answers, flagged_sentences(index, tags)).vendor
    after = judge(answers, flagged_sentences(weighted, tags)).vendor
    assert after.precision > before.precision
    assert after.precision == pytest.approx((after.effective + 1) / (after.effective + 2))


def test_a_side_without_a_flag_needs_no_answers() -> None:
    index, tags = portfolio(7, suppliers=6, threads=30)
    side = {signal.label: signal.side for signal in SIGNALS}
    partner = tags[tags["signal"].map(side) == "partner"]
    mails = [
        replace(m, tags=tuple(t for t in m.tags if side[t[1]] == "partner")) for m in random_mails(7, suppliers=6, threads=30)
    ]
    index = build_index(collect(mails), as_of=AS_OF)
    drawn = draw_audit(index, partner, 40)
    audit = judge(drawn.assign(right=True), flagged_sentences(index, partner))
    assert audit.vendor is None and audit.partner is not None
    assert audit.correction(index.threads).false_rate[1] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.head(3), "got . answers on the partner side, expected at least 10"),
        (lambda a: a.assign(message_id="other"), "no sentence is flagged in this run"),
    ],
)
def test_answers_that_do_not_fit_are_refused(change, message: str) -> None:
    index, tags = portfolio(7, suppliers=6, threads=30)
    answers = draw_audit(index, tags, 60).assign(right=True)
    with pytest.raises(InputError, match=message):
        judge(change(answers), flagged_sentences(index, tags))


def test_too_few_or_nothing_to_draw() -> None:
    index, tags = portfolio(7, suppliers=6, threads=30)
    with pytest.raises(InputError, match="got n=19, expected at least 20"):
        draw_audit(index, tags, 19)
    empty = build_index(collect([]))
    with pytest.raises(InputError, match="there is nothing to audit"):
        draw_audit(empty, tags.head(0))


hostile = st.text(alphabet=st.sampled_from(list("=+-@'\"\t;,|aé 1\n")), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(hostile, min_size=2, max_size=6),
    answer=st.sampled_from(["yes", "No", " listening ; upselling", "none", "TRUE"]),
)
def test_both_files_hold_the_same_and_come_back(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], answer: str
) -> None:
    """Any supplier, text and message id, filled in by a spreadsheet that saves with semicolons."""
    folder = tmp_path_factory.mktemp("audit")
    rows = [
        {"supplier": " ".join(text.split()) or "x", "message_id": f"{' '.join(text.split())}{n}@x", "sentence": n, "side": "partner", "signals": "listening;empathy",
         "mass": 0.125 * (n + 1), "text": text, "voice": "supplier", "date": pd.NaT, "weight": 0.5 / (n + 1)}
        for n, text in enumerate(texts)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    write_audit(table, folder / "a.jsonl", folder / "a.csv")
    with (folder / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        sheet = list(csv.DictReader(file))
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in sheet for cell in row.values())
    with (folder / "b.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(sheet[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(row | {"right": answer} for row in sheet)
    documents = [json.loads(line) for line in (folder / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    for document in documents:
        document["segments"][0]["right"] = answer
    (folder / "b.jsonl").write_text("\n".join(json.dumps(document) for document in documents), encoding="utf-8")
    one, other = (read_audit(folder / name, SIGNALS) for name in ("b.csv", "b.jsonl"))
    pd.testing.assert_frame_equal(one, other)
    assert one["supplier"].tolist() == table["supplier"].tolist() and one["message_id"].tolist() == table["message_id"].tolist()
    assert one["right"].tolist() == [answer not in ("No", "none")] * len(texts)
    assert one["weight"].to_numpy() == pytest.approx(table["weight"].to_numpy(), abs=1e-9)


@pytest.fixture
def run(sample_run: Run, tmp_path: Path) -> Run:
    shutil.copytree(sample_run.folder, tmp_path / "run")
    return ps.open_run(tmp_path / "run")


def fill(sheet: Path, right: str | None = None) -> None:
    """Answer a sheet: all the same, or yes on the partner side and every second no on the other."""
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row["right"] = right if right is not None else "yes" if row["side"] == "partner" or number % 2 else "no"
    with sheet.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_run_is_corrected_and_stays_so(run: Run) -> None:
    _, sheet = run.audit(60)
    fill(sheet)
    before = run.index.to_pandas().set_index("supplier")["index"]
    corrected = run.reindex(audit=sheet)
    table = corrected.index.to_pandas()
    assert set(table["error_correction"]) == {"audit"}
    assert (table.set_index("supplier")["index"] - before).abs().max() > 0.5
    assert corrected.state["index"]["prior"] == run.state["index"]["prior"]
    assert "audit" in (corrected.folder / "index.csv").read_text()
    receipt = corrected.receipt
    assert receipt["error_correction"].startswith("audit")
    assert receipt["audit"]["partner"]["precision"] > receipt["audit"]["vendor"]["precision"]
    assert {each["supplier"] for each in receipt["audit"]["changed"]} == set(table["supplier"])
    assert "missed" in receipt["audit"]["cannot_know"][0]
    again = ps.open_run(corrected.folder)
    pd.testing.assert_frame_equal(again.index.to_pandas(), table)
    window = again.reindex(since=pd.Timestamp("2025-03-01"))
    assert set(window.index.to_pandas()["error_correction"]) == {"audit"}
    weighed = window.reindex(weights={"upselling": 0.1})
    assert set(weighed.index.to_pandas()["error_correction"]) == {"audit"}
    assert weighed.index.model.correction.false_rate[1] < corrected.index.model.correction.false_rate[1]
    for result in weighed.index:
        assert result.explain().total == pytest.approx(result.index - 50, abs=1e-9)


def test_an_audit_knows_how_much_false_alarms_differed_for_the_model_that_scored(
    run: Run, tiny_model: Path, tmp_path: Path
) -> None:
    """From the model folder into the run; from there into the interval; a run or model without it counts as 0."""
    shutil.copytree(tiny_model, tmp_path / "model")
    config = json.loads((tmp_path / "model" / "partnersignal.json").read_text())
    (tmp_path / "mail.jsonl").write_text(
        json.dumps({"from": "a@acme.com", "to": "me@us.example", "body": "The cable is late."})
    )
    told = []
    for training in ({"false_alarm_variation": {"partner": 0.5, "vendor": 0.7}}, {}):
        (tmp_path / "model" / "partnersignal.json").write_text(json.dumps(config | {"training": training}))
        scored = ps.score(tmp_path / "mail.jsonl", out=tmp_path / f"run{len(told)}", model=str(tmp_path / "model"), jobs=1)
        told.append((scored.state["false_alarm_variation"], scored.receipt["variation_between_sources"]))
    assert told[0] == ({"partner": 0.5, "vendor": 0.7},) * 2
    assert told[1] == (None, "not measured by this model: taken as 0")

    _, sheet = run.audit(60)
    fill(sheet)
    state = {name: value for name, value in run.state.items() if name != "false_alarm_variation"}
    write_state(run.folder, state)
    older = ps.open_run(run.folder).reindex(audit=sheet)
    assert older.index.model.correction.between == (0, 0)
    assert older.receipt["variation_between_sources"] == told[1][1]
    write_state(run.folder, older.state | {"false_alarm_variation": told[0][0]})
    wider = ps.open_run(run.folder).reindex()
    assert wider.index.model.correction.between == (0.5, 0.7)
    assert wider.receipt["variation_between_sources"] == told[0][0]
    assert (wider.index.model.posterior.sd > older.index.model.posterior.sd).all()


def test_the_label_file_is_one_and_is_not_trained_on_unread(run: Run) -> None:
    documents, _ = run.audit(60)
    sentences = read_labels(documents)
    assert len(sentences) == len(documents.read_text().splitlines())
    assert all(sentence.ignore is None for sentence in sentences)


def test_answers_are_not_written_over(run: Run) -> None:
    run.audit(60)
    with pytest.raises(InputError, match="which exists and may hold answers"):
        run.audit(60)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "text,labels\nx,y\n", "without the column 'supplier'"),
        ("a.csv", "", "without the column"),
        ("a.csv", "supplier,message_id,sentence,side,right,weight,mass\nA,m,x,partner,yes,1,1\n", "line 2: got a changed line"),
        ("a.csv", "supplier,message_id,sentence,side,right,weight,mass\nA,m,1,partner,,1,1\n", "without an answer"),
        ("a.csv", "supplier,message_id,sentence,side,right,weight,mass\nA,m,1,partner,upseling,1,1\n", "line 2: got the answer 'upseling' .* did you mean 'upselling'"),
        ("a.csv", "supplier,message_id,sentence,side,right,weight,mass\n" + "A,m,1,partner,yes,1,1\n" * 2, "sentence 1 of message 'm' twice"),
        ("a.jsonl", "{}\n", "line 1: got no label document"),
        ("a.jsonl", "[1]\n", "line 1: got no label document"),
        ("a.jsonl", '{"segments": [3]}\n', "line 1: got no label document"),
    ],
)  # fmt: skip
def test_wrong_files_are_named_with_their_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        read_audit(tmp_path / name, SIGNALS)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.csv, which cannot be read"):
        read_audit(tmp_path / "nothing.csv", SIGNALS)
