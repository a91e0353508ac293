"""Audit, periods, renewals, trend and ranks on a run: the Python calls and the command line."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from conftest import SAMPLE
from typer.testing import CliRunner

import partnersignal as ps
from partnersignal.cli import app
from partnersignal.errors import InputError
from partnersignal.runs.run import Run


@pytest.fixture
def run(sample_run: Run, tmp_path: Path) -> Run:
    shutil.copytree(sample_run.folder, tmp_path / "run")
    return ps.open_run(tmp_path / "run")


def call(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_periods_print_a_table_or_json(run: Run) -> None:
    text = call("periods", run.folder, "--cut", "2025-07-01", "--names", "old,new")
    assert text.startswith("portfolio, old to new:") and "Larkspur Systems" in text and "P(rise)" in text
    whole = json.loads(call("periods", run.folder, "--cut", "2025-05-01", "--cut", "2025-10-01", "--json"))
    assert whole["periods"] == ["before", "during", "after"] and len(whole["portfolio"]) == 3
    assert len(whole["changes"]) == 3 * len(run.index)
    told = [change for change in whole["changes"] if change["sentences"]]
    assert told and all(len(change["sentences"]) <= 5 and change["sentences"][0]["text"] for change in told)
    compared = run.compare(["2025-07-01"])
    row = compared.to_pandas().iloc[0]
    assert compared.sentences(row.supplier, run.tags)["contribution"].sum() == pytest.approx(row.change, abs=1e-9)


def test_renewals_need_a_supplier_file_that_has_some(run: Run, tmp_path: Path) -> None:
    assert "portfolio, rest of year to near renewal" in call("renewals", run.folder, "--suppliers", SAMPLE / "suppliers.toml")
    file, supplier = tmp_path / "suppliers.toml", '[[supplier]]\nname = "Vantage Meridian Cloud"\naliases = ["Vantage"]\n'
    file.write_text(f'{supplier}renewals = ["2025-06-30"]\n')
    assert run.compare_renewals(file).to_pandas()["supplier"].tolist() == ["Vantage Meridian Cloud"]
    file.write_text(supplier)
    with pytest.raises(InputError, match="expected renewals"):
        run.compare_renewals(file)
    file.write_text(f'{supplier}renewals = ["June"]\n')
    with pytest.raises(InputError, match="got the renewal 'June', expected an ISO date"):
        run.compare_renewals(file)


def test_trend_and_ranks_print_a_table_or_lines(run: Run) -> None:
    lines = [json.loads(line) for line in call("trend", run.folder, "--by", "year", "--json").splitlines()]
    assert {line["supplier"] for line in lines} == {result.score.supplier for result in run.index if result.score.threads}
    assert "2025-01-01 to 2025-12-31" in call("trend", run.folder, "--by", "year")
    ranked = [json.loads(line) for line in call("ranks", run.folder, "--json").splitlines()]
    assert [line["supplier"] for line in ranked] == [r.score.supplier for r in run.index if r.score.enough_evidence]
    assert "threads needed" in call("ranks", run.folder)


def test_an_audit_goes_out_and_comes_back(run: Run) -> None:
    documents, sheet = map(Path, call("audit", run.folder, "-n", 40, "--seed", 3).splitlines())
    assert documents.suffix == ".jsonl"
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with sheet.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"right": "yes" if number % 4 else "no"} for number, row in enumerate(rows))
    done = CliRunner().invoke(app, ["index", str(run.folder), "--audit", str(sheet)])
    assert done.exit_code == 0
    assert "changed most: " in done.stderr and "an audit cannot know: what was missed" in done.stderr
    assert "corrected by audit" in done.stderr


def test_without_bulk_the_window_and_the_correction_stay(run: Run) -> None:
    window = run.reindex(since=ps.open_run(run.folder).messages["date"].min())
    quiet = window.index_without_bulk()
    assert quiet.view.since == window.index.model.view.since and quiet.view.bulk == "exclude"
    assert quiet.prior == window.index.model.prior and quiet.correction == window.index.model.correction
    assert {score.supplier for score in quiet} == {result.score.supplier for result in window.index}


def test_a_run_without_sentences_cannot_be_audited(run: Run) -> None:
    tags = run.tags.assign(text="")
    tags.to_parquet(run.folder / "tags.parquet")
    with pytest.raises(InputError, match="made with --no-quotes"):
        ps.open_run(run.folder).audit(40)
