"""The model card: filled from the training run, never by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import jinja2

from partnersignal.labels import LabelledSentence
from partnersignal.tagging import Tagger
from partnersignal.training.config import TrainingConfig


def write_card(
    tagger: Tagger,
    config: TrainingConfig,
    sentences: Sequence[LabelledSentence],
    figures: dict[str, dict[str, Any]],
    rows: Sequence[tuple[str, str, dict[str, Any]]],
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
    figures : dict of str to dict
        Out-of-fold figures of the model and of the models it is made of.
    rows : sequence of (str, str, dict)
        Test set, model and figures, for the table.

    Returns
    -------
    str
        Markdown.
    """
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
        report=figures[tagger.config.backend],
        options=tagger.config.options,
        variation=tagger.config.training.get("false_alarm_variation"),
        thresholds=tagger.thresholds,
        n=lambda value: "-" if value is None else f"{value:.3f}",
        p=lambda value: "-" if value is None else f"{100 * value:.2f} %",
        ends=lambda found, name: f" ({found[name][0]:.2f}-{found[name][1]:.2f})" if name in found else "",
    )
