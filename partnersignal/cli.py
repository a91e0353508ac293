"""The command line: a thin caller of the library. stdout carries only the result, progress goes to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from partnersignal.cli_labels import labels_app, print_comparison, print_groups
from partnersignal.cli_printing import (
    explained_word,
    figure,
    print_index,
    print_periods,
    print_table,
    progress_bars,
    say,
    say_audit,
)
from partnersignal.errors import InputError, PartnerSignalError

_TAG_FIELDS = ("sentence", "start", "end", "text", "signal", "probability")
app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Which of your suppliers behave like partners? Reads their e-mails and meeting notes, shows the evidence.",
)  # fmt: skip
app.add_typer(labels_app, name="labels")

OutOption = Annotated[Path, typer.Option("--out", help="Run folder to write; a run that was cut off goes on there.")]
ModelOption = Annotated[str, typer.Option(help="default, linear, encoder, a model folder, or hf://owner/model.")]
KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--pseudonyms",
        envvar="PARTNERSIGNAL_KEY_FILE",
        help="Key file (16 random bytes or more): people get pseudonyms made with it, their names are hidden.",
    ),
]
NamesOption = Annotated[str | None, typer.Option(help="Names of the periods, for example before,during,after.")]
OursOption = Annotated[list[str] | None, typer.Option(help="A domain or address of ours; can be given several times.")]


@app.command()
def demo(out: OutOption = Path("partnersignal-demo")) -> None:
    """Score the sample export and print its index."""
    from partnersignal.runs import score as score_export
    from partnersignal.tagging.resources import shipped

    sample = shipped("data/sample")
    with progress_bars() as progress:
        run = score_export(sample / "export", out=out, suppliers=sample / "suppliers.toml", progress=progress)
    print_index(run)


@app.command()
def score(
    export: Annotated[
        list[Path], typer.Argument(help="Mail and notes: mbox, .eml, Maildir, CSV, JSON Lines, Parquet, .txt, .md, or folders.")
    ],
    out: OutOption,
    suppliers: Annotated[
        Path | None, typer.Option(help="Supplier file (TOML or CSV); draft one with: partnersignal suppliers.")
    ] = None,
    ours: OursOption = None,
    model: ModelOption = "default",
    jobs: Annotated[int | None, typer.Option(help="Worker processes; one a core unless given.")] = None,
    since: Annotated[str | None, typer.Option(help="First day, for example 2025-01-01.")] = None,
    until: Annotated[str | None, typer.Option(help="First day no longer scored.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Day from which ages count; the last date of the export unless given.")
    ] = None,
    bulk: Annotated[str, typer.Option(help="count or exclude newsletters and other bulk mail.")] = "count",
    no_quotes: Annotated[
        bool, typer.Option("--no-quotes", help="Write no sentences, subjects and bodies into the run.")
    ] = False,
    column: Annotated[list[str] | None, typer.Option(help="For tables: FIELD=COLUMN, for example body=Nachricht.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler that does the work, for example tcp://host:8786.")
    ] = None,
    pseudonyms: KeyOption = None,
    append: Annotated[bool, typer.Option("--append", help="Add new mail to the finished run in --out.")] = False,
) -> None:
    """Score an export into a run folder and print the index."""
    from partnersignal.runs import append as append_mail
    from partnersignal.runs import score as score_export

    if append:
        given = [ours, since, until, as_of, column, scheduler, no_quotes, model != "default", bulk != "count"]
        if any(given):
            raise typer.BadParameter("takes only --suppliers, --pseudonyms, --jobs and --out beside it", param_hint="--append")
        with progress_bars() as progress:
            run = append_mail(export, out=out, suppliers=suppliers, pseudonyms=pseudonyms, jobs=jobs, progress=progress)
        print_index(run)
        return
    with progress_bars() as progress:
        run = score_export(
            export,
            out=out,
            suppliers=suppliers,
            ours=ours or (),
            model=model,
            jobs=jobs,
            since=since,
            until=until,
            as_of=as_of,
            bulk=_bulk(bulk),
            quotes=not no_quotes,
            columns=_pairs(column, "--column", "FIELD=COLUMN"),
            scheduler=scheduler,
            pseudonyms=pseudonyms,
            progress=progress,
        )
    print_index(run)


@app.command()
def tag(
    text: Annotated[str | None, typer.Argument(help="Text to tag; standard input, one text a line, unless given.")] = None,
    voice: Annotated[str, typer.Option(help="supplier, customer or third_person.")] = "supplier",
    model: ModelOption = "default",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Tag texts."""
    from partnersignal.tagging import load

    tagger = load(model)
    texts = [text] if text is not None else (line.rstrip("\n") for line in sys.stdin)
    for tagged in tagger.tag_many(texts, voice):
        tags = [{name: getattr(each, name) for name in _TAG_FIELDS} for each in tagged.tags]
        if as_json:
            typer.echo(json.dumps({"text": tagged.text, "tags": tags}, ensure_ascii=False))
        else:
            for each in tags:
                typer.echo(f"{each['signal']:24s}{each['probability']:6.2f}  {each['text']}")


@app.command()
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


@app.command()
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
        print_groups(groups, as_json)
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


@app.command()
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
    print_comparison(found, as_json)
    for leak in found.leaks:
        say(leak)
    if not found.blessed:
        raise typer.Exit(1)


@app.command()
def index(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    weights: Annotated[Path | None, typer.Option(help="TOML file: signal = weight.")] = None,
    since: Annotated[str | None, typer.Option(help="First day of a window.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day of the window.")] = None,
    half_life: Annotated[float | None, typer.Option("--half-life", help="Days after which evidence counts half.")] = None,
    suppliers: Annotated[
        Path | None, typer.Option(help="Another supplier file: tags change hands where the voice stays the same.")
    ] = None,
    pseudonyms: KeyOption = None,
    audit: Annotated[
        Path | None, typer.Option("--audit", help="Answers to an audit of this run (see: partnersignal audit).")
    ] = None,
) -> None:
    """Roll a run up again, with the corrections in its corrections.csv, and print the index."""
    from partnersignal.runs import open_run, read_key, reattribute
    from partnersignal.runs.settings import parse_day

    found = open_run(run)
    if suppliers is not None:
        changed = reattribute(found, suppliers, read_key(pseudonyms) if pseudonyms else None)
        found = changed.run
        say(
            f"suppliers: {changed.moved} tags changed hands, {changed.dropped} dropped, {len(changed.needs_scoring)} messages "
            f"need a new scoring, {changed.unchecked} could not be checked (no text); see {run / 'receipt.json'}"
        )
    opened = found.reindex(
        weights=_weights(weights), since=parse_day(since, "--since"), until=parse_day(until, "--until"), half_life=half_life,
        audit=audit,
    )  # fmt: skip
    counts = opened.corrected.counts
    if any(counts.values()):
        say("corrections: " + ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()))
    print_index(opened)
    if audit is not None:
        say_audit(opened.receipt["audit"])


@app.command("audit")
def draw_audit(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    n: Annotated[int, typer.Option("-n", "--n", help="Sentences to read, half a side.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed draws the same sentences.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Files to write, without suffix; RUN/audit unless given.")] = None,
) -> None:
    """Draw flagged sentences to be read by a person: a label file and the same as a sheet for Excel."""
    from partnersignal.runs import open_run

    documents, sheet = open_run(run).audit(n, seed, out)
    typer.echo(f"{documents}\n{sheet}")
    say(f"fill in 'right' (yes, no, or the right labels) in either file, then: partnersignal index {run} --audit {sheet}")


@app.command()
def periods(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    cut: Annotated[list[str], typer.Option(help="First day of the next period; give one or two.")],
    names: NamesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare two or three periods: who changed, and the sentences that made it."""
    from partnersignal.runs import open_run

    opened = open_run(run)
    print_periods(opened, opened.compare(cut, _names(names)), as_json)


@app.command()
def renewals(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    suppliers: Annotated[Path, typer.Option(help="Supplier file with renewals.")],
    near: Annotated[int, typer.Option(help="Days before and after a renewal that count as near it.")] = 90,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare behaviour around contract renewals with the rest of the year."""
    from partnersignal.runs import open_run

    opened = open_run(run)
    print_periods(opened, opened.compare_renewals(suppliers, near), as_json)


@app.command()
def trend(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    by: Annotated[str, typer.Option(help="month, quarter or year.")] = "quarter",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Follow every supplier's index through time."""
    from partnersignal.runs import open_run

    table = open_run(run).trend(_by(by))
    if as_json:
        typer.echo(table.to_json(orient="records", lines=True, date_format="iso", force_ascii=False), nl=False)
        return
    for supplier, rows in table.groupby("supplier", sort=True):
        typer.echo(str(supplier))
        for row in rows.itertuples():
            note = "" if row.enough_evidence else "  not enough evidence"
            typer.echo(
                f"  {row.since} to {row.until}  {row.index:5.0f} ({row.low:.0f} to {row.high:.0f})  {row.threads} threads{note}"
            )


@app.command()
def ranks(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Rank the suppliers with enough evidence, with doubt: who cannot be told apart, and how much mail would do it."""
    import pandas as pd

    from partnersignal.runs import open_run

    table = open_run(run).index.ranking()
    if as_json:
        typer.echo(table.to_json(orient="records", lines=True, force_ascii=False), nl=False)
        return
    width = max([8, *table["supplier"].str.len()])
    typer.echo(f"{'supplier':{width}}  index  expected rank  groups  above the next  threads needed")
    for row in table.to_dict("records"):
        above = "-" if pd.isna(row["above_next"]) else f"{row['above_next']:.0%}"
        needed = "-" if pd.isna(row["threads_needed"]) else f"{row['threads_needed']:,}"
        group = "-".join(dict.fromkeys(str(row[name]) for name in ("first_group", "last_group")))
        figures = f"{row['index']:5.0f}  {row['expected_rank']:13.1f}  {group:>6}  {above:>14}  {needed:>14}"
        typer.echo(f"{row['supplier']:{width}}  {figures}")
    say("suppliers that share a group cannot be told apart; threads needed: of both, to tell a supplier from the next one")


@app.command()
def conduct(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print conduct from headers, and lapses with and without an explanation."""
    from partnersignal.runs import open_run

    opened = open_run(run)
    measured, lapses = opened.conduct(), opened.lapses()
    if as_json:
        counts = [
            {**asdict(each), "explained": each.explained, "unexplained": each.unexplained, "unclear": each.unclear}
            for each in lapses
        ]
        typer.echo(json.dumps({"conduct": [asdict(each) for each in measured], "lapses": counts}, indent=1, default=str))
        return
    columns = {
        "supplier": None, "messages": "mails", "reply_hours": "reply h", "answered": None, "unanswered": None,
        "threads_started": "starts", "share_without_sales": "no sales", "contacts": None, "tenure_days": "tenure d",
        "turnover": None, "main_contact_lasts": "lasts", "share_to_executives": "executives",
    }  # fmt: skip
    print_table([title or name for name, title in columns.items()], [[getattr(c, n) for n in columns] for c in measured])
    typer.echo("\nlapses: cannot (explained before or in the same message) or will not")
    names = ["supplier", "signal", "explained", "unexplained", "unclear"]
    print_table(names, [[getattr(each, name) for name in names] for each in lapses])
    for each in lapses:
        for lapse in each.lapses:
            typer.echo(f"  {each.supplier}, {lapse.signal}, {explained_word(lapse.explained)}: {' '.join(lapse.text.split())}")


@app.command()
def portfolio(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Print which suppliers to keep close, grow, watch or question, why, and what is missing to decide."""
    from partnersignal.runs import open_run

    placed = open_run(run).portfolio()
    if as_json:
        typer.echo(json.dumps([each.to_dict() for each in placed], indent=1, ensure_ascii=False))
        return
    names = ["supplier", "group", "index", "low", "high", "spend", "criticality", "category"]
    print_table(names, [[getattr(each, name) for name in names] for each in placed])
    for each in placed:
        missing = f" Missing: {'; '.join(each.missing)}." if each.missing else ""
        typer.echo(f"\n{each.supplier} ({each.group}): {each.reason}.{missing}")
    if any(each.error_correction == "none" for each in placed):
        say("uncorrected: false alarms are not measured, and the intervals do not cover them")


@app.command()
def corrections(run: Annotated[Path, typer.Argument(help="Run folder.")]) -> None:
    """Print the sentences of a run that were corrected as labels, for train and evaluate."""
    from partnersignal.labels import label_lines, labels_from_corrections
    from partnersignal.runs import open_run

    for line in label_lines(labels_from_corrections(open_run(run))):
        typer.echo(line)


@app.command()
def forget(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    address: Annotated[str, typer.Argument(help="The person's e-mail address.")],
    pseudonyms: KeyOption = None,
) -> None:
    """Delete a person from a run, write its index again and print what changed."""
    from partnersignal.runs import forget as forget_person
    from partnersignal.runs import open_run, read_key

    done = forget_person(open_run(run), address, read_key(pseudonyms) if pseudonyms else None)
    typer.echo(
        f"deleted {done.messages} messages with {done.tags} tags; taken from the recipients of {done.recipient_of} messages; "
        f"words hidden in {done.mentioned_in}; index changed: {', '.join(done.index_changed) or 'no supplier'}"
    )


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    suppliers: Annotated[Path | None, typer.Option(help="Supplier file: spend, criticality and renewals are shown.")] = None,
    supplier: Annotated[str | None, typer.Option(help="One supplier; with --shareable.")] = None,
    shareable: Annotated[bool, typer.Option("--shareable", help="A scorecard that can be given to --supplier.")] = False,
    no_quotes: Annotated[bool, typer.Option("--no-quotes", help="Show no words of messages.")] = False,
    cut: Annotated[
        list[str] | None, typer.Option(help="First day of the next period, to compare two or three; as in: periods.")
    ] = None,
    names: NamesOption = None,
    explain: Annotated[
        int | None,
        typer.Option(
            min=0, help="Sentences whose deciding words are marked, in all; 3 a supplier and 60 in all unless given, 0: none."
        ),
    ] = None,
) -> None:
    """Write the HTML report of a run again, or a supplier's scorecard, and print its path."""
    from partnersignal.runs import open_run
    from partnersignal.suppliers import load_directory

    if shareable != (supplier is not None):
        raise typer.BadParameter("got one of --supplier and --shareable, expected both or none", param_hint="--shareable")
    if shareable and (cut or names is not None or explain is not None):
        raise typer.BadParameter(
            "got --cut, --names or --explain, expected none: a scorecard has neither", param_hint="--shareable"
        )
    directory = load_directory(suppliers) if suppliers is not None else None
    opened = open_run(run)
    if supplier is not None:
        others = [s for s in directory.suppliers if s.name != supplier] if directory else []
        hidden = [name for other in others for name in (other.name, *other.aliases, *other.domains)]
        typer.echo(str(opened.write_scorecard(supplier, others=hidden, quotes=not no_quotes)))
        return
    sections = opened.sections(directory) if directory else None
    path = opened.write_report(sections, cuts=cut or (), names=_names(names), quotes=not no_quotes, explain=explain)
    typer.echo(str(path))


@app.command()
def suppliers(
    export: Annotated[list[Path], typer.Argument(help="Mail and notes, as for score.")],
    ours: OursOption = None,
    fewest: Annotated[int, typer.Option(help="Leave out organisations with fewer messages.")] = 3,
) -> None:
    """Draft a supplier file from an export and print it."""
    from partnersignal.conversations import scan_messages
    from partnersignal.reading import open_export, read_shard
    from partnersignal.suppliers import draft_toml

    opened = open_export(export)
    with progress_bars() as progress:

        def scans() -> Iterator[Any]:
            for number, shard in enumerate(opened.shards):
                progress("scanning shards", number, len(opened.shards))
                yield scan_messages(read_shard(shard, dict(opened.mapping)))

        draft = draft_toml(scans(), ours or (), fewest)
    typer.echo(draft, nl=False)


def main() -> None:
    """Run the command line: errors made on purpose become one line on stderr and exit code 1."""
    try:
        app()
    except PartnerSignalError as error:
        typer.echo(f"partnersignal: {error}", err=True)
        raise SystemExit(1) from None
    except BrokenPipeError:
        raise SystemExit(0) from None


def _names(value: str | None) -> list[str] | None:
    return [each.strip() for each in value.split(",")] if value is not None else None


def _by(value: str) -> Any:
    if value not in ("month", "quarter", "year"):
        raise typer.BadParameter(f"got {value!r}, expected month, quarter or year", param_hint="--by")
    return value


def _bulk(value: str) -> Any:
    if value not in ("count", "exclude"):
        raise typer.BadParameter(f"got {value!r}, expected count or exclude", param_hint="--bulk")
    return value


def _pairs(values: list[str] | None, option: str, form: str) -> dict[str, str]:
    pairs = [value.partition("=") for value in values or ()]
    wrong = next((value for value in values or () if "=" not in value), None)
    if wrong is not None:
        raise typer.BadParameter(f"got {wrong!r}, expected {form}", param_hint=option)
    return {key: value for key, _, value in pairs}


def _weights(path: Path | None) -> dict[str, float] | None:
    import tomllib

    if path is None:
        return None
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"got the weights file {path}, which cannot be read ({error}); expected TOML lines: signal = weight"
        ) from None
    table: dict[str, float] = data.get("weights", data)
    return table
