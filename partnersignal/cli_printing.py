"""What the commands print: results on stdout, progress and remarks on stderr."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from partnersignal.index import Comparison
    from partnersignal.runs.run import Run


def say(text: str) -> None:
    """Print a remark on stderr."""
    typer.echo(text, err=True)


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal, a line a stage elsewhere; both on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, Any] = {}
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as bars:

            def tell(stage: str, done: int, total: int) -> None:
                if stage not in tasks:
                    tasks[stage] = bars.add_task(stage, total=total)
                bars.update(tasks[stage], completed=done, total=total)
                if not console.is_terminal and done == total:
                    say(f"{stage}: {done:,} of {total:,}")

            yield tell
    except KeyboardInterrupt:  # typer makes it exit code 130 without a word
        say("partnersignal: stopped; the same command goes on where it was")
        raise


def print_index(run: Run) -> None:
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
    say(f"report: {run.folder / 'report.html'}   receipt: {run.folder / 'receipt.json'}   (50 = typical here; {corrected})")


def say_audit(audit: dict[str, Any]) -> None:
    """Say what an audit found, changed and cannot know."""
    for side in ("partner", "vendor"):
        found = audit[side]
        if found is None:
            say(f"{side} side: nothing flagged, nothing to correct")
            continue
        interval = f"{found['low']:.2f} to {found['high']:.2f}"
        say(f"{side} side: {found['read']} sentences read, precision {found['precision']:.2f} ({interval})")
    moved = sorted(audit["changed"], key=lambda each: -abs(each["corrected"] - each["uncorrected"]))[:5]
    say("changed most: " + ", ".join(f"{m['supplier']} {m['uncorrected']:.0f} to {m['corrected']:.0f}" for m in moved))
    say("an audit cannot know: " + "; ".join(audit["cannot_know"]))


def print_periods(run: Run, compared: Comparison, as_json: bool) -> None:
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


def explained_word(value: bool | None) -> str:
    """Return the word for a lapse with, without or of unknown explanation."""
    return {True: "explained", False: "unexplained", None: "unclear"}[value]


def print_table(names: list[str], rows: list[list[Any]]) -> None:
    """Print columns as wide as their cells, numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    for row in [names, *cells]:
        line = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        typer.echo("  ".join(line).rstrip())


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def figure(value: Any) -> str:
    """Return a figure of an evaluation as it is printed."""
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def one_line(text: str) -> str:
    """Write a sentence on one line of a terminal.

    Parameters
    ----------
    text : str
        Of a stranger.

    Returns
    -------
    str
        At most 120 characters, none of which steers the terminal.
    """
    plain = "".join(character if character.isprintable() else " " for character in " ".join(text.split()))
    return plain if len(plain) <= 120 else plain[:119] + "…"
