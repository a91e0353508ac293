"""The commands on models: train, evaluate, compare."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from partnersignal.cli_options import ModelOption
from partnersignal.cli_printing import figure, one_line, say

if TYPE_CHECKING:
    from partnersignal.training.comparison import Comparison

models_app = typer.Typer(rich_markup_mode=None)


@models_app.command()
def train(
    labels: Annotated[list[Path], typer.Argument(help="Label files (.jsonl, .csv) or folders of them.")],
    out: Annotated[Path, typer.Option("--out", help="Model folder to write.")],
    backend: Annotated[str | None, typer.Option(help="linear (default), encoder (also: transformer) or cascade.")] = None,
    base: Annotated[str | None, typer.Option(help="Pretrained model of the encoder: a folder or a Hub id.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Folds of the encoder fitted at the same time; 1 unless given.")] = None,
    test: Annotated[list[Path] | None, typer.Option(help="Label files that are only measured on, for the model card.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of splits and solvers; 13 unless given.")] = None,
    signals: Annotated[Path | None, typer.Option(help="Your own signals (TOML): rename, drop, add.")] = None,
    config_file: Annotated[Path | None, typer.Option("--config", help="TOML with the names of TrainingConfig.")] = None,
) -> None:
    """Train a model on labelled sentences."""
    from partnersignal.training import train as train_model
    from partnersignal.training.config import TrainingConfig, read_config

    asked = {"backend": backend, "seed": seed, "jobs": jobs, "base": base, "signals": signals and str(signals)}
    given: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    config = read_config(config_file, **given) if config_file else TrainingConfig(**given)
    if base is not None and config.backend == "linear":
        say("--base is for the encoder and the cascade; the linear model starts from nothing")
    trained = train_model(labels, out, config=config, test_sets=test or (), progress=say)
    macro = figure(trained.figures["macro_f1"])
    typer.echo(f"{trained.folder}: macro-F1 out of fold {macro}; see {trained.folder / 'MODEL_CARD.md'}")


@models_app.command()
def evaluate(
    labels: Annotated[list[Path], typer.Argument(help="Label files (.jsonl, .csv) or folders of them.")],
    model: ModelOption = "default",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    refit: Annotated[bool, typer.Option("--refit", help="Fit calibration and thresholds again, out of fold, here.")] = False,
    by_group: Annotated[bool, typer.Option("--by-group", help="One group (supplier) at a time.")] = False,
) -> None:
    """Measure a model on labelled sentences."""
    from partnersignal.training import evaluate as evaluate_model
    from partnersignal.training.comparison import group_figures

    if by_group:
        groups = group_figures(labels, model)
        _print_groups(groups, as_json)
        _say_seen(groups.values())
        return
    result = evaluate_model(labels, model, refit=refit)
    _say_seen([result])
    if as_json:
        typer.echo(json.dumps(result, indent=1))
        return
    for name, value in result.items():
        if name == "per_label":
            for label, figures in value.items():
                ranked = figure(figures["average_precision"])
                typer.echo(f"  {label:24s} n={figures['support']:<5d} F1={figure(figures['f1'])} AP={ranked}")
        elif isinstance(value, dict):
            typer.echo(f"{name:28s} " + ", ".join(f"{key} {figure(each)}" for key, each in value.items()))
        else:
            typer.echo(f"{name:28s} {figure(value)}")


def _say_seen(parts: Collection[dict[str, Any]]) -> None:
    from partnersignal.training.seen import tell_seen

    seen, total = (sum(each[name] or 0 for each in parts) for name in ("seen_in_training", "sentences"))
    if seen:
        say(tell_seen("the model", seen, total))


@models_app.command()
def compare(
    model_a: Annotated[str, typer.Argument(help="The old model: default, a model folder, or hf://owner/model.")],
    model_b: Annotated[str, typer.Argument(help="The new model.")],
    labels: Annotated[list[Path], typer.Argument(help="Label files that neither was trained on.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    refit: Annotated[bool, typer.Option("--refit", help="Fit calibration and thresholds of both again, out of fold.")] = False,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 13,
) -> None:
    """Say whether a new model is better than the old one; exits with 1 if it is not blessed."""
    from partnersignal.training.comparison import compare as compare_models

    found = compare_models(model_a, model_b, labels, refit=refit, seed=seed)
    _print_comparison(found, as_json)
    for leak in found.leaks:
        say(leak)
    if not found.blessed:
        raise typer.Exit(1)


def _print_comparison(found: Comparison, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**asdict(found), "worse": found.worse}, ensure_ascii=False, indent=1))
        return
    typer.echo(f"{'':26s}{'n':>7s}{'old':>8s}{'new':>8s}{'P(better)':>11s}")
    for each in (found.overall, found.false_alarms, *found.per_label):
        typer.echo(f"{each.name:26s}{each.support:7d}{_three(each.a):>8s}{_three(each.b):>8s}{figure(each.better):>11s}")
    if found.without:
        (low, change), (high, most) = found.without[0], found.without[-1]
        typer.echo(f"change of macro-F1 without {low}: {change:+.3f}; without {high}: {most:+.3f}")
    for who, labels in (("old", found.only_a), ("new", found.only_b)):
        if labels:
            typer.echo(f"only the {who} model knows: {', '.join(labels)}")
    verdict = "blessed" if found.blessed else "not blessed"
    typer.echo(f"{verdict}: {'; '.join(found.reasons)} ({found.sentences:,} sentences in {found.groups} groups)")


def _print_groups(found: dict[str, dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    typer.echo(f"{'group':32s}{'sentences':>10s}{'micro-F1':>10s}{'any F1':>8s}{'false alarms':>14s}")
    for group, f in found.items():
        cells = f"{f['sentences']:10d}{_three(f['micro_f1']):>10s}{_three(f['any_signal']['f1']):>8s}"
        typer.echo(f"{one_line(group)[:31]:32s}{cells}{_three(f['false_positive_rate']):>14s}")


def _three(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
