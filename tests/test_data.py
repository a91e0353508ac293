"""The labelled corpus is well formed, read twice, and apart from the sample."""

import json
import re
from collections import Counter
from pathlib import Path

import partnersignal as ps
from partnersignal.labels import read_labels
from partnersignal.signals import default_signals
from partnersignal.tagging.tagger import find_model
from partnersignal.training.seen import count_seen, recall

ROOT = Path(__file__).parents[1]
CORPUS = sorted((ROOT / "data" / "corpus").glob("*.jsonl"))
HELD_OUT = sorted((ROOT / "data" / "held-out").glob("*.jsonl"))
LABELS = {signal.label for signal in default_signals()}


def documents(files: list[Path] = CORPUS) -> list[dict]:
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").split("\n") if line]


def runs(text: str, length: int = 8) -> set[str]:
    words = re.findall(r"[a-z0-9']+", text.lower())
    return {" ".join(words[i : i + length]) for i in range(len(words) - length + 1)}


def test_every_document_has_its_form_and_both_readings() -> None:
    docs = documents(CORPUS + HELD_OUT)
    assert len({doc["id"] for doc in docs}) == len(docs)
    for doc in docs:
        assert doc["kind"] in {"email", "meeting_notes"}, doc["id"]
        assert doc["author"] in {"supplier", "customer", "third_person"}, doc["id"]
        assert all(segment["text"].strip() and set(segment["labels"]) <= LABELS for segment in doc["segments"]), doc["id"]
        assert all(segment.get("commitment") in {None, "supplier", "customer"} for segment in doc["segments"]), doc["id"]
        readings = doc["readings"]
        # Nobody labelled the sample while writing it: two readers did, from the text alone.
        assert set(readings) == (
            {"first", "second"} if doc["customer"] == "Fernhollow Veterinary Group" else {"author", "second"}
        )
        for number, segment in enumerate(doc["segments"]):
            first, second = (set(reading.get(str(number), ())) for reading in readings.values())
            ignored = segment.get("ignore") or ()
            if ignored is not True and first == second:
                assert set(segment["labels"]) == first, (doc["id"], number)


def test_the_corpus_is_as_large_as_its_readme_says() -> None:
    docs = documents()
    segments = [segment for doc in docs for segment in doc["segments"]]
    positives = Counter(label for segment in segments for label in segment["labels"])
    assert min(positives[label] for label in LABELS) >= 200
    said = re.search(r"([\d,]+) documents, ([\d,]+) sentences", (ROOT / "data" / "README.md").read_text(encoding="utf-8"))
    assert said is not None
    assert [int(each.replace(",", "")) for each in said.groups()] == [len(docs), len(segments)]


def test_the_shipped_model_knows_that_it_was_trained_on_the_corpus() -> None:
    sentences = read_labels(ROOT / "data" / "corpus")
    long = sum(len(sentence.text.split()) >= 4 for sentence in sentences)
    for name in ("default", "linear", "encoder"):
        assert count_seen(recall(find_model(name)), sentences) == long > 45_000


def test_the_shipped_model_never_read_what_is_held_out() -> None:
    held = read_labels(HELD_OUT)
    assert len(held) > 400
    for name in ("default", "linear", "encoder"):  # but for a stock phrase
        assert count_seen(recall(find_model(name)), held) <= len(held) // 200
    shared = {run for doc in documents() for segment in doc["segments"] for run in runs(segment["text"])}
    written = [file for file in HELD_OUT if file.stem != "sample-export"]  # the sample has a test of its own
    theirs = {run for doc in documents(written) for segment in doc["segments"] for run in runs(segment["text"])}
    assert len(shared & theirs) <= 5, sorted(shared & theirs)[:10]


def test_corpus_and_sample_share_no_sentence() -> None:
    sample = {run for message in ps.read(ROOT / "data" / "sample" / "export") for run in runs(message.text)}
    corpus = {run for doc in documents() for segment in doc["segments"] for run in runs(segment["text"])}
    assert len(sample) > 5_000
    assert len(sample & corpus) <= 10, sorted(sample & corpus)  # stock phrases of bounces and footers
