"""What a run knows beside the index, in the report's words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from statistics import median

from partnersignal.conduct import Conduct, SupplierConduct
from partnersignal.index import Comparison as Compared
from partnersignal.lapses import SupplierLapses
from partnersignal.report.sections import CannotOrWillNot, Change, Comparison, Measure, Sections, Window, directory_sections
from partnersignal.report.sections import Correction as Noted
from partnersignal.runs.corrections import COLUMNS, Correction
from partnersignal.suppliers import SupplierDirectory

_CHANGE = (
    "supplier", "index_first", "index_second", "change", "change_low", "change_high", "p_rise", "p_large", "real",
    "enough_evidence",
)  # fmt: skip
_FEWEST = 3  # lapses below which nothing is said of the supplier's will


def sections_beside(
    directory: SupplierDirectory, conduct: Conduct, lapses: Iterable[SupplierLapses], corrections: Iterable[Correction]
) -> Sections:
    """Gather what the report shows beside the index.

    Parameters
    ----------
    directory : SupplierDirectory
        Facts and renewals.
    conduct : Conduct
        What headers show.
    lapses : iterable of SupplierLapses
        With and without an explanation.
    corrections : iterable of Correction
        Those of the run so far: a file downloaded from the report replaces them.

    Returns
    -------
    Sections
        For `Run.material`.
    """
    typical = _typical(conduct)
    measures = {each.supplier: _measures(each, typical) for each in conduct}
    cannot: dict[str, tuple[CannotOrWillNot, ...]] = {}
    for each in lapses:
        cannot[each.supplier] = (*cannot.get(each.supplier, ()), _verdict(each))
    noted = tuple(Noted(*(getattr(each, name) for name in COLUMNS)) for each in corrections)
    return replace(directory_sections(directory), conduct=measures, cannot=cannot, corrections=noted)


def with_windows(sections: Sections, compared: Compared) -> Sections:
    """Add windows and what changed between them.

    Parameters
    ----------
    sections : Sections
        What is known beside the index.
    compared : partnersignal.index.Comparison
        Periods of time.

    Returns
    -------
    Sections
        With every pair of windows, in order.
    """
    windows = {name: Window(name, *span) for name, span in zip(compared.names, compared.spans, strict=True)}
    changes: dict[tuple[str, str], list[Change]] = {}
    for row in compared.table.to_dict("records"):
        changes.setdefault((row["first"], row["second"]), []).append(Change(*(row[name] for name in _CHANGE)))
    comparisons = tuple(
        Comparison(
            windows[row["first"]], windows[row["second"]], float(row["change"]), float(row["p_rise"]),
            tuple(changes.get((row["first"], row["second"]), ())),
        )
        for row in compared.shift.to_dict("records")
    )  # fmt: skip
    return replace(sections, windows=tuple(windows.values()), comparisons=comparisons)


def _typical(conduct: Conduct) -> dict[str, float]:
    """Return the portfolio's medians."""
    names = ("reply_hours", "share_without_sales", "tenure_days", "turnover", "share_to_executives")
    values = {name: [v for each in conduct if (v := getattr(each, name)) is not None] for name in names}
    return {name: median(found) for name, found in values.items() if found}


def _measures(each: SupplierConduct, typical: dict[str, float]) -> tuple[Measure, ...]:
    def _row(name: str, field: str, unit: str, rests_on: str, scale: float = 1.0) -> Measure | None:
        value, portfolio = getattr(each, field), typical.get(field)
        if value is None:
            return None
        return Measure(name, scale * value, None, None, None if portfolio is None else scale * portfolio, unit, rests_on)

    rows = (
        _row("median reply time", "reply_hours", "working hours", f"{each.answered} answers, {each.unanswered} still open"),
        _row("threads it starts that are not sales", "share_without_sales", "%", f"{each.threads_started} threads", 100),
        Measure("people who wrote", float(each.contacts), unit="people", rests_on=f"{each.messages} mails"),
        _row("median stay of a contact", "tenure_days", "days", f"{each.contacts} people"),
        _row("contacts who left, a year", "turnover", "of each contact's years", f"{each.contacts_left} left"),
        _row("mail to executives", "share_to_executives", "%", f"{each.to_us} mails", 100),
    )
    return tuple(row for row in rows if row is not None)


def _verdict(each: SupplierLapses) -> CannotOrWillNot:
    """Say which way most of the lapses go, without a probability: none is measured."""
    told = f"{each.explained} explained before or in the same message, {each.unexplained} not, {each.unclear} undated"
    known = each.explained + each.unexplained
    if known < _FEWEST or each.explained == each.unexplained:
        verdict = CannotOrWillNot(each.signal, "unclear", None, told)
    else:
        verdict = CannotOrWillNot(each.signal, "cannot" if each.explained > each.unexplained else "will not", None, told)
    return replace(verdict, sentences=tuple((lapse.message_id, lapse.sentence) for lapse in each.lapses))
