"""The in-house case, simulated: a team labels 50 to 400 sentences of its own mail, with a signal of its own.

Three worlds of the corpus are held out as "the house"; one signal is taken out of the rest of the corpus and
comes back, under a new name, only in the house's labels. Half of the house's documents may be labelled, the
other half is the test. Run: ``python benchmarks/in_house.py [--encoder] [--share 0.25] [--seeds 2] [--jobs 1]
[--out FILE]``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import partnersignal as ps
from partnersignal.labels import LabelledSentence, read_labels, write_labels
from partnersignal.labels.suggest import suggest
from partnersignal.signals import Signal, read_taxonomy
from partnersignal.training import TrainingConfig, train
from partnersignal.training.evaluation import figures, predict

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
HOUSE = ("w16-chips-taiwan", "w17-salmon-norway", "w34-shipyard-greece")
OLD, NEW = "transparency", "candour"
BUDGETS = (50, 100, 200, 400)
AGAIN = 0.02  # share of the corpus
FIRST = f'drop = ["{OLD}"]\n'
SIGNALS = f'{FIRST}[[signal]]\nlabel = "{NEW}"\nside = "partner"\nweight = 0.5\n'


def documents(path: Path) -> list[list[LabelledSentence]]:
    """The sentences of a file, a list a document."""
    found: list[list[LabelledSentence]] = []
    for number, sentence in enumerate(read_labels(path)):
        if number == 0 or not sentence.previous:
            found.append([])
        found[-1].append(sentence)
    return found


def renamed(sentence: LabelledSentence, new: str | None) -> LabelledSentence:
    """With the signal under its new name, or without it."""
    labels = sentence.labels - {OLD} | ({new} if new and OLD in sentence.labels else set())
    ignore = None if sentence.ignore is None else sentence.ignore - {OLD}
    return replace(sentence, labels=frozenset(labels), ignore=ignore)


def house(seed: int) -> tuple[list[LabelledSentence], list[LabelledSentence]]:
    """What can be labelled, and the test: documents are not cut."""
    random = np.random.default_rng(seed)
    pool, test = [], []
    for name in HOUSE:
        parts = documents(CORPUS / f"{name}.jsonl")
        for place in random.permutation(len(parts)).tolist():
            chosen = pool if sum(s.group == name for s in pool) <= sum(s.group == name for s in test) else test
            # A document is a thread of the house: the folds of training may not cut it.
            chosen += [renamed(sentence, NEW) for sentence in parts[place]]
    return pool, test


def measure(model: ps.Tagger, test: list[LabelledSentence], signals: tuple[Signal, ...]) -> dict:
    """The figures over all signals; one that the model does not know is never given."""
    known = predict(model, test)
    p, limits = np.zeros((len(test), len(signals))), np.ones(len(signals))
    for column, signal in enumerate(signals):
        if signal.label in model.signals:
            place = model.signals.index(signal.label)
            p[:, column], limits[column] = known[:, place], model.config.calibration.threshold[place]
    return figures(p, limits, test, signals)


class Bench:
    """One backend, trained on the rest of the corpus and what is labelled of the house, measured on its test.

    The linear model is trained anew each time. The encoder begins from the model that was there before any label, which does
    not know the new signal, and reads the labels with a small sample of what that one has read, so that it forgets nothing.
    """

    def __init__(self, work: Path, share: float, config: TrainingConfig) -> None:
        self.work, self.config = work, config
        self.signals = read_taxonomy(config.signals).signals
        self.pool, self.test = house(seed=1)
        self.rest = self.sample(share, "rest.jsonl")
        self.again, self.started = self.rest, 0.0
        if config.backend == "encoder":
            self.again = self.sample(min(share, AGAIN), "again.jsonl")
            self.first = replace(config, signals=_write(work / "first.toml", FIRST))
            self.config = replace(config, base=str(work / "first"))

    def sample(self, share: float, name: str) -> Path:
        """Every so many documents of each world but the house."""
        rest = [path for path in sorted(CORPUS.glob("*.jsonl")) if path.stem not in HOUSE]
        parts = [document for path in rest for document in documents(path)[:: round(1 / share)]]
        return write_labels([renamed(s, None) for part in parts for s in part], self.work / name)

    def start(self) -> tuple[ps.Tagger, float]:
        """The model before any label, and how long the house waits for it: not at all, where it was there."""
        if self.config.backend != "encoder":
            return self.model([])
        start = time.perf_counter()
        train(self.rest, self.work / "first", config=self.first)
        self.started = time.perf_counter() - start
        return ps.load(self.work / "first"), 0.0

    def model(self, labelled: list[LabelledSentence]) -> tuple[ps.Tagger, float]:
        """Train; a hundred labels of one's own weigh little among thousands, so they are given three times."""
        start = time.perf_counter()
        files = [self.again]
        if labelled:
            files.append(write_labels([s for s in labelled for _ in range(3)], self.work / "house.jsonl"))
        train(files, self.work / "model", config=self.config)
        return ps.load(self.work / "model"), time.perf_counter() - start

    def row(self, strategy: str, n: int, labelled: list[LabelledSentence], model: ps.Tagger, seconds: float) -> dict:
        """What the table says of it."""
        found = measure(model, self.test, self.signals)
        new = found["per_label"][NEW]
        return {
            "backend": self.config.backend, "strategy": strategy, "labels": n, "macro_f1": found["macro_f1"],
            "any_f1": found["any_signal"]["f1"], "false_alarms": found["false_positive_rate"], "new_f1": new["f1"],
            "new_average_precision": new["average_precision"], "new_in_labels": sum(NEW in s.labels for s in labelled),
            "seconds": round(seconds, 1),
        }  # fmt: skip

    def random(self, seed: int) -> list[dict]:
        """Label what comes."""
        order = np.random.default_rng(seed).permutation(len(self.pool))
        rows = []
        for n in BUDGETS:
            labelled = [self.pool[i] for i in order[:n]]
            rows.append(self.row("random", n, labelled, *self.model(labelled)))
        return rows

    def suggested(self) -> list[dict]:
        """Label what the last model suggests, then train the next."""
        model, seconds = self.start()
        rows, labelled = [self.row("none", 0, [], model, seconds)], []
        truth = {s.id: s for s in self.pool}
        for n in BUDGETS:
            blind = [replace(s, labels=frozenset()) for s in self.pool]
            labelled += [truth[each.sentence.id] for each in suggest(blind, model, n - len(labelled), labelled)]
            model, seconds = self.model(labelled)
            rows.append(self.row("suggest", n, labelled, model, seconds))
        return rows


def run(backend: str, share: float, seeds: int, work: Path, jobs: int = 1, folds: int = 3) -> dict:
    """All rows of one backend."""
    signals = _write(work / "signals.toml", SIGNALS)
    bench = Bench(work, share, TrainingConfig(backend=backend, folds=folds, signals=signals, epochs=2, jobs=jobs))
    rows = bench.suggested()
    for seed in range(seeds):
        rows += bench.random(seed)
    return {
        "rest": len(read_labels(bench.rest)), "again": len(read_labels(bench.again)), "pool": len(bench.pool),
        "test": len(bench.test), "new_in_test": sum(NEW in s.labels for s in bench.test),
        "seconds_of_the_first": round(bench.started, 1), "rows": rows,
    }  # fmt: skip


def _write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def table(found: dict) -> str:
    """Markdown: random is the mean of its seeds."""
    cells = ("macro_f1", "any_f1", "false_alarms", "new_f1", "new_average_precision", "new_in_labels", "seconds")
    lines = [
        f"{found['rest']:,} sentences of other worlds; {found['pool']} of the house can be labelled, {found['test']} are the "
        f"test, {found['new_in_test']} of them with the new signal."
        + (
            f" The first model took {found['seconds_of_the_first']:.0f} s; each later one begins from it and reads "
            f"{found['again']:,} of the sentences again."
            if found["seconds_of_the_first"]
            else ""
        ),
        "",
        "| backend | chosen by | labels | macro-F1 | any F1 | false alarms | new F1 | new AP | new among labels | seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key in dict.fromkeys((r["backend"], r["strategy"], r["labels"]) for r in found["rows"]):
        same = [r for r in found["rows"] if (r["backend"], r["strategy"], r["labels"]) == key]
        means = [float(np.mean([r[cell] or 0.0 for r in same])) for cell in cells]
        numbers = [f"{mean:.3f}" for mean in means[:5]] + [f"{mean:.0f}" for mean in means[5:]]
        lines.append(f"| {' | '.join(map(str, key))} | {' | '.join(numbers)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print; write the rows beside the other results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", action="store_true")
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=1, help="folds of the encoder fitted at the same time")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "in_house.json")
    options = parser.parse_args()
    backend = "encoder" if options.encoder else "linear"
    with tempfile.TemporaryDirectory() as folder:
        found = run(backend, options.share, options.seeds, Path(folder), options.jobs, options.folds)
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    print(table(found))


if __name__ == "__main__":
    main()
