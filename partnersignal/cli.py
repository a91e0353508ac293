"""The command line: a thin caller of the library. stdout carries only the result, progress goes to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from partnersignal.cli_index import index_app
from partnersignal.cli_labels import labels_app
from partnersignal.cli_models import models_app
from partnersignal.cli_options import KeyOption, ModelOption, NamesOption, split_names
from partnersignal.cli_printing import (
    explained_word,
    print_index,
    print_table,
    progress_bars,
    say,
)
from partnersignal.errors import PartnerSignalError

_TAG_FIELDS = ("sentence", "start", "end", "text", "signal", "probability")
app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Which of your suppliers behave like partners? Reads their e-mails and meeting notes, shows the evidence.",
)  # fmt: skip
app.add_typer(index_app)
app.add_typer(models_app)
app.add_typer(labels_app, name="labels")

OutOption = Annotated[Path, typer.Option("--out", help="Run folder to write; a run that was cut off goes on there.")]
OursOption = Annotated[list[str] | None, typer.Option(help="A domain or address of ours; can be given several times.")]


@app.command()
def demo(out: OutOption = Path("partnersignal-demo")) -> None:
    """Score the sample export and print its index."""
    from partnersignal.runs.scoring import score as score_export
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
    from partnersignal.runs.appending import append as append_mail
    from partnersignal.runs.scoring import score as score_export

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
def conduct(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print conduct from headers, and lapses with and without an explanation."""
    from partnersignal.runs.run import open_run

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
    from partnersignal.runs.run import open_run

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
    from partnersignal.runs.run import open_run

    for line in label_lines(labels_from_corrections(open_run(run))):
        typer.echo(line)


@app.command()
def forget(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    address: Annotated[str, typer.Argument(help="The person's e-mail address.")],
    pseudonyms: KeyOption = None,
) -> None:
    """Delete a person from a run, write its index again and print what changed."""
    from partnersignal.runs.forgetting import forget as forget_person
    from partnersignal.runs.pseudonyms import read_key
    from partnersignal.runs.run import open_run

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
    from partnersignal.runs.run import open_run
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
    path = opened.write_report(sections, cuts=cut or (), names=split_names(names), quotes=not no_quotes, explain=explain)
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
