"""The commands on the index of a run: roll it up again, audit it, compare periods, rank."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from partnersignal.cli_options import KeyOption, NamesOption, split_names
from partnersignal.cli_printing import print_index, print_periods, say, say_audit
from partnersignal.errors import InputError

index_app = typer.Typer(rich_markup_mode=None)


@index_app.command()
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
    from partnersignal.runs.pseudonyms import read_key
    from partnersignal.runs.reattribution import reattribute
    from partnersignal.runs.run import open_run
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


@index_app.command("audit")
def draw_audit(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    n: Annotated[int, typer.Option("-n", "--n", help="Sentences to read, half a side.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed draws the same sentences.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Files to write, without suffix; RUN/audit unless given.")] = None,
) -> None:
    """Draw flagged sentences to be read by a person: a label file and the same as a sheet for Excel."""
    from partnersignal.runs.run import open_run

    documents, sheet = open_run(run).audit(n, seed, out)
    typer.echo(f"{documents}\n{sheet}")
    say(f"fill in 'right' (yes, no, or the right labels) in either file, then: partnersignal index {run} --audit {sheet}")


@index_app.command()
def periods(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    cut: Annotated[list[str], typer.Option(help="First day of the next period; give one or two.")],
    names: NamesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare two or three periods: who changed, and the sentences that made it."""
    from partnersignal.runs.run import open_run

    opened = open_run(run)
    print_periods(opened, opened.compare(cut, split_names(names)), as_json)


@index_app.command()
def renewals(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    suppliers: Annotated[Path, typer.Option(help="Supplier file with renewals.")],
    near: Annotated[int, typer.Option(help="Days before and after a renewal that count as near it.")] = 90,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare behaviour around contract renewals with the rest of the year."""
    from partnersignal.runs.run import open_run

    opened = open_run(run)
    print_periods(opened, opened.compare_renewals(suppliers, near), as_json)


@index_app.command()
def trend(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    by: Annotated[str, typer.Option(help="month, quarter or year.")] = "quarter",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Follow every supplier's index through time."""
    from partnersignal.runs.run import open_run

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


@index_app.command()
def ranks(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Rank the suppliers with enough evidence, with doubt: who cannot be told apart, and how much mail would do it."""
    import pandas as pd

    from partnersignal.runs.run import open_run

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


def _by(value: str) -> Any:
    if value not in ("month", "quarter", "year"):
        raise typer.BadParameter(f"got {value!r}, expected month, quarter or year", param_hint="--by")
    return value


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
