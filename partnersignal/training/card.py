"""The model card: filled from the training run, never by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import jinja2

from partnersignal.labels import LabelledSentence
from partnersignal.tagging import Tagger
from partnersignal.training.evaluation import evaluate


def write_card(
    tagger: Tagger,
    config: Any,
    sentences: Sequence[LabelledSentence],
    report: dict[str, Any],
    tests: Sequence[tuple[str, Sequence[LabelledSentence]]],
) -> str:
    """Fill the model card.

    Parameters
    ----------
    tagger : Tagger
        The model trained on everything.
    config : TrainingConfig
        How it was trained.
    sentences : sequence of LabelledSentence
        What it was trained on.
    report : dict
        Out-of-fold figures.
    tests : sequence of (str, sequence of LabelledSentence)
        Further label files by name.

    Returns
    -------
    str
        Markdown.
    """
    rows = [("out of fold", report), *((f"`{name}`", evaluate(labels, tagger)) for name, labels in tests)]
    loader = jinja2.PackageLoader("partnersignal.training", "")
    template = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined).get_template("model_card.md.j2")  # noqa: S701 (Markdown)
    return template.render(
        config=asdict(config),
        signals=tagger.config.signals,
        languages=tagger.config.languages,
        n_sentences=f"{len(sentences):,}",
        n_groups=len({sentence.group for sentence in sentences}),
        n_labelled=f"{sum(bool(sentence.labels) for sentence in sentences):,}",
        rows=rows,
        tests=tests,
        report=report,
        thresholds=tagger.thresholds,
        n=lambda value: "-" if value is None else f"{value:.3f}",
        p=lambda value: "-" if value is None else f"{100 * value:.2f} %",
    )
