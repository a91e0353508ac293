"""The command line: results on stdout, progress on stderr, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from partnersignal.runs.run import Run

LATE = "You promised the patch for Monday and it has not come."


def call(*arguments: object, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "partnersignal", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, input=stdin, cwd=cwd)


def test_demo_prints_the_index_and_only_that(tmp_path: Path) -> None:
    done = call("demo", cwd=tmp_path)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split()[:2] == ["supplier", "index"] and len(lines) == 11
    assert "tagging messages: 336 of 336" in done.stderr
    assert (tmp_path / "partnersignal-demo" / "report.html").is_file()
    again = call("demo", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, done.stdout)


def test_tag_reads_an_argument_or_a_line_each() -> None:
    one = call("tag", LATE, "--voice", "customer", "--json")
    found = json.loads(one.stdout)
    assert found["text"] == LATE
    assert set(found["tags"][0]) == {"sentence", "start", "end", "text", "signal", "probability"}
    assert found["tags"][0]["signal"] == "broken_promise"
    many = call("tag", "--voice", "customer", "--json", stdin=f"Lunch is at one.\n{LATE}\n")
    assert [len(json.loads(line)["tags"]) for line in many.stdout.splitlines()] == [0, 1]


def test_train_and_evaluate(tmp_path: Path) -> None:
    from conftest import corpus

    labels = corpus(tmp_path)
    trained = call("train", labels, "--out", tmp_path / "model", "--base", "default")
    assert trained.returncode == 0 and "macro-F1 out of fold" in trained.stdout
    assert "--base is for the encoder and the cascade; the linear model starts from nothing" in trained.stderr
    assert "19 of 20 signals have fewer than 30 examples: they will seldom be given" in trained.stderr
    measured = call("evaluate", labels, "--model", tmp_path / "model", "--json")
    assert json.loads(measured.stdout)["per_label"]["broken_promise"]["support"] == 160
    assert "broken_promise" in call("evaluate", labels, "--model", tmp_path / "model").stdout


def test_index_and_report_work_on_a_run(sample_run: Run, tmp_path: Path) -> None:
    import shutil

    run = tmp_path / "run"
    shutil.copytree(sample_run.folder, run)
    (tmp_path / "weights.toml").write_text("upselling = 0.2\n")
    done = call("index", run, "--weights", tmp_path / "weights.toml", "--half-life", 90)
    assert done.returncode == 0 and "Larkspur" in done.stdout
    (run / "report.html").unlink()
    assert call("report", run).stdout.strip() == str(run / "report.html")
    assert (run / "report.html").is_file()


@pytest.fixture
def run(sample_run: Run, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(sample_run.folder, tmp_path / "run"))


def test_conduct_and_portfolio_print_tables_and_json(run: Path) -> None:
    table = call("conduct", run)
    assert table.returncode == 0 and table.stdout.splitlines()[0].split()[:3] == ["supplier", "mails", "reply"]
    assert "Quillon Payments, unresponsiveness, unexplained: " in table.stdout
    data = json.loads(call("conduct", run, "--json").stdout)
    assert {each["supplier"] for each in data["conduct"]} >= {"Larkspur Systems", "Brightmere Print"}
    assert all(len(each["lapses"]) == each["explained"] + each["unexplained"] + each["unclear"] for each in data["lapses"])
    shown = call("portfolio", run)
    assert "Brightmere Print (watch): too little evidence" in shown.stdout and "uncorrected" in shown.stderr
    placed = json.loads(call("portfolio", run, "--json").stdout)
    assert len(placed) == 10 and {each["group"] for each in placed} <= {"keep close", "grow", "watch", "question"}


def test_index_honours_corrections_and_another_supplier_file(run: Path, sample_run: Run, tmp_path: Path) -> None:
    from conftest import SAMPLE

    tag = sample_run.tags.iloc[0]
    head = "message_id,sentence,signal,action,supplier,who,when"
    (run / "corrections.csv").write_text(f"{head}\n{tag.message_id},{tag.sentence},{tag.signal},strike,,ann,\n")
    renamed = (SAMPLE / "suppliers.toml").read_text().replace('name = "Quillon Payments"', 'name = "Quill"')
    (tmp_path / "new.toml").write_text(renamed)
    done = call("index", run, "--suppliers", tmp_path / "new.toml")
    assert done.returncode == 0 and "Quill " in done.stdout and "Quillon Payments" not in done.stdout
    assert "corrections: 1 strike, 0 add" in done.stderr and "tags changed hands" in done.stderr
    label = json.loads(call("corrections", run).stdout)
    assert label["text"] == tag.text and tag.signal not in label["labels"]
    (run / "corrections.csv").write_text(f"{head}\n{tag.message_id},0,nonsense,strike,,,\n")
    wrong = call("index", run)
    assert wrong.returncode == 1 and "corrections.csv, line 2: got the signal 'nonsense'" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_forget_says_what_changed(run: Path) -> None:
    done = call("forget", run, "chase.holloway@vantagemeridian.example")
    assert done.returncode == 0 and done.stdout.startswith("deleted 8 messages with ")
    again = call("forget", run, "chase.holloway@vantagemeridian.example")
    assert again.returncode == 1 and "which is no sender or recipient" in again.stderr


def test_score_appends_and_takes_a_key(tmp_path: Path) -> None:
    for name, sender in (("a", "ann@acme.com"), ("b", "bo@acme.com")):
        (tmp_path / f"{name}.jsonl").write_text(
            json.dumps({"from": sender, "to": "me@us.example", "body": "We added capacity before you asked."})
        )
    (tmp_path / "key").write_text("0123456789abcdef0123")
    options = ("--out", tmp_path / "run", "--jobs", 1, "--pseudonyms", tmp_path / "key")
    assert call("score", tmp_path / "a.jsonl", *options, "--ours", "us.example").returncode == 0
    added = call("score", tmp_path / "b.jsonl", *options, "--append")
    assert added.returncode == 0 and "acme.com" in added.stdout
    assert "ann@" not in (tmp_path / "run" / "run.json").read_text()
    wrong = call("score", tmp_path / "b.jsonl", *options, "--append", "--since", "2025-01-01")
    assert wrong.returncode == 2 and "takes only --suppliers, --pseudonyms, --jobs" in wrong.stderr


def test_suppliers_drafts_a_file(tmp_path: Path) -> None:
    from conftest import SAMPLE

    done = call("suppliers", SAMPLE / "export")
    assert done.returncode == 0
    assert 'domains = ["fernhollow.example", "fernhollow"]' in done.stdout
    assert 'domains = ["quillonpay.example"]' in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["score", "nothing.mbox", "--out", "run"], 1, "partnersignal: got nothing.mbox, which does not exist; expected mbox"),
        (["tag", "x", "--model", "gpt"], 1, "partnersignal: got the model 'gpt', expected default"),
        (["tag", "x", "--voice", "vendor"], 1, "partnersignal: got the voice 'vendor', expected one of supplier"),
        (["report", "nothing"], 1, "partnersignal: got nothing, which is no run folder"),
        (["evaluate", "nothing.jsonl"], 1, "partnersignal: got the label file nothing.jsonl, which does not exist"),
        (
            ["train", "nothing.jsonl", "--out", "m", "--backend", "magic"],
            1,
            "partnersignal: got the backend 'magic', expected linear, encoder, cascade",
        ),
        (["score"], 2, "Missing argument"),
        (["score", "x", "--out", "run", "--bulk", "maybe"], 2, "got 'maybe', expected count or exclude"),
        (["fly"], 2, "No such command 'fly'"),
    ],
)
def test_errors_are_one_line_without_a_traceback(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    done = call(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""
    if code == 1:
        assert len(done.stderr.strip().splitlines()) == 1


def test_a_supplier_file_that_is_wrong_is_one_line(tmp_path: Path) -> None:
    from conftest import SAMPLE

    (tmp_path / "s.toml").write_text("[[supplier]]\nname = 'A'\n")
    done = call("score", SAMPLE / "export", "--suppliers", tmp_path / "s.toml", "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "got no domains, addresses or aliases" in done.stderr


def test_without_a_subcommand_help_is_shown() -> None:
    assert "score" in call("--help").stdout
