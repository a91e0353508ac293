"""Real fine-tuning, on a transformer of two layers that is made here."""

import json
import logging
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import LATE, PLAIN, THINGS, corpus
from safetensors.numpy import load_file

import partnersignal as ps
from partnersignal.errors import InputError, ModelError
from partnersignal.labels import read_labels, write_labels
from partnersignal.training import TrainingConfig, evaluate, train
from partnersignal.training.encoder import EncoderSettings, find_base, fit_encoder

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

SENTENCES = [frame.format(f"a{thing}") for thing in THINGS for frame in (*LATE, *PLAIN)]
TRUTH = np.array([[frame in LATE, False] for _ in THINGS for frame in (*LATE, *PLAIN)])
VOICES = ["customer"] * len(SENTENCES)
QUICK = EncoderSettings("", epochs=2, learning_rate=5e-3, max_tokens=32, context=False, seed=1)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_base(folder: Path, model: object) -> Path:
    """Save a random model with a tokenizer that knows the words of the corpus."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    words = sorted(
        {word for text in [*LATE, *PLAIN, "customer supplier note :"] for word in re.findall(r"\w+|[:.]", text.lower())}
    )
    pieces = [*"abcdefghijklmnopqrstuvwxyz", *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz")]
    vocabulary = {word: n for n, word in enumerate(dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words, *pieces]))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ends)
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=150, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, initializer_range=0.5, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    return make_base(tmp_path_factory.mktemp("base"), transformers.BertModel(config))


@pytest.fixture(scope="module")
def encoder(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained from label files, as a user does."""
    folder = tmp_path_factory.mktemp("encoder")
    config = TrainingConfig(
        backend="encoder",
        base=str(base),
        folds=2,
        epochs=8,
        learning_rate=3e-3,
        trainer_options={"per_device_train_batch_size": 16},
    )
    train(corpus(folder), folder / "model", config=config)
    return folder / "model"


def fit(
    folder: Path, base: Path, said: list[str] | None = None, held: np.ndarray | None = None, labels=("late", "nice"), **changes
):
    folder.mkdir(exist_ok=True)
    settings = replace(QUICK, base=str(base), **changes)
    tell = (lambda _: None) if said is None else said.append
    truth = TRUTH[:, : len(labels)]
    scored = np.ones_like(truth)
    return fit_encoder(SENTENCES, VOICES, [""] * len(SENTENCES), truth, scored, labels, folder, settings, tell, held)


def test_it_learns_what_it_was_taught(encoder: Path) -> None:
    tagger = ps.load(encoder)
    assert [t.signal for t in tagger.tag("The xserver is late again.", voice="customer").tags] == ["broken_promise"]
    assert tagger.tag("A xserver costs nine euros.", voice="customer").tags == ()


def test_transformers_loads_the_folder_and_agrees(encoder: Path) -> None:
    text = "customer: The arouter is late again."
    classify = transformers.pipeline("text-classification", model=str(encoder), top_k=1, function_to_apply="sigmoid")
    assert classify([text])[0][0]["label"] == "broken_promise"
    model = transformers.AutoModelForSequenceClassification.from_pretrained(encoder, dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(encoder)
    with torch.no_grad():
        theirs = model(**tokenizer([text], return_tensors="pt")).logits.numpy()
    ours = ps.load(encoder).backend.scores(["The arouter is late again."], ["customer"])
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_same_seed_same_weights_and_an_interrupted_training_goes_on(base: Path, tmp_path: Path) -> None:
    options = {"save_steps": 2, "logging_steps": 1}
    fit(tmp_path / "one", base, options=options)

    def stop(said: str) -> None:
        if said.startswith("step 4 "):
            raise KeyboardInterrupt

    class Stopping(list):
        append = staticmethod(stop)

    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "two", base, Stopping(), options=options)
    assert not (tmp_path / "two" / "model.safetensors").exists()
    said: list[str] = []
    fit(tmp_path / "two", base, said, options=options)
    assert said[0].startswith("step 3 of 10") and "min left" in said[0]
    assert (tmp_path / "two" / "model.safetensors").exists()
    fit(tmp_path / "again", base, options=options)
    assert (tmp_path / "one" / "model.safetensors").read_bytes() == (tmp_path / "again" / "model.safetensors").read_bytes()


def test_a_training_cut_off_in_its_export_goes_on(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("onnx.load", stop)  # between the graph with its weights and the one without
        fit(tmp_path / "model", base)
    model = fit(tmp_path / "model", base)
    whole = fit(tmp_path / "whole", base)
    text = ["The xserver is late again."]
    np.testing.assert_array_equal(model.scores(text, ["customer"], [""]), whole.scores(text, ["customer"], [""]))


def test_parts_that_are_done_are_kept_for_other_thresholds_only(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, out, work = corpus(tmp_path), tmp_path / "model", tmp_path / "model.training"
    quick = TrainingConfig(
        backend="encoder", base=str(base), folds=2, epochs=1, freeze=-1, trainer_options={"logging_steps": 1}
    )
    room, said = sys.modules["partnersignal.training.train"], []

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    def cut_off() -> None:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(room, "remember", stop)
            train(labels, out, config=quick)

    rarer = replace(quick, vendor_false_alarms=0.01)
    train(labels, tmp_path / "whole", config=rarer)
    cut_off()
    with monkeypatch.context() as patch:
        patch.setattr("partnersignal.tagging.encoder.EncoderModel.scores", stop)  # scores are kept as well
        patch.setattr(room, "write_card", lambda *_: "")
        train(labels, out, config=rarer, progress=said.append)
    assert not any("step" in line for line in said)
    assert not work.exists()
    for name in ("partnersignal.json", "model.safetensors"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    fewer = write_labels(read_labels(labels)[:-20], tmp_path / "fewer.jsonl")
    for changed, config in ((fewer, quick), (labels, replace(quick, epochs=2))):
        cut_off()
        said.clear()
        train(changed, out, config=config, progress=said.append)
        assert any("step" in line for line in said)
    work.mkdir()
    (work / "mine.txt").write_text("not of a training")
    with pytest.raises(InputError, match="which holds no training of this version"):
        train(labels, out, config=quick)
    assert (work / "mine.txt").exists()


def test_it_stops_when_it_gets_no_better(base: Path, tmp_path: Path) -> None:
    said: list[str] = []
    fit(tmp_path / "m", base, said, np.arange(16), epochs=30, learning_rate=1e-12, patience=1, options={"logging_steps": 1})
    last, total = map(int, re.findall(r"\d+", said[-1])[:2])
    assert total == 120 and last <= 12


def test_loading_a_base_says_nothing_of_its_new_head_and_the_log_stays_as_it_was(
    base: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log, all_logs = logging.getLogger("transformers.modeling_utils"), logging.getLogger("transformers")
    filters, level = list(log.filters), log.level
    all_logs.addHandler(caplog.handler)
    try:
        fit(tmp_path / "m", base, epochs=1)
        fit(tmp_path / "n", tmp_path / "m", epochs=1, labels=("late",))
        with pytest.raises(InputError):
            fit(tmp_path / "o", Path("nowhere/at/all"))
        assert caplog.text == ""
        assert (log.filters, log.level) == (filters, level)
        transformers.AutoModelForSequenceClassification.from_pretrained(base)
        assert "classifier.weight" in caplog.text
    finally:
        all_logs.removeHandler(caplog.handler)


def test_frozen_layers_stay_as_they_were_and_weights_of_rare_signals_count(base: Path, tmp_path: Path) -> None:
    fit(tmp_path / "m", base, freeze=1, balanced=True)
    before, after = load_file(base / "model.safetensors"), load_file(tmp_path / "m" / "model.safetensors")

    def same(name: str) -> bool:
        return bool((before[name].astype(np.float16) == after[f"bert.{name}"]).all())

    assert same("embeddings.word_embeddings.weight") and same("encoder.layer.0.output.dense.weight")
    assert not same("encoder.layer.1.output.dense.weight")


def test_a_trained_model_is_a_base_and_keeps_what_it_knows(base: Path, tmp_path: Path) -> None:
    fit(tmp_path / "old", base)
    fit(tmp_path / "new", tmp_path / "old", labels=("new", "late"), learning_rate=1e-12)
    old, new = (load_file(tmp_path / name / "model.safetensors")["classifier.weight"] for name in ("old", "new"))
    np.testing.assert_allclose(new[1], old[0], atol=1e-3)
    assert not np.allclose(new[0], old[1], atol=1e-2)
    (tmp_path / "cascade").mkdir()
    (tmp_path / "old").rename(tmp_path / "cascade" / "encoder")
    assert find_base(str(tmp_path / "cascade")) == str(tmp_path / "cascade" / "encoder")


def test_what_the_base_was_trained_on_was_seen_too(encoder: Path, tmp_path: Path) -> None:
    half = [s for s in read_labels(corpus(tmp_path)) if s.group in "ab"]
    mine = [replace(s, text=f"Alas: {s.text}") if s.group == "a" else s for s in half]
    quick = TrainingConfig(backend="encoder", base=str(encoder), folds=2, epochs=1, freeze=-1)
    said: list[str] = []
    train(write_labels(mine, tmp_path / "mine.jsonl"), tmp_path / "model", config=quick, progress=said.append)
    assert evaluate(corpus(tmp_path), tmp_path / "model")["seen_in_training"] == 320
    assert any(line.startswith("the base was trained on 80 of these 160 sentences (50.0%)") for line in said)


def test_an_architecture_without_token_types(tmp_path: Path) -> None:
    config = transformers.DistilBertConfig(
        vocab_size=150, dim=32, n_layers=1, n_heads=2, hidden_dim=64, max_position_embeddings=64
    )
    small = make_base(tmp_path / "base", transformers.DistilBertModel(config))
    assert fit(tmp_path / "m", small, epochs=1).scores(["Late."], ["customer"]).shape == (1, 2)


def test_a_strangers_code_and_pickles_do_not_run(base: Path, encoder: Path, tmp_path: Path) -> None:
    import pickle
    import shutil

    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    strange = tmp_path / "strange"
    shutil.copytree(encoder, strange)
    bomb = pickle.dumps(Bomb())
    (strange / "pytorch_model.bin").write_bytes(bomb)
    (strange / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    config = json.loads((strange / "config.json").read_text())
    code = {"auto_map": {"AutoConfig": "evil.Config", "AutoModelForSequenceClassification": "evil.Model"}}
    (strange / "config.json").write_text(json.dumps(config | code))
    assert ps.load(strange).tag("The arouter is late again.", voice="customer").tags
    fit(tmp_path / "m", strange, epochs=1)
    (strange / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"without model\.safetensors, expected it there"):
        ps.load(strange)
    with pytest.raises(InputError, match=r"got the base model .* which cannot be loaded"):
        fit(tmp_path / "n", strange, epochs=1)
    (strange / "config.json").write_text(json.dumps(code | {"model_type": "evil"}))
    with pytest.raises(InputError, match=r"got the base model .* which cannot be loaded"):
        fit(tmp_path / "o", strange, epochs=1)
    assert not (tmp_path / "ran").exists()


def test_wrong_options_say_so(base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"got trainer_options that TrainingArguments does not take \(.*magic"):
        fit(tmp_path / "m", base, options={"magic": 1})
    with pytest.raises(InputError, match="got the base model 'nowhere/at/all', which cannot be loaded"):
        fit(tmp_path / "n", Path("nowhere/at/all"))
