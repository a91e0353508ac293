"""The command line: a thin caller of the library. stdout carries only the result, progress goes to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from partnersignal.errors import InputError, PartnerSignalError

if TYPE_CHECKING:
    from partnersignal.index import Comparison
    from partnersignal.runs import Run

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Which of your suppliers behave like partners? Reads their e-mails and meeting notes, shows the evidence.",
)  # fmt: skip

OutOption = Annotated[Path, typer.Option("--out", help="Run folder to write; a run that was cut off goes on there.")]
ModelOption = Annotated[str, typer.Option(help="default, linear, encoder, or a model folder.")]
OursOption = Annotated[list[str] | None, typer.Option(help="A domain or address of ours; can be given several times.")]


@app.command()
def demo(out: OutOption = Path("partnersignal-demo")) -> None:
    """Score the sample export and print its index."""
    from partnersignal.runs import score as score_export
    from partnersignal.tagging.resources import shipped

    sample = shipped("data/sample")
    with _progress() as progress:
        run = score_export(sample / "export", out=out, suppliers=sample / "suppliers.toml", progress=progress)
    _print_index(run)


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
    no_quotes: Annotated[bool, typer.Option("--no-quotes", help="Write no sentences and bodies into the run.")] = False,
    column: Annotated[list[str] | None, typer.Option(help="For tables: FIELD=COLUMN, for example body=Nachricht.")] = None,
) -> None:
    """Score an export into a run folder and print the index."""
    from partnersignal.runs import score as score_export

    with _progress() as progress:
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
            progress=progress,
        )
    _print_index(run)


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
        tags = [{**asdict(each), "probability": round(each.probability, 6)} for each in tagged.tags]
        if as_json:
            typer.echo(json.dumps({"text": tagged.text, "tags": tags}, ensure_ascii=False))
        else:
            for each in tags:
                typer.echo(f"{each['signal']:24s}{each['probability']:6.2f}  {each['text']}")


@app.command()
def train(
    labels: Annotated[list[Path], typer.Argument(help="Label files (.jsonl, .csv) or folders of them.")],
    out: Annotated[Path, typer.Option("--out", help="Model folder to write.")],
    backend: Annotated[str, typer.Option(help="linear, encoder (also: transformer) or cascade.")] = "linear",
    base: Annotated[str | None, typer.Option(help="Pretrained model of the encoder: a folder or a Hub id.")] = None,
    jobs: Annotated[int, typer.Option(help="Folds fitted at the same time.")] = 1,
    test: Annotated[list[Path] | None, typer.Option(help="Label files that are only measured on, for the model card.")] = None,
    seed: Annotated[int, typer.Option(help="Of splits and solvers.")] = 13,
) -> None:
    """Train a model on labelled sentences."""
    from partnersignal.training import train as train_model
    from partnersignal.training.config import DEFAULT_BASE, TrainingConfig

    config = TrainingConfig(backend=backend, seed=seed, jobs=jobs, base=base or DEFAULT_BASE)
    trained = train_model(labels, out, config=config, test_sets=test or (), progress=_say)
    macro = _figure(trained.figures["macro_f1"])
    typer.echo(f"{trained.folder}: macro-F1 out of fold {macro}; see {trained.folder / 'MODEL_CARD.md'}")


@app.command()
def evaluate(
    labels: Annotated[list[Path], typer.Argument(help="Label files (.jsonl, .csv) or folders of them.")],
    model: ModelOption = "default",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a model on labelled sentences."""
    from partnersignal.training import evaluate as evaluate_model

    result = evaluate_model(labels, model)
    if as_json:
        typer.echo(json.dumps(result, indent=1))
        return
    for name, value in result.items():
        if name == "per_label":
            for label, figures in value.items():
                ranked = _figure(figures["average_precision"])
                typer.echo(f"  {label:24s} n={figures['support']:<5d} F1={_figure(figures['f1'])} AP={ranked}")
        elif isinstance(value, dict):
            typer.echo(f"{name:28s} " + ", ".join(f"{key} {_figure(each)}" for key, each in value.items()))
        else:
            typer.echo(f"{name:28s} {_figure(value)}")


@app.command()
def index(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    weights: Annotated[Path | None, typer.Option(help="TOML file: signal = weight.")] = None,
    since: Annotated[str | None, typer.Option(help="First day of a window.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day of the window.")] = None,
    half_life: Annotated[float | None, typer.Option("--half-life", help="Days after which evidence counts half.")] = None,
    audit: Annotated[
        Path | None, typer.Option("--audit", help="Answers to an audit of this run (see: partnersignal audit).")
    ] = None,
) -> None:
    """Roll a run up again and print the index."""
    from partnersignal.runs import open_run
    from partnersignal.runs.settings import parse_day

    opened = open_run(run).reindex(
        weights=_weights(weights), since=parse_day(since, "--since"), until=parse_day(until, "--until"), half_life=half_life,
        audit=audit,
    )  # fmt: skip
    _print_index(opened)
    if audit is not None:
        _say_audit(opened.receipt["audit"])


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
    _say(f"fill in 'right' (yes, no, or the right labels) in either file, then: partnersignal index {run} --audit {sheet}")


@app.command()
def periods(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    cut: Annotated[list[str], typer.Option(help="First day of the next period; give one or two.")],
    names: Annotated[str | None, typer.Option(help="Names of the periods, for example before,during,after.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare two or three periods: who changed, and the sentences that made it."""
    from partnersignal.runs import open_run

    opened = open_run(run)
    given = [each.strip() for each in names.split(",")] if names is not None else None
    _print_comparison(opened, opened.compare(cut, given), as_json)


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
    _print_comparison(opened, opened.compare_renewals(suppliers, near), as_json)


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
    _say("suppliers that share a group cannot be told apart; threads needed: of both, to tell a supplier from the next one")


@app.command()
def report(run: Annotated[Path, typer.Argument(help="Run folder.")]) -> None:
    """Write the HTML report of a run again and print its path."""
    from partnersignal.runs import open_run

    typer.echo(str(open_run(run).write_report()))


@app.command()
def suppliers(
    export: Annotated[list[Path], typer.Argument(help="Mail and notes, as for score.")],
    ours: OursOption = None,
    fewest: Annotated[int, typer.Option(help="Leave out organisations with fewer messages.")] = 3,
) -> None:
    """Draft a supplier file from an export and print it."""
    from partnersignal.conversations import make_plan, scan_messages
    from partnersignal.reading import open_export, read_shard
    from partnersignal.suppliers import draft_toml

    opened = open_export(export)
    with _progress() as progress:
        scans = []
        for number, shard in enumerate(opened.shards):
            progress("scanning shards", number, len(opened.shards))
            scans.append(scan_messages(read_shard(shard, dict(opened.mapping))))
    typer.echo(draft_toml(make_plan(scans).rows, ours or (), fewest), nl=False)


def main() -> None:
    """Run the command line: errors made on purpose become one line on stderr and exit code 1."""
    try:
        app()
    except PartnerSignalError as error:
        typer.echo(f"partnersignal: {error}", err=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        typer.echo("partnersignal: stopped; the same command goes on where it was", err=True)
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(0) from None


def _say(text: str) -> None:
    typer.echo(text, err=True)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal, a line a stage elsewhere; both on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, Any] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)
            if not console.is_terminal and done == total:
                _say(f"{stage}: {done:,} of {total:,}")

        yield tell


def _print_index(run: Run) -> None:
    """Print the index table, and where to read on (on stderr)."""
    scores = [result.score for result in run.index]
    width = max([8, *(len(score.supplier) for score in scores)])
    typer.echo(f"{'supplier':{width}}  index  90 % interval  balance  threads  messages")
    for score in scores:
        shown = f"{score.index:5.0f}" if score.enough_evidence else "    -"
        balance = "-" if score.balance is None else f"{100 * score.balance:.0f} %"
        note = "" if score.enough_evidence else "  not enough evidence"
        interval = f"{score.low:5.0f} to {score.high:3.0f}"
        counts = f"{score.threads:7d}  {score.messages:8d}"
        typer.echo(f"{score.supplier:{width}}  {shown}  {interval}   {balance:>7}  {counts}{note}")
    corrected = "corrected by audit" if any(score.error_correction == "audit" for score in scores) else "uncorrected"
    _say(f"report: {run.folder / 'report.html'}   receipt: {run.folder / 'receipt.json'}   (50 = typical here; {corrected})")


def _say_audit(audit: dict[str, Any]) -> None:
    """Say what an audit found, changed and cannot know."""
    for side in ("partner", "vendor"):
        found = audit[side]
        if found is None:
            _say(f"{side} side: nothing flagged, nothing to correct")
            continue
        interval = f"{found['low']:.2f} to {found['high']:.2f}"
        _say(f"{side} side: {found['read']} sentences read, precision {found['precision']:.2f} ({interval})")
    moved = sorted(audit["changed"], key=lambda each: -abs(each["corrected"] - each["uncorrected"]))[:5]
    _say("changed most: " + ", ".join(f"{m['supplier']} {m['uncorrected']:.0f} to {m['corrected']:.0f}" for m in moved))
    _say("an audit cannot know: " + "; ".join(audit["cannot_know"]))


def _print_comparison(run: Run, compared: Comparison, as_json: bool) -> None:
    """Print who changed between periods, and the five sentences that made each change worth telling."""
    table, shift = compared.to_pandas(), compared.shift
    told = table[table["enough_evidence"]].head(10)
    tags = run.tags

    def made(row: Any) -> list[dict[str, Any]]:
        lines = compared.sentences(row.supplier, tags, row.first, row.second).dropna(subset="sentence").head(5)
        found: list[dict[str, Any]] = json.loads(lines.to_json(orient="records", force_ascii=False))
        return found

    if as_json:
        changes = json.loads(table.to_json(orient="records", force_ascii=False))
        sentences = {(row.supplier, row.first, row.second): made(row) for row in told.itertuples()}
        for change in changes:
            change["sentences"] = sentences.get((change["supplier"], change["first"], change["second"]), [])
        whole = {"periods": list(compared.names), "portfolio": json.loads(shift.to_json(orient="records")), "changes": changes}
        typer.echo(json.dumps(whole, indent=1, ensure_ascii=False))
        return
    for row in shift.itertuples():
        typer.echo(f"portfolio, {row.first} to {row.second}: {row.change:+.0f} points (P(rise) {row.p_rise:.2f})")
    width = max([8, *table["supplier"].str.len()])
    for row in table.itertuples():
        note = "real" if row.real else "" if row.enough_evidence else "not enough evidence"
        both = f"{row.first} {row.index_first:.0f}, {row.second} {row.index_second:.0f}: {row.change:+.0f}"
        chances = f"P(rise) {row.p_rise:.2f}  P(>10) {row.p_large:.2f}"
        typer.echo(f"{row.supplier:{width}}  {both}  {chances}  {note}".rstrip())
        if row.real:
            for line in made(row):
                typer.echo(f"    {line['contribution']:+.1f}  {line['signal']}, {line['period']}: {line['text']}")


def _by(value: str) -> Any:
    if value not in ("month", "quarter", "year"):
        raise typer.BadParameter(f"got {value!r}, expected month, quarter or year", param_hint="--by")
    return value


def _figure(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


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
