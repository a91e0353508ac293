"""A finished run: its tables, its index, its evidence."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from partnersignal.conduct import Conduct, measure_conduct
from partnersignal.errors import InputError, RunError
from partnersignal.headers import HEADERS, SELLING, sorted_mails
from partnersignal.index import (
    Comparison,
    Evidence,
    Index,
    Prior,
    build_index,
    compare_periods,
    compare_renewals,
    draw_audit,
    trend,
)
from partnersignal.index.periods import By
from partnersignal.lapses import EXPLANATIONS, LAPSES, SupplierLapses, find_lapses
from partnersignal.memory import give_back, lean
from partnersignal.portfolio import Placement, place_suppliers
from partnersignal.report import Material, Sections, slug, write_evidence, write_report, write_scorecard
from partnersignal.runs.audits import write_audit
from partnersignal.runs.beside import sections_beside, with_windows
from partnersignal.runs.correcting import Corrected
from partnersignal.runs.corrections import CORRECTIONS_FILE, Correction, read_corrections
from partnersignal.runs.drafts import SORTING, finish_pending
from partnersignal.runs.marks import EACH, FEW, LARGE, MOST, KnownModel, find_marks
from partnersignal.runs.results import RunIndex
from partnersignal.runs.reweighing import all_periods, audit_receipt, reweigh, stored_correction, stored_day
from partnersignal.runs.settings import parse_day
from partnersignal.runs.sources import Explanations, StoredSources, read_evidence
from partnersignal.runs.state import STATE_FILE, read_state, write_json
from partnersignal.runs.stored import Stored, open_tables
from partnersignal.runs.tables import MESSAGES, TAGS
from partnersignal.signals import Signal
from partnersignal.suppliers import SupplierDirectory, load_directory
from partnersignal.tagging.folder import CARD_FILE, load_config
from partnersignal.tagging.tagger import find_model

TABLES = ("messages", "tags", "exposure")


@dataclass(frozen=True)
class Run:
    """A run folder.

    Attributes
    ----------
    folder : pathlib.Path
        Where its files are.
    """

    folder: Path

    @cached_property
    def state(self) -> dict[str, Any]:
        """Settings, prior, weights and dates, as stored in ``run.json``."""
        return read_state(self.folder)

    @cached_property
    def messages(self) -> pd.DataFrame:
        """The table of messages."""
        return pd.read_parquet(self.folder / "messages.parquet")

    @cached_property
    def _stored(self) -> Stored:
        """The tables, to be read a few rows at a time."""
        return open_tables(self.folder, self.corrections, self.directory.names if self.corrections else tuple)

    @property
    def tags(self) -> pd.DataFrame:
        """The table of tags, with the corrections of ``corrections.csv`` in it."""
        return self.corrected.tags

    @cached_property
    def corrected(self) -> Corrected:
        """Return tags and exposure with the corrections in them, and what those did."""
        return Corrected(self._stored.whole("tags"), self._stored.whole("exposure"), self._stored.changed.counts)

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """What readers corrected."""
        return read_corrections(self.folder / CORRECTIONS_FILE, [signal.label for signal in self._signals()])

    @cached_property
    def directory(self) -> SupplierDirectory:
        """Who is who, as the run was attributed."""
        if "directory" not in self.state:
            raise RunError(f"got the run {self.folder} of an earlier version, which kept no directory; score it again")
        return SupplierDirectory.from_dict(self.state["directory"])

    @property
    def receipt(self) -> dict[str, Any]:
        """What was read and what became of it."""
        data: dict[str, Any] = json.loads((self.folder / "receipt.json").read_text(encoding="utf-8"))
        return data

    @cached_property
    def index(self) -> RunIndex:
        """The index with the stored prior and weights."""
        state = self.state["index"]
        return RunIndex(
            build_index(
                self.evidence(),
                weights=state["weights"],
                prior=Prior.from_dict(state["prior"]),
                bulk=state["bulk"],
                as_of=stored_day(state["as_of"]),
                half_life=state["half_life"],
                since=stored_day(state["since"]),
                until=stored_day(state["until"]),
                correction=stored_correction(state),
            ),
            self,
        )

    def evidence(self) -> Evidence:
        """Count the corrected tags.

        Returns
        -------
        Evidence
            What the index is built from.
        """
        return read_evidence(self._stored, self._signals())

    def _signals(self) -> tuple[Signal, ...]:
        """Return the taxonomy of the tags; a run keeps it, for its model may be gone."""
        if "signals" in self.state:
            return tuple(Signal(**each) for each in self.state["signals"])
        return load_config(find_model(self.state["model"])).signals

    @cached_property
    def _model(self) -> KnownModel:
        return KnownModel(self.state["model"], self.state["settings"].get("model", ""))

    def conduct(self) -> Conduct:
        """Measure what headers show: reply times, who starts threads, contacts, mail to executives.

        Returns
        -------
        Conduct
            One `SupplierConduct` a supplier; beside the index and no part of it.
        """
        return self._conduct

    @cached_property
    def _conduct(self) -> Conduct:
        as_of = self.state["index"]["as_of"]
        end = datetime.fromisoformat(as_of) + timedelta(days=1) if as_of else None
        messages, tags = self._stored.batches("messages", HEADERS), self._stored.batches("tags", SELLING)
        with sorted_mails(messages, tags, self.folder / SORTING) as mails:
            return Conduct(measure_conduct(mails, self.directory, end))

    def lapses(self) -> tuple[SupplierLapses, ...]:
        """Tell unresponsiveness and broken promises with an explanation from those without.

        Returns
        -------
        tuple of SupplierLapses
            One a supplier and signal, with the sentences.
        """
        tags = self._stored.select("tags", TAGS.names, "signal", (*LAPSES, *EXPLANATIONS))
        ids = set(tags["message_id"])
        return find_lapses(self._stored.select("messages", ["message_id", "thread_id"], "message_id", ids), tags)

    def portfolio(self) -> tuple[Placement, ...]:
        """Place the suppliers: keep close, grow, watch or question.

        Returns
        -------
        tuple of Placement
            Each with its reason and what is missing to decide.
        """
        return place_suppliers(self.index.model, self.directory)

    @cached_property
    def _whole(self) -> Index:
        """The index over all periods, uncorrected: what audits are drawn from and periods compared with."""
        return all_periods(self.evidence(), self.state["index"], self.state["index"]["weights"])

    def index_without_bulk(self) -> Index:
        """Build the index as it would be without bulk mail: same window, weights, prior and correction.

        Returns
        -------
        Index
            Of the same suppliers.
        """
        index = self.index.model
        view = index.view
        return build_index(
            index.evidence, weights=index.weights, prior=index.prior, as_of=view.as_of, half_life=view.half_life,
            since=view.since, until=view.until, bulk="exclude", correction=index.correction,
        )  # fmt: skip

    def compare(self, cuts: Sequence[str | date], names: Sequence[str] | None = None) -> Comparison:
        """Compare the periods before, between and after one or two days: before, during, after.

        Parameters
        ----------
        cuts : sequence of str or date
            One or two days; each begins a period.
        names : sequence of str, optional
            Names of the periods.

        Returns
        -------
        Comparison
            Changes of the suppliers, the portfolio's own shift apart. ``comparison.sentences("Acme", run.tags)`` are
            the sentences that made a change.

        Raises
        ------
        InputError
            If a day or the names cannot be used.
        """
        days = [parse_day(cut, "--cut") if isinstance(cut, str) else cut for cut in cuts]
        return compare_periods(self._corrected_whole(), [day for day in days if day is not None], names)

    def compare_renewals(self, suppliers: str | os.PathLike[str], near: int = 90) -> Comparison:
        """Compare behaviour around renewals with the rest of the year.

        Parameters
        ----------
        suppliers : path
            Supplier file with ``renewals``.
        near : int, default 90
            Days around a renewal.

        Returns
        -------
        Comparison
            Of the suppliers with a renewal.

        Raises
        ------
        InputError
            If no supplier has a renewal with mail around it, or a renewal is no ISO date.
        """
        directory = load_directory(suppliers)
        renewals = {
            supplier.name: [day for each in supplier.renewals if (day := parse_day(each, f"renewals of {supplier.name}"))]
            for supplier in directory.suppliers
        }
        return compare_renewals(self._corrected_whole(), renewals, near)

    def trend(self, by: By = "quarter") -> pd.DataFrame:
        """Follow every supplier through time.

        Parameters
        ----------
        by : {"month", "quarter", "year"}, default "quarter"
            Length of a period.

        Returns
        -------
        pandas.DataFrame
            supplier, since, until, index, low, high, balance, threads, enough_evidence.
        """
        return trend(self._corrected_whole(), by)

    def _corrected_whole(self) -> Index:
        whole, correction = self._whole, stored_correction(self.state["index"])
        if correction is None:
            return whole
        return build_index(
            whole.evidence, weights=whole.weights, prior=whole.prior, as_of=whole.as_of, bulk=whole.view.bulk,
            correction=correction,
        )  # fmt: skip

    def audit(self, n: int = 200, seed: int = 0, out: str | os.PathLike[str] | None = None) -> tuple[Path, Path]:
        """Draw flagged sentences for a person to read, and write them as label documents and as a sheet.

        Parameters
        ----------
        n : int, default 200
            Sentences, half a side.
        seed : int, default 0
            The same seed draws the same sentences.
        out : path, optional
            Name of the files without suffix; ``audit`` in the run folder by default.

        Returns
        -------
        documents, sheet : pathlib.Path
            ``.jsonl`` and ``.csv``; fill in ``right`` in either and give it to `reindex`.

        Raises
        ------
        InputError
            If nothing is flagged, the run holds no sentences, or the files are there already.
        """
        table = draw_audit(self._whole, self.tags, n, seed)
        if not (table["text"] != "").all():
            raise InputError(
                "got a run made with --no-quotes, expected one that holds its sentences: nobody can read them here"
            )
        stem = Path(out) if out is not None else self.folder / "audit"
        documents, sheet = stem.with_name(stem.name + ".jsonl"), stem.with_name(stem.name + ".csv")
        write_audit(table, documents, sheet)
        return documents, sheet

    @lean()
    def reindex(
        self,
        *,
        weights: Mapping[str, float] | None = None,
        since: date | None = None,
        until: date | None = None,
        half_life: float | None = None,
        audit: str | os.PathLike[str] | None = None,
    ) -> Run:
        """Roll the tags up again and write index, evidence and report.

        Parameters
        ----------
        weights : mapping of str to float, optional
            Weights to use instead of the stored ones; the prior is fitted again.
        since, until : date, optional
            First and last day of a window; nothing fades inside it unless `half_life` is given.
        half_life : float, optional
            Days after which evidence counts half.
        audit : path, optional
            Answers of an audit of this run: corrects for false alarms, now and in later calls.

        Returns
        -------
        Run
            This run, opened again.

        Raises
        ------
        InputError
            If a setting or the audit cannot be used.
        """
        found = reweigh(self, weights, since, until, half_life, audit)
        fresh = Run(self.folder)
        receipt = {**self.receipt, "corrections": fresh._stored.changed.counts}
        if found:
            receipt |= audit_receipt(fresh, found, audit)
        write_json(self.folder / "receipt.json", receipt)
        fresh.write_outputs()
        return fresh

    def write_outputs(self) -> None:
        """Write ``index.csv``, ``evidence.csv``, ``conduct.csv`` and ``report.html``."""
        # Conduct first: its database and the evidence of an index need not be held at once.
        self.conduct().to_pandas().to_csv(self.folder / "conduct.csv", index=False, float_format="%.4f")
        give_back()  # what each output took would be there for all that follow
        table = self.index.to_pandas()
        table["error_correction"] = table["error_correction"].astype(str)
        table.to_csv(
            self.folder / "index.csv", index=False, float_format="%.4f", quoting=csv.QUOTE_MINIMAL, date_format="%Y-%m-%d"
        )
        material = self.material()
        give_back()
        write_evidence(self.folder / "evidence.csv", material.explanations)
        give_back()
        few = FEW if self._stored.count("messages") <= LARGE else 0
        write_report(self.folder / "report.html", self._marked(material, few, EACH))

    def sections(self, directory: SupplierDirectory | None = None) -> Sections:
        """Gather what the report shows beside the index.

        Parameters
        ----------
        directory : SupplierDirectory, optional
            With newer facts and renewals than those of the run.

        Returns
        -------
        Sections
            Facts, renewals, conduct, lapses, corrections so far.
        """
        return sections_beside(directory or self.directory, self.conduct(), self.lapses(), self.corrections)

    def material(self, sections: Sections | None = None, *, quotes: bool = True) -> Material:
        """Return what a report of this run is made from.

        Parameters
        ----------
        sections : Sections, optional
            What is known beside the index; by default what this run knows.
        quotes : bool, default True
            Whether words of messages are shown.

        Returns
        -------
        Material
            For `write_report` and `write_scorecard`.
        """
        card = find_model(self._model.name) / CARD_FILE if self._model.there() else None
        return Material(
            index=self.index.model,
            explanations=Explanations(self.index.model, self._stored),
            sources=StoredSources(self._stored),
            receipt=self.receipt,
            model_card=card.read_text(encoding="utf-8") if card is not None and card.is_file() else "",
            sections=sections or self.sections(),
            quotes=quotes,
        )

    def write_report(
        self,
        sections: Sections | None = None,
        *,
        cuts: Sequence[str | date] = (),
        names: Sequence[str] | None = None,
        quotes: bool = True,
        explain: int | None = None,
    ) -> Path:
        """Write ``report.html``.

        Parameters
        ----------
        sections : Sections, optional
            What is known beside the index.
        cuts, names : sequence, optional
            Windows to compare, as in `compare`.
        quotes : bool, default True
            Whether words of messages are shown.
        explain : int, optional
            In how many sentences the deciding words are marked, shared out among the suppliers; by default 3 a supplier
            and 60 in all. None are where the model that gave the tags has gone.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        InputError
            If a day, the names or `explain` cannot be used.
        """
        material = self.material(sections, quotes=quotes)
        if cuts or names is not None:
            material = replace(material, sections=with_windows(material.sections, self.compare(cuts, names)))
        path = self.folder / "report.html"
        most, each = (MOST, EACH) if explain is None else (explain, explain)
        write_report(path, self._marked(material, most, each))
        return path

    def _marked(self, material: Material, most: int, each: int) -> Material:
        """Mark the deciding words, where words are shown; those that came with the sections stay."""
        if not material.quotes:
            return material
        added = {(each.message_id, each.sentence, each.signal) for each in self.corrections if each.action == "add"}
        found = find_marks(material.explanations, self._rows, self.directory, self._model, added, most=most, each=each)
        marks = {**found, **material.sections.marks}
        return replace(material, sections=replace(material.sections, marks=marks))

    def _rows(self, message_ids: Collection[str]) -> pd.DataFrame:
        return self._stored.select("messages", MESSAGES.names, "message_id", message_ids)

    def write_scorecard(self, supplier: str, *, others: Iterable[str] = (), quotes: bool = True) -> Path:
        """Write a page about one supplier that can be given to it.

        Parameters
        ----------
        supplier : str
            Its name.
        others : iterable of str, optional
            Further names and domains of other suppliers to mask, for example their aliases.
        quotes : bool, default True
            Whether words of messages are shown.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        InputError
            If there is no such supplier.
        """
        score = self.index[supplier].score
        path = self.folder / f"scorecard-{slug(score.supplier)}.html"
        write_scorecard(path, self.material(quotes=quotes), score, tuple(others))
        return path


def open_run(folder: str | os.PathLike[str]) -> Run:
    """Open a finished run.

    Parameters
    ----------
    folder : path
        Written by `score`.

    Returns
    -------
    Run
        Tables are read when asked for.

    Raises
    ------
    InputError
        If it is no run folder.
    RunError
        If the run was cut off before its end.
    """
    path = Path(folder)
    finish_pending(path)
    if not (path / STATE_FILE).is_file():
        raise InputError(
            f"got {path}, which is no run folder (it holds no {STATE_FILE}); expected one written by: partnersignal score"
        )
    run = Run(path)
    if not run.state.get("finished") or not all((path / f"{name}.parquet").is_file() for name in TABLES):
        raise RunError(f"got the run {path}, which was cut off; go on with the same partnersignal score command")
    return run
