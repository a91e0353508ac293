"""A finished run: its tables, its index, its evidence."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from partnersignal.conduct import Conduct, measure_conduct
from partnersignal.errors import InputError, RunError
from partnersignal.index import Evidence, Explanation, Index, Prior, SupplierScore, build_index, explain, influence
from partnersignal.lapses import SupplierLapses, find_lapses
from partnersignal.portfolio import Placement, place_suppliers
from partnersignal.report import Material, Sections, slug, write_evidence, write_report, write_scorecard
from partnersignal.runs.corrections import CORRECTIONS_FILE, Corrected, Correction, apply_corrections, read_corrections
from partnersignal.runs.drafts import finish_pending
from partnersignal.runs.state import STATE_FILE, read_state, write_json, write_state
from partnersignal.signals import Signal
from partnersignal.suppliers import SupplierDirectory
from partnersignal.tagging.folder import load_config
from partnersignal.tagging.tagger import find_model

TABLES = ("messages", "tags", "exposure")
SCAN_FILE = "scan.parquet"  # what the plan was made of, to add mail to the run later


@dataclass(frozen=True)
class SupplierResult:
    """One supplier of a run: its score, and why.

    Attributes
    ----------
    score : SupplierScore
        Index, interval, evidence.
    run : Run
        Where the sentences are.
    """

    score: SupplierScore
    run: Run

    @property
    def index(self) -> float:
        """Return the index, 0 to 100."""
        return self.score.index

    @property
    def low(self) -> float:
        """Return the lower end of the 90 % interval."""
        return self.score.low

    @property
    def high(self) -> float:
        """Return the upper end of the 90 % interval."""
        return self.score.high

    def explain(self) -> Explanation:
        """Account for the index, down to the sentence.

        Returns
        -------
        Explanation
            Contributions of sentences and baseline lines; their sum is index minus 50.
        """
        return explain(self.run.index.model, self.score.supplier, self.run.tags)

    def influence(self) -> pd.DataFrame:
        """Say what the index would be without each thread.

        Returns
        -------
        pandas.DataFrame
            thread_id, index_without, change; largest change first.
        """
        return influence(self.run.index.model, self.score.supplier)


@dataclass(frozen=True)
class RunIndex:
    """The index of a run: ``run.index["Acme"]``, ``run.index.to_pandas()``, iteration, ``len``.

    Attributes
    ----------
    model : Index
        Scores, prior, weights.
    run : Run
        Where the sentences are.
    """

    model: Index
    run: Run

    def __len__(self) -> int:
        """Return the number of suppliers."""
        return len(self.model)

    def __iter__(self) -> Iterator[SupplierResult]:
        """Iterate over suppliers, highest index first."""
        return (SupplierResult(score, self.run) for score in self.model)

    def __getitem__(self, supplier: str) -> SupplierResult:
        """Return one supplier's result.

        Parameters
        ----------
        supplier : str
            Its name.

        Returns
        -------
        SupplierResult
            Score and explanation.

        Raises
        ------
        InputError
            If there is no such supplier; the message names the closest.
        """
        return SupplierResult(self.model[supplier], self.run)

    def to_pandas(self) -> pd.DataFrame:
        """Return the table of ``index.csv``.

        Returns
        -------
        pandas.DataFrame
            A row a supplier, highest index first.
        """
        return self.model.to_pandas()


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

    @property
    def tags(self) -> pd.DataFrame:
        """The table of tags, with the corrections of ``corrections.csv`` in it."""
        return self.corrected.tags

    @cached_property
    def corrected(self) -> Corrected:
        """Tags and exposure with the corrections in them, and what those did."""
        tags, exposure = (pd.read_parquet(self.folder / f"{name}.parquet") for name in ("tags", "exposure"))
        corrections = self.corrections
        if not corrections:
            return apply_corrections((), pd.DataFrame(), tags, exposure, ())
        return apply_corrections(corrections, self.messages, tags, exposure, self.directory.names())

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
                as_of=_day(state["as_of"]),
                half_life=state["half_life"],
                since=_day(state["since"]),
                until=_day(state["until"]),
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
        return Evidence.collect(self.corrected.exposure, self.tags, self._signals())

    def _signals(self) -> tuple[Signal, ...]:
        return load_config(find_model(self.state["model"])).signals

    def conduct(self) -> Conduct:
        """Measure what headers show: reply times, who starts threads, contacts, mail to executives.

        Returns
        -------
        Conduct
            One `SupplierConduct` a supplier; beside the index and no part of it.
        """
        as_of = self.state["index"]["as_of"]
        end = datetime.fromisoformat(as_of) + timedelta(days=1) if as_of else None
        return Conduct(measure_conduct(self.messages, self.tags, self.directory, end))

    def lapses(self) -> tuple[SupplierLapses, ...]:
        """Tell unresponsiveness and broken promises with an explanation from those without.

        Returns
        -------
        tuple of SupplierLapses
            One a supplier and signal, with the sentences.
        """
        return find_lapses(self.messages, self.tags)

    def portfolio(self) -> tuple[Placement, ...]:
        """Place the suppliers: keep close, grow, watch or question.

        Returns
        -------
        tuple of Placement
            Each with its reason and what is missing to decide.
        """
        return place_suppliers(self.index.model, self.directory)

    def reindex(
        self,
        *,
        weights: Mapping[str, float] | None = None,
        since: date | None = None,
        until: date | None = None,
        half_life: float | None = None,
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

        Returns
        -------
        Run
            This run, opened again.
        """
        state = self.state["index"]
        changed = weights is not None
        merged = {**state["weights"], **weights} if weights is not None else state["weights"]
        built = build_index(
            self.evidence(), weights=merged, prior=None if changed else Prior.from_dict(state["prior"]), bulk=state["bulk"],
            as_of=_day(state["as_of"]), half_life=half_life, since=since, until=until,
        )  # fmt: skip
        write_state(self.folder, {**self.state, "index": index_state(built, state["bulk"], since, until, half_life)})
        fresh = Run(self.folder)
        write_json(self.folder / "receipt.json", {**self.receipt, "corrections": fresh.corrected.counts})
        fresh.write_outputs()
        return fresh

    def write_outputs(self) -> None:
        """Write ``index.csv``, ``evidence.csv``, ``conduct.csv`` and ``report.html``."""
        table = self.index.to_pandas()
        table["error_correction"] = table["error_correction"].astype(str)
        table.to_csv(
            self.folder / "index.csv", index=False, float_format="%.4f", quoting=csv.QUOTE_MINIMAL, date_format="%Y-%m-%d"
        )
        self.conduct().to_pandas().to_csv(self.folder / "conduct.csv", index=False, float_format="%.4f")
        material = self.material()
        write_evidence(self.folder / "evidence.csv", material.explanations)
        write_report(self.folder / "report.html", material)

    def material(self, sections: Sections | None = None, *, quotes: bool = True) -> Material:
        """Return what a report of this run is made from.

        Parameters
        ----------
        sections : Sections, optional
            What is known beside the index.
        quotes : bool, default True
            Whether words of messages are shown.

        Returns
        -------
        Material
            For `write_report` and `write_scorecard`.
        """
        card = find_model(self.state["model"]) / "MODEL_CARD.md"
        return Material(
            index=self.index.model,
            explanations=[result.explain() for result in self.index],
            messages=self.messages,
            tags=self.tags,
            receipt=self.receipt,
            model_card=card.read_text(encoding="utf-8") if card.is_file() else "",
            sections=sections or Sections(),
            quotes=quotes,
        )

    def write_report(self, sections: Sections | None = None, *, quotes: bool = True) -> Path:
        """Write ``report.html``.

        Parameters
        ----------
        sections : Sections, optional
            What is known beside the index.
        quotes : bool, default True
            Whether words of messages are shown.

        Returns
        -------
        pathlib.Path
            The file.
        """
        path = self.folder / "report.html"
        write_report(path, self.material(sections, quotes=quotes))
        return path

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


def index_state(built: Index, bulk: str, since: date | None, until: date | None, half_life: float | None) -> dict[str, Any]:
    """Return what is needed to build the same index again.

    Parameters
    ----------
    built : Index
        The index.
    bulk : str
        ``count`` or ``exclude``.
    since, until : date or None
        Its window.
    half_life : float or None
        As asked for; None is the default.

    Returns
    -------
    dict
        For ``run.json``.
    """
    return {
        "prior": built.prior.to_dict(),
        "weights": dict(built.weights),
        "as_of": built.as_of.isoformat() if built.as_of else None,
        "since": since.isoformat()[:10] if since else None,
        "until": until.isoformat()[:10] if until else None,
        "half_life": half_life,
        "bulk": bulk,
    }


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


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
