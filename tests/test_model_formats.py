"""Model folders of every format so far, and of the Hub."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import partnersignal as ps
from partnersignal.cli import app
from partnersignal.errors import MissingExtraError, ModelError
from partnersignal.runs.appending import append
from partnersignal.tagging import hub
from partnersignal.tagging.folder import FORMAT
from partnersignal.training.encoder import find_base

MODELS = Path(__file__).parent / "data" / "models"
TEXTS = ["The arouter is late again.", "We ordered a cable."]


@pytest.mark.parametrize("version", range(1, FORMAT + 1))
@pytest.mark.parametrize("backend", ["linear", "encoder", "cascade"])
def test_folders_of_every_format_still_load_and_score_the_same(version: int, backend: str) -> None:
    whole = MODELS / f"v{version}"
    expected = json.loads((whole / "expected.json").read_text())[backend]
    tagger = ps.load(whole if backend == "cascade" else whole / backend)
    assert tagger.config.backend == backend
    np.testing.assert_allclose(tagger.predict_proba(TEXTS, "customer", messages=[0, 0]), expected, atol=1e-4)


def test_a_folder_may_say_how_much_false_alarms_differ(tmp_path: Path) -> None:
    """What was added to format 1: folders without it load (above), one with a damaged figure says so."""
    shutil.copytree(MODELS / "v1" / "linear", tmp_path / "m")
    file = tmp_path / "m" / "partnersignal.json"
    data = json.loads(file.read_text())
    file.write_text(json.dumps(data | {"training": {"false_alarm_variation": {"partner": 0.5, "vendor": 0}}}))
    assert ps.load(tmp_path / "m").config.training["false_alarm_variation"]["partner"] == 0.5
    for wrong in ({"partner": 0.5}, {"partner": -1, "vendor": 0}, {"partner": float("nan"), "vendor": 0}, [1]):
        file.write_text(json.dumps(data | {"training": {"false_alarm_variation": wrong}}))
        with pytest.raises(ModelError, match=r"got a damaged .*partnersignal\.json"):
            ps.load(tmp_path / "m")


@pytest.mark.parametrize("part", ["encoder/encoder.onnx", "encoder/model.safetensors", "encoder/tokenizer.json"])
def test_a_damaged_encoder_says_so(part: str, tmp_path: Path) -> None:
    shutil.copytree(MODELS / "v1", tmp_path / "m")
    (tmp_path / "m" / part).write_bytes((tmp_path / "m" / part).read_bytes()[:200])
    with pytest.raises(ModelError, match=r"which is damaged \(.*\); copy or train it again"):
        ps.load(tmp_path / "m")
    (tmp_path / "m" / part).unlink()
    with pytest.raises(ModelError, match=r"without .*, expected it there; copy the folder again"):
        ps.load(tmp_path / "m")


def test_weights_that_do_not_fit_the_configuration_say_so(tmp_path: Path) -> None:
    shutil.copytree(MODELS / "v1", tmp_path / "m")
    file = tmp_path / "m" / "encoder" / "partnersignal.json"
    data = json.loads(file.read_text())
    file.write_text(json.dumps(data | {"signals": data["signals"][:1]}))
    with pytest.raises(ModelError, match=r"got an encoder with 2 outputs in .*, expected 1"):
        ps.load(tmp_path / "m" / "encoder")
    file.write_text(json.dumps(data | {"format": FORMAT + 1}))
    with pytest.raises(
        ModelError, match=f"got a model of format {FORMAT + 1} in .*, expected 1 to {FORMAT}; update partnersignal"
    ):
        ps.load(tmp_path / "m" / "encoder")


def test_the_hub_is_asked_only_by_its_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huggingface_hub = pytest.importorskip("huggingface_hub")
    asked: list[tuple] = []

    def fetch(repository: str, **options: object) -> str:
        asked.append((repository, options["revision"], tuple(options["allow_patterns"])))
        if repository == "no/where":
            raise OSError("not found")
        return str(MODELS / "v1" / "linear")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    with pytest.raises(ModelError, match="got the model 'owner/model', expected default"):
        ps.load("owner/model")
    assert asked == []
    assert ps.load("hf://owner/model@v2").signals == ("listening", "broken_promise")
    assert asked[0][:2] == ("owner/model", "v2") and not any(p in asked[0][2] for p in ("*", "*.py", "*.bin"))
    with pytest.raises(ModelError, match=r"got the model hf://no/where, which cannot be fetched \(not found\)"):
        ps.load("hf://no/where")


def test_a_model_is_pushed_privately_and_nothing_else_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huggingface_hub = pytest.importorskip("huggingface_hub")
    calls: list[tuple[str, dict]] = []

    class Api:
        def create_repo(self, name: str, **options: object) -> None:
            calls.append((name, options))

        def upload_folder(self, **options: object) -> None:
            calls.append(("upload", options))

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    assert hub.push_model(MODELS / "v1", "hf://me/mine") == "https://huggingface.co/me/mine"
    assert calls[0] == ("me/mine", {"private": True, "exist_ok": True}) and "*.py" not in calls[1][1]["allow_patterns"]
    with pytest.raises(ModelError, match="which is no model folder"):
        hub.push_model(tmp_path, "me/mine")
    assert len(calls) == 2


def test_the_hub_wants_its_own_extra_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for ask in (lambda: ps.load("hf://owner/model"), lambda: hub.push_model(MODELS / "v1", "hf://me/mine")):
        with pytest.raises(MissingExtraError, match=r"got no package 'huggingface_hub'.*pip install 'partnersignal\[hub\]'"):
            ask()


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A model that lies in the local cache of the Hub, and what was asked for."""
    huggingface_hub = pytest.importorskip("huggingface_hub")
    asked: list[str] = []
    real = huggingface_hub.snapshot_download
    repository = tmp_path / "cache" / "models--owner--model"
    shutil.copytree(MODELS / "v1", repository / "snapshots" / "abc123")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc123")

    def fetch(name: str, **options: object) -> str:
        asked.append(name)
        return real(name, cache_dir=tmp_path / "cache", local_files_only=True, **options)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    return asked


def test_every_command_takes_a_model_of_the_hub(hub_cache: list[str], tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    rows = [
        {"text": f"{text} {n}", "labels": ["listening"] * (n % 2), "group": str(n % 6)} for n, text in enumerate(TEXTS * 12)
    ]
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows))
    calls = [["tag", "Hello.", "--model", "hf://owner/model"], ["evaluate", str(labels), "--model", "hf://owner/model"],
             ["compare", str(MODELS / "v1" / "linear"), "hf://owner/model@main", str(labels)]]  # fmt: skip
    for call in calls:
        done = CliRunner().invoke(app, call)
        assert done.exception is None or isinstance(done.exception, SystemExit), (call, done.output)  # compare ends with 1
    assert hub_cache == ["owner/model"] * 3
    assert find_base("hf://owner/model").endswith("abc123/encoder")


def test_a_run_asks_the_hub_once_and_never_again(hub_cache: list[str], tmp_path: Path) -> None:
    export = tmp_path / "mail.jsonl"
    row = {"message_id": "1", "from": "a@acme.com", "to": "b@us.org", "date": "2025-01-01", "body": TEXTS[0]}
    export.write_text(json.dumps(row) + "\n")
    run = ps.score(export, out=tmp_path / "run", model="hf://owner/model", ours=["us.org"], jobs=1)
    assert hub_cache == ["owner/model"]
    assert run.receipt["model"].endswith("models--owner--model/snapshots/abc123")
    opened = ps.open_run(tmp_path / "run")
    opened.write_report()
    export.write_text(json.dumps(row | {"message_id": "2"}) + "\n")
    append(export, out=tmp_path / "run", jobs=1)
    assert hub_cache == ["owner/model"]


def test_a_model_of_the_hub_that_is_not_there_offline_says_so(hub_cache: list[str]) -> None:
    for name in ("hf://owner/other", "hf://owner/model@v9", "hf://a/b/c", "hf://"):
        with pytest.raises(
            ModelError, match=f"got the model {name}, which cannot be fetched .*; check its name and the network"
        ):
            ps.load(name)
    with pytest.raises(ModelError, match="got the model hf://owner/other, which cannot be fetched"):
        find_base("hf://owner/other")
