"""The commands on label files: ``partnersignal labels ...``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from partnersignal.cli_printing import one_line
from partnersignal.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from partnersignal.signals import Taxonomy

labels_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Label files: convert them, check them, and find what to label next."
)

FilesArgument = Annotated[
    list[Path], typer.Argument(help="Label files: JSON Lines, tables, exports of Label Studio, doccano, Prodigy, Argilla.")
]  # fmt: skip
SignalsOption = Annotated[Path | None, typer.Option("--signals", help="Your own signals (TOML); the 20 unless given.")]
ColumnOption = Annotated[list[str] | None, typer.Option("--column", help="FIELD=NAME, for example text=Satz.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_SHOWN = 20


@labels_app.command()
def convert(
    files: FilesArgument,
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
    form: Annotated[
        str | None,
        typer.Option("--format", help="documents, jsonl, label-studio, argilla, prodigy, doccano, csv, tsv or parquet."),
    ] = None,
    signals: SignalsOption = None,
    column: ColumnOption = None,
    join: Annotated[bool, typer.Option(help="Join what several annotators said of one sentence.")] = True,
) -> None:
    """Write label files as one file of another format."""
    from partnersignal.labels import read_labels, write_labels

    taxonomy = taxonomy_of(signals)
    found = read_labels(files, taxonomy.labels, columns=pairs(column, "--column"), renamed=taxonomy.renamed, join=join)
    write_labels(found, out, form, taxonomy.labels)
    typer.echo(f"{out}: {len(found):,} sentences, {sum(bool(each.labels) for each in found):,} with a signal")


@labels_app.command()
def suggest(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    n: Annotated[int, typer.Option("-n", help="Sentences.")] = 100,
    out: Annotated[Path, typer.Option("--out", help="Folder of the Label Studio project.")] = Path("labelling"),
    model: Annotated[str, typer.Option(help="Model to better: default, a model folder, or hf://owner/model.")] = "default",
    labelled: Annotated[list[Path] | None, typer.Option(help="What is labelled already.")] = None,
    seed: Annotated[int, typer.Option(help="Of the choice.")] = 13,
) -> None:
    """Choose the sentences of a run that are worth labelling next."""
    from partnersignal.labels import read_labels
    from partnersignal.labels.suggest import pool_of, write_project
    from partnersignal.labels.suggest import suggest as choose
    from partnersignal.runs.run import open_run
    from partnersignal.tagging import load

    tagger = load(model)
    known = read_labels(labelled, tagger.signals) if labelled else ()
    found = choose(pool_of(open_run(run), seed), tagger, n, known, seed)
    typer.echo(f"{write_project(found, tagger, out)}: {len(found)} sentences; import it into Label Studio")


@labels_app.command()
def agree(
    files: FilesArgument, signals: SignalsOption = None, column: ColumnOption = None, as_json: JsonOption = False
) -> None:
    """Measure how far annotators agree, and list where they differ."""
    from partnersignal.labels.agreement import measure_agreement

    found = measure_agreement(files, taxonomy_of(signals).labels, pairs(column, "--column"))
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, indent=1))
        return
    typer.echo(f"{found.sentences:,} sentences judged by two or more of: {', '.join(found.annotators)}")
    typer.echo(f"{'signal':26s}{'sentences':>10s}{'given':>7s}{'agreed':>8s}{'kappa':>7s}{'alpha':>7s}")
    for each in found.per_label:
        if each.given:
            numbers = f"{figure(each.agreed):>8s}{figure(each.kappa):>7s}{figure(each.alpha):>7s}"
            typer.echo(f"{each.label:26s}{each.sentences:10d}{each.given:7d}{numbers}")
    for other in found.disagreements:
        typer.echo(f"{other.label}: yes {', '.join(other.yes)}; no {', '.join(other.no)}: {one_line(other.text)}")


@labels_app.command()
def check(
    files: FilesArgument, signals: SignalsOption = None, column: ColumnOption = None, as_json: JsonOption = False
) -> None:
    """Look for duplicates over files, conflicts, missing and rare labels, cut threads, and likely errors."""
    from partnersignal.labels import read_labels
    from partnersignal.labels.checks import Finding, check_labels
    from partnersignal.labels.files import label_files
    from partnersignal.training.mistakes import likely_errors

    taxonomy = taxonomy_of(signals)
    options: dict[str, Any] = {"columns": pairs(column, "--column"), "renamed": taxonomy.renamed}
    splits = {str(path): read_labels(path, taxonomy.labels, **options) for path in label_files(files)}
    found: list[Finding] = list(check_labels(splits, taxonomy.labels))
    try:
        found += likely_errors([each for part in splits.values() for each in part], taxonomy.signals)
    except MissingExtraError as error:
        typer.echo(f"likely errors were not looked for: {error}", err=True)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=1))
        return
    kinds = list(dict.fromkeys(each.kind for each in found))
    for kind in kinds:
        same = [each for each in found if each.kind == kind]
        typer.echo(f"{kind}: {len(same)}")
        for each in same[:_SHOWN]:
            typer.echo(f"  {each.message}" + (f": {one_line(each.text)}" if each.text else ""))
        if len(same) > _SHOWN:
            typer.echo(f"  and {len(same) - _SHOWN} more: --json lists all")
    typer.echo(f"{sum(map(len, splits.values())):,} sentences in {len(splits)} files, {len(found)} findings")


def taxonomy_of(path: Path | None) -> Taxonomy:
    """Read the signals that a command was given.

    Parameters
    ----------
    path : pathlib.Path or None
        File; None for the default signals.

    Returns
    -------
    Taxonomy
        Signals and renamed labels.
    """
    from partnersignal.signals import default_taxonomy, read_taxonomy

    return default_taxonomy() if path is None else read_taxonomy(path)


def pairs(values: list[str] | None, option: str) -> dict[str, str]:
    """Read options of the form FIELD=NAME.

    Parameters
    ----------
    values : list of str or None
        As given.
    option : str
        For the error.

    Returns
    -------
    dict of str to str
        Name by field.

    Raises
    ------
    InputError
        If one holds no =.
    """
    for value in values or ():
        if "=" not in value:
            raise InputError(f"got {option} {value!r}, expected FIELD=NAME")
    return {field: name for field, _, name in (value.partition("=") for value in values or ())}


def figure(value: float | None) -> str:
    """Write a number for a table.

    Parameters
    ----------
    value : float or None
        A share or coefficient.

    Returns
    -------
    str
        Two places; a dash where it is undefined.
    """
    return "-" if value is None else f"{value:.2f}"
