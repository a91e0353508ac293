"""Corrections, another supplier file, and more mail: changing a finished run."""

import csv
import email
import json
import shutil
import zlib
from pathlib import Path

import pandas as pd
import pytest
from conftest import SAMPLE

import partnersignal as ps
from partnersignal.errors import InputError, RunError
from partnersignal.labels import label_lines, labels_from_corrections, read_labels
from partnersignal.runs import appending
from partnersignal.runs.appending import append
from partnersignal.runs.drafts import begin_draft
from partnersignal.runs.reattribution import reattribute
from partnersignal.runs.run import Run
from partnersignal.runs.tables import SCHEMAS, join_tables

HEAD = "message_id,sentence,signal,action,supplier,who,when"


@pytest.fixture
def run(sample_run: Run, tmp_path: Path) -> Run:
    shutil.copytree(sample_run.folder, tmp_path / "run")
    return ps.open_run(tmp_path / "run")


def correct(run: Run, *rows: tuple, head: str = HEAD) -> Run:
    with (run.folder / "corrections.csv").open("w", encoding="utf-8-sig", newline="") as file:
        file.write(head + "\n")
        csv.writer(file).writerows(rows)
    return Run(run.folder)


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in SCHEMAS}


def adds_up(run: Run) -> None:
    for result in run.index:
        assert result.explain().total == pytest.approx(result.index - 50, abs=1e-9)


def test_without_corrections_nothing_changes(run: Run) -> None:
    before = run.index.to_pandas()
    assert correct(run).reindex().index.to_pandas().equals(before)


def test_a_struck_tag_no_longer_counts(run: Run) -> None:
    tag = run.tags[(run.tags.supplier == "Quillon Payments") & (run.tags.signal == "unresponsiveness")].iloc[0]
    row = (tag.message_id, tag.sentence, tag.signal, "strike", "", "ann", "2026-05-01")
    struck = correct(run, row, row).reindex()
    assert struck.index["Quillon Payments"].index > run.index["Quillon Payments"].index
    assert len(struck.tags) == len(run.tags) - 1
    assert struck.receipt["corrections"] == {"strike": 1, "add": 0, "move": 0, "without_effect": 1}
    assert struck.state["index"]["prior"] == run.state["index"]["prior"]
    assert len(pd.read_parquet(run.folder / "tags.parquet")) == len(run.tags), "the model's tags stay"
    adds_up(struck)
    written = pd.read_csv(struck.folder / "index.csv").set_index("supplier")["index"]
    assert written["Quillon Payments"] == pytest.approx(struck.index["Quillon Payments"].index, abs=1e-4)


def test_a_strike_without_a_signal_takes_the_sentence(run: Run) -> None:
    twice = run.tags[run.tags.duplicated(["message_id", "sentence"])].iloc[0]
    struck = correct(run, (twice.message_id, twice.sentence, "", "strike", "", "", ""))
    assert struck.tags[(struck.tags.message_id == twice.message_id) & (struck.tags.sentence == twice.sentence)].empty


def test_an_added_tag_counts_and_knows_its_words(run: Run) -> None:
    tagged = set(zip(run.tags.message_id, run.tags.sentence, strict=True))
    mail = next(
        m
        for m in run.messages.itertuples()
        if m.supplier == "Larkspur Systems" and m.sentences > 2 and (m.message_id, 1) not in tagged
    )
    added = correct(run, (mail.message_id, 1, "fresh_ideas", "add", "", "ann", ""))
    tag = added.tags[added.tags.signal.eq("fresh_ideas") & added.tags.message_id.eq(mail.message_id)].iloc[0]
    assert (tag.supplier, tag.probability, tag.voice) == ("Larkspur Systems", 1.0, mail.voice)
    assert tag.text and mail.text[tag.start : tag.end] == tag.text
    assert added.index["Larkspur Systems"].index > run.index["Larkspur Systems"].index
    again = correct(run, *[(mail.message_id, 1, "fresh_ideas", "add", "", "ann", "")] * 2)
    assert again.corrected.counts["without_effect"] == 1
    adds_up(added)


def test_adding_what_the_model_found_makes_it_sure(run: Run) -> None:
    tag = run.tags[run.tags.probability < 0.9].iloc[0]
    sure = correct(run, (tag.message_id, tag.sentence, tag.signal, "add", tag.supplier, "", ""))
    found = sure.tags.merge(tag.to_frame().T[["message_id", "sentence", "signal", "supplier"]])
    assert found.probability.tolist() == [1.0] and len(sure.tags) == len(run.tags)


def test_a_moved_tag_takes_its_sentence_along(run: Run) -> None:
    tag = run.tags[run.tags.supplier == "Quillon Payments"].drop_duplicates(["message_id", "sentence"], keep=False).iloc[0]
    moved = correct(run, (tag.message_id, tag.sentence, tag.signal, "move", "Brightmere Print", "", ""))
    assert moved.corrected.counts["move"] == 1
    key = moved.tags.message_id.eq(tag.message_id) & moved.tags.sentence.eq(tag.sentence)
    assert moved.tags[key].supplier.tolist() == ["Brightmere Print"]
    before, after = run.corrected.exposure, moved.corrected.exposure
    assert before.sentences.sum() == after.sentences.sum()
    brightmere = after[(after.supplier == "Brightmere Print") & (after.message_id == tag.message_id)]
    assert brightmere.sentences.tolist() == [1]
    adds_up(moved)


def test_corrections_for_every_tag_stay_consistent(run: Run) -> None:
    """Strike, move or confirm each tag in turn: index and contributions still agree."""
    names = [*run.directory.names()]
    rows = [
        (t.message_id, t.sentence, t.signal, ("strike", "add", "move")[n % 3], names[n % len(names)] if n % 3 else "", "", "")
        for n, t in enumerate(run.tags.itertuples())
    ]
    corrected = correct(run, *rows)
    counts = corrected.corrected.counts
    assert sum(counts.values()) == len(rows) and min(counts["strike"], counts["add"], counts["move"]) > 0
    adds_up(corrected)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("MID", 0, "upselling", "delete", "", "", ""), r"corrections\.csv, line 2: got the action 'delete', expected one of strike, add, move"),
        (("MID", "first", "upselling", "strike", "", "", ""), r"line 2: got the sentence 'first', expected its number from 0 on"),
        (("MID", -1, "upselling", "strike", "", "", ""), r"line 2: got the sentence '-1'"),
        (("MID", 0, "upseling", "strike", "", "", ""), r"line 2: got the signal 'upseling', .*did you mean 'upselling'\?"),
        (("MID", 0, "", "add", "", "", ""), r"line 2: got the signal '', expected one of"),
        (("MID", 0, "upselling", "move", "", "", ""), r"line 2: got no supplier, expected the one to whom the tag moves"),
        (("", 0, "upselling", "strike", "", "", ""), r"line 2: got no message_id"),
        (("x@y", 0, "upselling", "strike", "", "", ""), r"line 2: got the message_id 'x@y', which is not in the run"),
        (("MID", 9999, "upselling", "strike", "", "", ""), r"line 2: got sentence 9999, expected 0 to \d+, as the message has"),
        (("MID", 0, "upselling", "move", "Larkspur System", "", ""), r"line 2: got the supplier 'Larkspur System', .*did you mean 'Larkspur Systems'"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_with_its_line(run: Run, row: tuple, message: str) -> None:
    mid = run.tags.message_id.iloc[0]
    with pytest.raises(InputError, match=message):
        _ = correct(run, tuple(mid if cell == "MID" else cell for cell in row)).tags


def test_a_file_of_something_else_says_so(run: Run) -> None:
    with pytest.raises(InputError, match=r"got no column message_id, sentence, signal, action, expected message_id"):
        _ = correct(run, head="name,age").tags


def test_excel_writes_semicolons(run: Run) -> None:
    tag = run.tags.iloc[0]
    text = f"{HEAD.replace(',', ';')}\r\n{tag.message_id};{tag.sentence};{tag.signal};Strike;;;\r\n;;;;;;\r\n"
    (run.folder / "corrections.csv").write_text(text, encoding="utf-8-sig", newline="")
    assert Run(run.folder).corrected.counts["strike"] == 1


def test_corrections_become_labels(run: Run, tmp_path: Path) -> None:
    tag = run.tags.drop_duplicates(["message_id", "sentence"], keep=False).iloc[0]
    other = "empathy" if tag.signal != "empathy" else "listening"
    corrected = correct(
        run, (tag.message_id, tag.sentence, tag.signal, "strike", "", "", ""), (tag.message_id, tag.sentence, other, "add", tag.supplier, "", "")
    )  # fmt: skip
    (label,) = labels_from_corrections(corrected)
    assert (label.text, label.labels, label.voice) == (tag.text, {other}, tag.voice)
    (tmp_path / "labels.jsonl").write_text("\n".join(label_lines([label])) + "\n")
    assert read_labels(tmp_path / "labels.jsonl")[0] == label
    struck = correct(run, (tag.message_id, tag.sentence, tag.signal, "strike", "", "", ""))
    assert labels_from_corrections(struck)[0].labels == frozenset()
    assert labels_from_corrections(correct(run)) == ()


MERGED = (SAMPLE / "suppliers.toml").read_text() if SAMPLE.exists() else ""


def supplier_file(path: Path, **domains: str) -> Path:
    """The sample's suppliers with Cobalt Ridge merged into Larkspur under a new name."""
    text = MERGED.replace('name = "Larkspur Systems"\ndomains = ["larkspur-systems.example"]\naliases = ["Larkspur"]',
        'name = "Larkridge"\ndomains = ["larkspur-systems.example", "cobaltridge.example"]\n'
        'aliases = ["Larkspur", "Larkspur Systems", "Cobalt Ridge", "Cobalt Ridge Networks", "Cobalt"]')  # fmt: skip
    start = text.index('[[supplier]]\nname = "Cobalt Ridge Networks"')
    path.write_text(text[:start] + text[text.index("[[supplier]]", start + 5) :])
    return path


def test_merged_suppliers_get_the_tags_of_both(run: Run, tmp_path: Path) -> None:
    new = supplier_file(tmp_path / "new.toml")
    before = run.tags.supplier.value_counts()
    changed = reattribute(run, new)
    both = before["Larkspur Systems"] + before["Cobalt Ridge Networks"]
    after = changed.run.tags.supplier.value_counts()
    assert after["Larkridge"] == both == changed.moved and changed.dropped == changed.unchecked == 0
    assert {"Larkspur Systems", "Cobalt Ridge Networks"}.isdisjoint(changed.run.index.to_pandas().supplier)
    assert changed.run.state["index"]["prior"] == run.state["index"]["prior"]
    adds_up(changed.run)
    # Scored anew, only the sentences that it was said of are different.
    scored = ps.score(SAMPLE / "export", suppliers=new, out=tmp_path / "anew", jobs=1)
    waiting = set(changed.needs_scoring)
    for name, table in tables(tmp_path / "anew").items():
        mine = tables(run.folder)[name]
        mine, table = (t[~t["message_id"].isin(waiting)].reset_index(drop=True) for t in (mine, table))
        pd.testing.assert_frame_equal(mine, table)
    assert len(scored.tags) >= len(changed.run.tags)


def test_a_renamed_supplier_is_as_if_scored_so(run: Run, tmp_path: Path) -> None:
    new = tmp_path / "new.toml"
    new.write_text(
        MERGED.replace('name = "Quillon Payments"\n', 'name = "Quayle Cards"\n').replace(
            '["Quillon"]', '["Quillon", "Quillon Payments"]'
        )
    )
    theirs = (run.tags.supplier == "Quillon Payments").sum()
    changed = reattribute(run, new)
    assert changed.needs_scoring == () and changed.moved == theirs > 0
    opened = ps.score(SAMPLE / "export", suppliers=new, out=run.folder, jobs=1)  # opens it: the settings are these now
    assert "Quayle Cards" in opened.index.to_pandas().supplier.tolist()


def test_what_would_need_another_voice_is_named(run: Run, tmp_path: Path) -> None:
    new = tmp_path / "new.toml"
    new.write_text(MERGED.replace('domains = ["fernhollow.example"]', 'domains = ["fernhollow.example", "quillonpay.example"]').replace(
        'domains = ["quillonpay.example"]\n', ""))  # fmt: skip
    changed = reattribute(run, new)
    assert changed.dropped > 0 and changed.needs_scoring
    receipt = changed.run.receipt["reattributed"]
    assert receipt["needs_scoring"]["count"] == len(changed.needs_scoring)
    theirs = run.messages[run.messages.sender.fillna("").str.contains("quillonpay")].message_id
    assert not changed.run.tags.message_id.isin(theirs).any()


def test_without_texts_tags_go_with_the_addresses(run: Run, tmp_path: Path) -> None:
    for name in ("messages", "tags"):
        path = run.folder / f"{name}.parquet"
        join_tables([path], path, SCHEMAS[name], lambda frame: frame.assign(text=""))
    before = run.corrected.exposure.sentences.sum()
    changed = reattribute(run, supplier_file(tmp_path / "new.toml"))
    assert changed.unchecked > 100 and changed.dropped == 0
    assert (changed.run.tags.supplier == "Larkridge").sum() == changed.moved > 0
    assert changed.run.corrected.exposure.sentences.sum() == before
    adds_up(changed.run)


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sample's mail in two mbox files, cut between threads, with one mail in both."""
    folder = tmp_path_factory.mktemp("halves")
    text = (SAMPLE / "export" / "mail.mbox").read_text(encoding="utf-8")
    mails = [f"From {each}" for each in text.removeprefix("From ").split("\nFrom ")]
    # Every other thread: what a thread quotes is then known to the plan, first or last.
    root: dict[str, str] = {}
    halves: tuple[list[str], list[str]] = ([], [])
    for mail in mails:
        parsed = email.message_from_string(mail.partition("\n")[2])
        before = (parsed["References"] or parsed["In-Reply-To"] or "").split()
        root[parsed["Message-ID"]] = found = root.get(before[0], before[0]) if before else parsed["Message-ID"]
        halves[zlib.crc32(found.encode()) % 2].append(mail)
    first, second = folder / "first.mbox", folder / "second.mbox"
    first.write_text("\n".join(halves[0]), encoding="utf-8")
    second.write_text("\n".join([halves[0][1], *halves[1]]), encoding="utf-8")
    return first, second


@pytest.fixture(scope="module")
def first_half(halves: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("first") / "run"
    ps.score(halves[0], suppliers=SAMPLE / "suppliers.toml", out=out, jobs=1, model="linear")
    return out


def test_appended_mail_gives_what_scoring_all_gives(halves: tuple[Path, Path], first_half: Path, tmp_path: Path) -> None:
    shutil.copytree(first_half, tmp_path / "run")
    whole = ps.score(halves, suppliers=SAMPLE / "suppliers.toml", out=tmp_path / "whole", jobs=1, model="linear")
    run = append(halves[1], out=tmp_path / "run", jobs=1)
    assert whole.receipt["messages"]["duplicate"] >= 1
    # What was tagged keeps the boilerplate of then: the limit that docs/conduct.md names.
    later = run.messages["repeats"] != whole.messages["repeats"]
    pd.testing.assert_series_equal(run.messages["orphans"], whole.messages["orphans"])
    assert later.sum() <= 2
    apart = set(run.messages["message_id"][later])
    for name, table in tables(run.folder).items():
        kept = (each[~each["message_id"].isin(apart)].reset_index(drop=True) for each in (table, tables(whole.folder)[name]))
        pd.testing.assert_frame_equal(*kept)
    assert (run.folder / "conduct.csv").read_bytes() == (whole.folder / "conduct.csv").read_bytes()
    pd.testing.assert_frame_equal(*(pd.read_parquet(each.folder / "scan.parquet") for each in (run, whole)))
    assert not (run.folder / "work").exists() and not (run.folder / "draft").exists()
    stamp = (run.folder / "tags.parquet").stat().st_mtime_ns
    append(halves[1], out=run.folder, jobs=1)
    assert (run.folder / "tags.parquet").stat().st_mtime_ns == stamp, "added once"


def test_halves_of_two_versions_are_not_appended_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        row = {"message_id": name, "from": f"{name}@acme.com", "to": "me@us.example", "date": "2025-01-06", "body": "Hello."}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    ps.score(tmp_path / "a.jsonl", out=tmp_path / "run", jobs=1, model="linear")

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "tagging messages":
            raise KeyboardInterrupt

    told: list[tuple[str, int, int]] = []
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            append(tmp_path / "b.jsonl", out=tmp_path / "run", jobs=1, progress=stop)
    monkeypatch.setattr(appending, "version", lambda _: "99")
    append(tmp_path / "b.jsonl", out=tmp_path / "run", jobs=1, progress=lambda *step: told.append(step))
    assert told[0] == ("scanning shards", 0, 1)
    assert not (tmp_path / "run" / "work").exists()


def test_appending_keeps_corrections(halves: tuple[Path, Path], first_half: Path, tmp_path: Path) -> None:
    shutil.copytree(first_half, tmp_path / "run")
    run = ps.open_run(tmp_path / "run")
    tag = run.tags.iloc[0]
    correct(run, (tag.message_id, tag.sentence, tag.signal, "strike", "", "", ""))
    assert append(halves[1], out=run.folder, jobs=1).corrected.counts["strike"] == 1


def test_without_a_supplier_file_new_organisations_are_taken_in(tmp_path: Path) -> None:
    def rows(*senders: str) -> str:
        return "".join(
            json.dumps(
                {"message_id": f"{n}{s}", "from": s, "to": "me@us.example", "date": "2025-01-06", "body": f"{s} writes. Hello."}
            )
            + "\n"
            for n, s in enumerate(senders)
        )

    (tmp_path / "a.jsonl").write_text(rows("a@acme.com", "b@acme.com"))
    (tmp_path / "b.jsonl").write_text(rows("c@bolt.com", "d@acme.com"))
    ps.score(tmp_path / "a.jsonl", out=tmp_path / "run", jobs=1)
    run = append(tmp_path / "b.jsonl", out=tmp_path / "run", jobs=1)
    assert set(run.index.to_pandas().supplier) == {"acme.com", "bolt.com"}
    whole = ps.score([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], out=tmp_path / "whole", jobs=1)
    for name, table in tables(run.folder).items():
        pd.testing.assert_frame_equal(table, tables(whole.folder)[name])


def test_what_cannot_be_appended_is_refused(halves: tuple[Path, Path], first_half: Path, tmp_path: Path) -> None:
    shutil.copytree(first_half, tmp_path / "run")
    with pytest.raises(InputError, match="which is no run folder"):
        append(halves[1], out=tmp_path / "nothing")
    other = supplier_file(tmp_path / "new.toml")
    with pytest.raises(
        RunError, match=r"got --append to .*run, a run with another suppliers; add mail with what it was scored with"
    ):
        append(halves[1], out=tmp_path / "run", suppliers=other)
    (tmp_path / "bad.jsonl").write_text("not json\n")
    with pytest.raises(InputError, match="got no readable message in"):
        append(tmp_path / "bad.jsonl", out=tmp_path / "run", jobs=1)
    assert len(ps.open_run(tmp_path / "run").messages) == len(pd.read_parquet(first_half / "messages.parquet"))


def test_a_change_that_is_cut_off_is_whole_or_not_there(run: Run) -> None:
    before = run.index.to_pandas()
    draft = begin_draft(run.folder)
    (draft / "index.csv").write_text("half")
    assert ps.open_run(run.folder).index.to_pandas().equals(before), "a draft is nothing"
    for file in run.folder.iterdir():
        if file.is_file():
            shutil.copy(file, draft)
    (draft / "index.csv").write_text("new")
    (run.folder / "draft").rename(run.folder / "next")
    ps.open_run(run.folder)
    assert (run.folder / "index.csv").read_text() == "new" and not (run.folder / "next").exists()


def test_the_report_holds_the_corrections_so_far(run: Run) -> None:
    """A file downloaded from the page replaces the one in the folder: what stood there must be in it."""
    tag = run.tags.iloc[0]
    corrected = correct(run, (tag.message_id, tag.sentence, tag.signal, "strike", "", "ann", "2025-01-02"))
    (noted,) = corrected.sections().corrections
    assert (noted.message_id, noted.sentence, noted.signal) == (tag.message_id, tag.sentence, tag.signal)
    assert (noted.action, noted.supplier, noted.who, noted.when) == ("strike", "", "ann", "2025-01-02")
