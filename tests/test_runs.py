"""Scoring an export: tables, receipt, resume, refusal."""

import csv
import json
import re
import shutil
from itertools import combinations, pairwise, product
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import SAMPLE

import partnersignal as ps
from partnersignal.errors import InputError, RunError
from partnersignal.index import Evidence, build_index
from partnersignal.index.ranks import TOLD_APART, probability_above
from partnersignal.memory import lean
from partnersignal.runs.parts import part_path
from partnersignal.runs.run import Run
from partnersignal.runs.tables import SCHEMAS

THIN = {"Brightmere Print", "Solveig Security Testing"}
CONTRACT_INDEX = (
    "supplier,index,low,high,balance,partner_evidence,vendor_evidence,messages,threads,first_date,last_date,"
    "enough_evidence,error_correction,coverage"
)
CONTRACT_MESSAGES = [
    "message_id",
    "thread_id",
    "date",
    "date_quality",
    "sender",
    "recipients",
    "subject",
    "kind",
    "bulk",
    "supplier",
    "voice",
    "sentences",
    "status",
    "text",
]
CONTRACT_TAGS = [
    "message_id",
    "sentence",
    "start",
    "end",
    "text",
    "supplier",
    "voice",
    "zone",
    "signal",
    "probability",
    "date",
    "bulk",
]


def score_sample(out: Path, **options: object) -> Run:
    return ps.score(SAMPLE / "export", suppliers=SAMPLE / "suppliers.toml", out=out, **{"jobs": 1, **options})


def tables(run: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(run / f"{name}.parquet") for name in SCHEMAS}


def test_the_folder_holds_the_files_of_the_contract(sample_run: Run) -> None:
    names = {path.name for path in sample_run.folder.iterdir() if not path.name.startswith("scorecard-")}
    assert names == {
        "messages.parquet", "tags.parquet", "exposure.parquet", "index.csv", "evidence.csv", "receipt.json", "report.html", "run.json", "conduct.csv", "scan.parquet",
    }  # fmt: skip


def test_columns_are_those_of_the_contract(sample_run: Run) -> None:
    assert set(CONTRACT_MESSAGES) <= set(sample_run.messages.columns)
    assert list(sample_run.tags.columns) == CONTRACT_TAGS
    assert (sample_run.folder / "index.csv").read_text().split("\n", 1)[0] == CONTRACT_INDEX
    schema = pq.read_schema(sample_run.folder / "messages.parquet")
    assert str(schema.field("date").type) == "timestamp[us, tz=UTC]"


def test_tags_point_into_their_messages(sample_run: Run) -> None:
    text = sample_run.messages[sample_run.messages.status != "duplicate"].set_index("message_id")["text"]
    assert len(sample_run.tags) > 50
    for tag in sample_run.tags.itertuples():
        assert text[tag.message_id][tag.start : tag.end] == tag.text


def test_no_tag_lies_in_a_quote(sample_run: Run) -> None:
    assert set(sample_run.tags.zone) == {"new"}


def test_a_sentence_counts_once_for_its_first_author(sample_run: Run) -> None:
    """Threads quote each other over and over: no supplier's sentence is tagged twice."""
    own = sample_run.tags[sample_run.tags.voice == "supplier"]
    assert not own.duplicated(["text", "signal", "supplier"]).any()


def test_the_receipt_accounts_for_every_message(sample_run: Run) -> None:
    receipt = sample_run.receipt
    assert receipt["read"] == 336 == sum(receipt["messages"].values()) + receipt["unreadable"]["count"]
    assert receipt["messages"]["duplicate"] == 1
    assert receipt["messages"]["auto_reply"] >= 5
    assert receipt["messages"]["bounce"] == 2
    assert receipt["bulk"] >= 10
    assert receipt["sentences"]["attributed"] <= receipt["sentences"]["new"]


def test_index_is_sorted_and_thin_suppliers_are_not_ranked(sample_run: Run) -> None:
    table = sample_run.index.to_pandas()
    assert table["index"].is_monotonic_decreasing
    assert set(table.supplier[~table.enough_evidence]) >= THIN
    assert ((table.low <= table["index"]) & (table["index"] <= table.high)).all()


def characters() -> list[list[str]]:
    """Read the four steps of data/sample/CHARACTERS.md."""
    told = (SAMPLE / "CHARACTERS.md").read_text(encoding="utf-8")
    steps = [names.split(", ") for names in re.findall(r"^\d\. (.+)$", told, re.MULTILINE)]
    assert [len(step) for step in steps] == [3, 1, 1, 3]
    return steps


def test_readers_of_the_sample_put_its_characters_in_the_order_written_down(sample_run: Run) -> None:
    """With the labels of two readers in place of the model's tags, every step stands above the next."""
    read = Path(__file__).parents[1] / "data" / "held-out" / "sample-export.jsonl"
    rows = [
        {
            "message_id": doc["id"].split(" (")[0],
            "sentence": number,
            "supplier": doc["supplier"],
            "signal": label,
            "probability": 1,
        }
        for doc in map(json.loads, read.read_text(encoding="utf-8").strip().split("\n"))
        for number, segment in enumerate(doc["segments"])
        for label in segment["labels"]
    ]
    exposure = pd.read_parquet(sample_run.folder / "exposure.parquet")
    found = {score.supplier: score.index for score in build_index(Evidence.collect(exposure, pd.DataFrame(rows)))}
    for better, worse in pairwise(characters()):
        assert min(found[name] for name in better) > max(found[name] for name in worse), (better, worse)


@pytest.mark.xfail(strict=True, reason="the model finds half of what is wrong with Harrow & Pike: results/more_text.md")
def test_the_characters_of_the_sample_come_out_in_the_order_written_down(sample_run: Run) -> None:
    """Four steps of data/sample/CHARACTERS.md: no supplier that gets a number stands above one of the step before."""
    table = sample_run.index.to_pandas().set_index("supplier")
    # Ostrander Leasing shows hardly any signal: it may get no number, and then claims no place.
    shown = [[name for name in step if table["enough_evidence"][name]] for step in characters()]
    assert [len(step) for step in shown] == [3, 0, 1, 3]
    for better, worse in pairwise(step for step in shown if step):
        assert table["index"][better].min() > table["index"][worse].max(), (better, worse)


def test_only_one_pair_of_characters_is_reversed_and_not_told_apart(sample_run: Run) -> None:
    """Until the order holds: what holds of it today must stay."""
    scores = {score.supplier: score for score in sample_run.index.model}
    steps = [[scores[name] for name in step if scores[name].enough_evidence] for step in characters()]
    pairs = [(better, worse) for one, other in combinations(steps, 2) for better, worse in product(one, other)]
    reversed_ones = [(better, worse) for better, worse in pairs if better.index <= worse.index]
    assert all(probability_above(worse, better) < TOLD_APART for better, worse in reversed_ones)
    # The model finds half of what readers find wrong with Harrow & Pike; they put it below Pinegate (the test above).
    told = {(better.supplier, worse.supplier) for better, worse in reversed_ones}
    assert told <= {("Pinegate Telephony", "Harrow & Pike Consulting")}
    assert min(score.index for score in steps[0]) > 75 > 40 > max(score.index for step in steps[1:] for score in step)


def test_contributions_add_up(sample_run: Run) -> None:
    for result in sample_run.index:
        assert result.explain().total == pytest.approx(result.index - 50, abs=1e-9)
    assert sample_run.index["Larkspur Systems"].explain().contributions.iloc[0]["text"]


def test_an_unknown_supplier_names_the_closest(sample_run: Run) -> None:
    with pytest.raises(InputError, match="did you mean 'Larkspur Systems'"):
        sample_run.index["Larkspur System"]


def test_opened_again_the_index_is_the_same(sample_run: Run) -> None:
    pd.testing.assert_frame_equal(ps.open_run(sample_run.folder).index.to_pandas(), sample_run.index.to_pandas())


def test_two_workers_give_the_same_tables(sample_run: Run, tmp_path: Path) -> None:
    run = score_sample(tmp_path / "run", jobs=2)
    for name, table in tables(run.folder).items():
        pd.testing.assert_frame_equal(table, tables(sample_run.folder)[name])
    assert (run.folder / "index.csv").read_bytes() == (sample_run.folder / "index.csv").read_bytes()


def test_a_cut_off_run_goes_on_and_ends_the_same(sample_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from partnersignal.runs import scoring as module

    def fail(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_finish", fail)
        with pytest.raises(KeyboardInterrupt):
            score_sample(tmp_path / "run")
    with pytest.raises(RunError, match=r"which was cut off; go on with the same partnersignal score command"):
        ps.open_run(tmp_path / "run")
    part_path(tmp_path / "run" / "work", "messages", 1).unlink()  # a part that was lost
    kept = part_path(tmp_path / "run" / "work", "messages", 0).stat().st_mtime_ns
    seen: list[tuple[str, int, int]] = []
    with monkeypatch.context() as patch:
        patch.setattr(module, "_finish", fail)
        with pytest.raises(KeyboardInterrupt):
            score_sample(tmp_path / "run", progress=lambda *step: seen.append(step))
    assert part_path(tmp_path / "run" / "work", "messages", 0).stat().st_mtime_ns == kept
    assert ("tagging messages", 324, 336) in seen
    run = score_sample(tmp_path / "run")
    for name, table in tables(run.folder).items():
        pd.testing.assert_frame_equal(table, tables(sample_run.folder)[name])


def test_a_finished_run_is_opened_not_scored_again(sample_run: Run) -> None:
    before = (sample_run.folder / "tags.parquet").stat().st_mtime_ns
    run = score_sample(sample_run.folder)
    assert run.index.to_pandas().equals(sample_run.index.to_pandas())
    assert (run.folder / "tags.parquet").stat().st_mtime_ns == before


def test_other_settings_are_refused_by_name(sample_run: Run) -> None:
    with pytest.raises(RunError, match=r"which holds a run with another bulk, since; choose another --out"):
        score_sample(sample_run.folder, bulk="exclude", since="2025-01-01")


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match=r"which exists and is no run folder; expected a new or empty folder"):
        score_sample(tmp_path)
    with pytest.raises(InputError, match=r"which is no run folder \(it holds no run\.json\)"):
        ps.open_run(tmp_path)


def test_a_damaged_state_says_so(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(RunError, match=r"with a damaged run\.json .*; delete the folder and score again"):
        ps.open_run(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bulk": "maybe"}, r"got bulk='maybe', expected count or exclude"),
        ({"jobs": 0}, r"got jobs=0, expected at least 1"),
        ({"since": "yesterday"}, r"got --since 'yesterday', expected a date like 2025-03-31"),
        ({"as_of": "2025-13-01"}, r"got --as-of '2025-13-01', expected a date like 2025-03-31"),
    ],
)
def test_wrong_options_say_so_and_leave_nothing(tmp_path: Path, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        score_sample(tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def write_mbox(path: Path, *messages: str) -> Path:
    path.write_text("".join(f"From a@b.com Mon Jan 06 10:00:00 2025\n{message}\n\n" for message in messages))
    return path


def mail(number: int, body: str, **headers: str) -> str:
    lines = {
        "Message-ID": f"<{number}@acme.com>", "From": "Ann <ann@acme.com>", "To": "me@us.example",
        "Date": f"Mon, 06 Jan 2025 10:{number:02d}:00 +0000", **headers,
    }  # fmt: skip
    return "\n".join(f"{key}: {value}" for key, value in lines.items()) + f"\n\n{body}"


def test_an_export_without_a_readable_message_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("not json\n")
    with pytest.raises(InputError, match=r"got an export without a readable message \(the line is not JSON\)"):
        ps.score(tmp_path / "empty.jsonl", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_one_bad_row_lands_in_the_receipt(tmp_path: Path) -> None:
    (tmp_path / "mail.jsonl").write_text('{"from": "a@acme.com", "to": "me@us.example", "body": "Hello there."}\nnot json\n')
    run = ps.score(tmp_path / "mail.jsonl", out=tmp_path / "run", ours=["us.example"])
    assert run.receipt["read"] == 2
    assert run.receipt["unreadable"]["reasons"] == {"the line is not JSON": 1}


def test_windows_and_bulk_choose_messages(tmp_path: Path) -> None:
    box = write_mbox(
        tmp_path / "x.mbox",
        mail(1, "We will raise all prices by 12 % in May unless you sign this week."),
        mail(2, "Hello.", Date="Mon, 06 Jan 2020 10:00:00 +0000"),
        mail(3, "Buy now and save.", **{"List-Unsubscribe": "<mailto:x@acme.com>"}),
        mail(4, "No date.", Date=""),
    )
    run = ps.score(box, out=tmp_path / "run", since="2025-01-01", until="2025-02-01", bulk="exclude", ours=["us.example"])
    status = run.messages.set_index("message_id")["status"].to_dict()
    assert status == {
        "1@acme.com": "tagged",
        "2@acme.com": "outside_dates",
        "3@acme.com": "bulk_excluded",
        "4@acme.com": "outside_dates",
    }


def test_without_quotes_no_words_are_written(tmp_path: Path) -> None:
    run = score_sample(tmp_path / "run", quotes=False)
    assert set(run.tags.text) == {""} and set(run.messages.text) == {""}
    assert "reinstated" not in (run.folder / "report.html").read_text()
    with (run.folder / "evidence.csv").open(encoding="utf-8-sig") as file:
        assert {row["sentence"] for row in csv.DictReader(file)} == {""}


def test_hostile_words_stay_words(tiny_model: Path, tmp_path: Path) -> None:
    evil = "=1+1 <script>alert(1)</script> the aserver is late again."
    box = write_mbox(
        tmp_path / "x.mbox", *(mail(n, evil, From="me@us.example", To="ann@acme.com", Subject="<img src=x>") for n in range(8))
    )
    run = ps.score(box, out=tmp_path / "run", ours=["us.example"], model=tiny_model)
    assert len(run.tags) > 0
    page = (run.folder / "report.html").read_text()
    assert "<script>alert" not in page and "<img" not in page  # what the browser makes of it: test_report_browser.py
    with (run.folder / "evidence.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["sentence"].startswith("'=1+1") for row in rows)


def test_the_report_loads_nothing_and_shows_doubt(sample_run: Run) -> None:
    page = (sample_run.folder / "report.html").read_text()
    assert "default-src 'none'" in page
    assert "http://" not in page.replace("http://www.w3.org", "") or '<a href="http' not in page
    assert "not enough evidence" in page and "Uncorrected" in page


def test_new_weights_refit_the_prior_and_a_window_does_not(sample_run: Run, tmp_path: Path) -> None:
    shutil.copytree(sample_run.folder, tmp_path / "run")
    run = ps.open_run(tmp_path / "run")
    window = run.reindex(since=pd.Timestamp("2025-03-01"), until=pd.Timestamp("2025-06-30"))
    assert window.state["index"]["prior"] == run.state["index"]["prior"]
    assert window.index.to_pandas().messages.sum() < run.index.to_pandas().messages.sum()
    weighed = window.reindex(weights={"upselling": 0.1})
    assert weighed.state["index"]["weights"]["upselling"] == 0.1
    assert weighed.state["index"]["prior"] != run.state["index"]["prior"]
    assert ps.open_run(tmp_path / "run").index.to_pandas().equals(weighed.index.to_pandas())


def test_no_person_is_scored(sample_run: Run) -> None:
    people = {name.split("<")[0].strip() for name in sample_run.messages.sender.dropna() if "<" in name}
    assert not people & set(sample_run.index.to_pandas().supplier)


def test_enron_is_accounted_for(shared: Path, tmp_path: Path) -> None:
    run = ps.score(shared / "data" / "enron.mbox", out=tmp_path / "run", jobs=1, model="linear")
    receipt = run.receipt
    assert receipt["read"] == 5373 == sum(receipt["messages"].values()) + receipt["unreadable"]["count"]
    assert receipt["unreadable"]["count"] == 0


def test_a_roll_up_of_a_few_suppliers_at_a_time_is_the_same(
    sample_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = []
    for name, most in (("whole", 1_000_000), ("parts", 20)):
        monkeypatch.setattr("partnersignal.runs.sources._HELD", most)
        monkeypatch.setattr("partnersignal.runs.sources._MOST_PASSES", 1_000_000)
        monkeypatch.setattr("partnersignal.report.data._TOGETHER", most)
        folder = tmp_path / name
        shutil.copytree(sample_run.folder, folder)
        run = ps.open_run(folder).reindex()
        assert run.evidence().table.equals(Evidence.merge([run.evidence()]).table)
        names = ("index.csv", "evidence.csv", "conduct.csv", "report.html", "run.json")
        outputs.append([(folder / each).read_bytes() for each in names])
        assert not (folder / "sorting").exists()
    assert outputs[0] == outputs[1]


def test_the_memory_of_who_calls_us_is_as_it_was() -> None:
    before = pa.default_memory_pool().backend_name
    with pytest.raises(KeyError), lean():
        assert pa.default_memory_pool().backend_name == "system"
        raise KeyError
    assert pa.default_memory_pool().backend_name == before != "system"
