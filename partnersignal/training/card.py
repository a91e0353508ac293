"""The model card: filled from the training run, never by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import jinja2

from partnersignal.labels import LabelledSentence
from partnersignal.tagging import Tagger
from partnersignal.training.evaluation import evaluate

_CARD = """\
# Model card

Backend `{{ config.backend }}`, {{ signals | length }} signals, languages: {{ languages | join(", ") }}. Written by `partnersignal train`; every figure below was measured by it.

## Data

{{ n_sentences }} sentences in {{ n_groups }} groups (worlds, files), {{ n_labelled }} with a signal. Licence and making: `data/README.md` of the project, or your own label files.

## Figures

Out of fold ({{ config.folds }} folds of whole groups, seed {{ config.seed }}){% if tests %}, and on label files that nothing was fitted on{% endif %}; the shipped thresholds throughout.

| set | sentences | macro-F1 | micro-F1 | mean average precision | any-signal F1 | recall, partner side | false alarms, any | false alarms, partner | ECE |
|---|---|---|---|---|---|---|---|---|---|
{%- for name, f in rows %}
| {{ name }} | {{ f.sentences }} | {{ n(f.macro_f1) }} | {{ n(f.micro_f1) }} | {{ n(f.mean_average_precision) }} | {{ n(f.any_signal.f1) }} | {{ n(f.recall_partner) }} | {{ p(f.false_positive_rate) }} | {{ p(f.false_positive_rate_partner) }} | {{ n(f.ece) }} |
{%- endfor %}

## Signals (out of fold)

| signal | side | positives | precision | recall | F1 | average precision | threshold |
|---|---|---|---|---|---|---|---|
{%- for signal in signals %}
{%- set f = report.per_label[signal.label] %}
| {{ signal.label }} | {{ signal.side }} | {{ f.support }} | {{ n(f.precision) }} | {{ n(f.recall) }} | {{ n(f.f1) }} | {{ n(f.average_precision) }} | {{ n(thresholds[signal.label]) }} |
{%- endfor %}

## Thresholds and prior

Chosen out of fold, none on a test set: the best F1 for each signal, but no more than {{ p(config.partner_false_alarms) }} of the sentences of ordinary mail tagged partner-like by mistake and {{ p(config.vendor_false_alarms) }} vendor-like, over all signals of the side together. Ordinary mail stands for what real mailboxes are full of: groups of documents in which under 2 % of the sentences are labelled. A signal with fewer than 30 positives has its threshold drawn towards the others'. Probabilities are calibrated (Platt scaling) to the share of signals in the training data, which is higher than in real mail.

## Limits

English only. Sentences are judged one by one: irony, and what only the thread shows, are missed. A signal with few positives above is not to be relied on alone. The figures are for text of the kind named; mail of another trade or time can be harder.
"""


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
    template = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(_CARD)
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
