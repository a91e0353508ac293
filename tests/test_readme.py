"""What README.md shows is what a user gets."""

import re
from pathlib import Path

import pytest

from partnersignal.cli_printing import print_index
from partnersignal.runs.run import Run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)


def figures(table: str) -> dict[str, list[float]]:
    """Give the figures of a printed index table, by supplier, in order."""
    rows = (re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in table.strip().splitlines()[1:])
    return {supplier: [float(each) for each in re.findall(r"\d+(?:\.\d+)?", rest)] for supplier, rest in rows}


def test_the_index_table_is_the_demos(sample_run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    print_index(sample_run)
    printed = figures(capsys.readouterr().out)
    shown = figures(re.search(r"```\n(supplier.*?)```", README, re.S)[1])
    assert list(shown) == list(printed)
    for supplier, expected in printed.items():
        # Another processor may round another way.
        assert shown[supplier] == pytest.approx(expected, abs=1.0), supplier


def run_block(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {})


def test_the_python_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run_block(BLOCKS[0], tmp_path, monkeypatch)
    said = capsys.readouterr().out
    assert "broken_promise" in said
    assert "Larkspur Systems" in said


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_training_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = '{"text": "You never called back.", "labels": ["unresponsiveness"], "voice": "customer", "group": "a"}\n'
    for name in ("my_labels.jsonl", "my_test.jsonl"):
        (tmp_path / name).write_text(labels)
    run_block(BLOCKS[1], tmp_path, monkeypatch)
    assert (tmp_path / "my-model" / "MODEL_CARD.md").is_file()
