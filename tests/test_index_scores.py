"""Edges of the index: empty, single and undated evidence, settings, look-up, table, explanation."""

from __future__ import annotations

import io
import json
import math
import pickle
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from test_index_reference import AS_OF, Mail, collect, frames, random_mails, without_tags

from partnersignal.errors import InputError
from partnersignal.index import ErrorCorrection, Evidence, Prior, build_index, explain, fit_prior, influence
from partnersignal.index.index import COLUMNS
from partnersignal.signals import labels


def mail(n: int, *tags: tuple[int, str, float], supplier: str = "A", sentences: int = 4, day: date | None = AS_OF) -> Mail:
    """Return message n, a thread of its own."""
    return Mail(supplier, f"{supplier}{n}@x", f"{n}", day, False, sentences, 0, tags)


def test_no_supplier() -> None:
    """An empty portfolio is an empty index with the columns of index.csv."""
    index = build_index(collect([]))
    assert (len(index), list(index), index.as_of, index.prior.source) == (0, [], None, "shipped")
    assert list(index.to_pandas().columns) == list(COLUMNS)
    assert index.to_pandas().to_csv(index=False).strip() == ",".join(COLUMNS)
    assert Evidence.merge([]) == collect([])


def test_no_eligible_sentence_is_exactly_50() -> None:
    """Beside other suppliers, fitted or not, nothing read is nothing known."""
    empty = Mail("Empty", "e@x", "e", AS_OF, False, 0, 7, ())
    for others in ([], random_mails(1), random_mails(2, suppliers=12, threads=20)):
        score = build_index(collect([*others, empty]))["Empty"]
        assert (score.index, score.d, score.balance, score.threads, score.messages) == (50.0, 0.0, None, 0, 0)
        assert (score.first_date, score.last_date, score.coverage, score.enough_evidence) == (None, None, 0.0, False)
        assert 0 < score.low < 50 < score.high < 100


def test_one_supplier_one_thread() -> None:
    """The plainest case by hand: 4 sentences, one vendor tag, h = 1/2, A = 2, X = .4."""
    index = build_index(collect([mail(1, (0, "upselling", 0.8))]))
    score = index["A"]
    kappa = 0.3 * 0.035 / 0.0016
    rates = [kappa * 0.035 / (2 + kappa), (0.4 + kappa * 0.035) / (2 + kappa)]
    assert index.posterior.rate[:, 0].tolist() == pytest.approx(rates, abs=1e-15)
    assert score.d == pytest.approx(math.log((rates[0] + 0.035) / (rates[1] + 0.035)), abs=1e-14)
    assert (score.partner_evidence, score.vendor_evidence, score.balance) == (0, pytest.approx(0.4), 0)
    assert influence(index, "A")["index_without"].tolist() == [50]


@pytest.mark.parametrize("suppliers", [3, 15])
def test_nothing_found_anywhere_is_50_for_all(suppliers: int) -> None:
    """Without evidence on either side no supplier differs from another, shipped prior or fitted."""
    index = build_index(collect(without_tags(random_mails(6, suppliers=suppliers, threads=20))))
    assert index.prior.source == ("portfolio" if suppliers == 15 else "shipped")
    assert {score.index for score in index} == {50.0}
    assert {score.balance for score in index} == {None}


def test_one_side_never_found_leaves_the_other_side() -> None:
    """Where no supplier was ever partner-like, the vendor side alone orders them."""
    mails = [mail(n, *(((0, "upselling", 1.0),) if n < s else ()), supplier=f"S{s:02d}") for s in range(10) for n in range(12)]
    index = build_index(collect(mails))
    assert index.prior.source == "portfolio"
    assert [score.supplier for score in index] == [f"S{s:02d}" for s in range(10)]
    assert index["S00"].index > 60 > 40 > index["S09"].index


def test_undated_only() -> None:
    """Undated mail counts in full where nothing is dated; there is no day to count from."""
    index = build_index(collect([mail(n, (0, "listening", 1.0), day=None) for n in range(5)]))
    assert index.as_of is None
    assert (index["A"].threads, index["A"].first_date, index["A"].index > 55) == (5, None, True)
    assert index.threads.recency.tolist() == [1.0] * 5
    assert build_index(collect([mail(1, day=None)]), since=AS_OF)["A"].threads == 0


def test_evidence_that_faded_to_nothing() -> None:
    """A half-life so short that weights underflow gives 50, also where the portfolio would be fitted."""
    mails = random_mails(2, suppliers=12, threads=20, undated=0)
    index = build_index(collect(mails), as_of=AS_OF + timedelta(days=9999), half_life=1)
    assert [score.index for score in index] == [50.0] * 12


@pytest.mark.parametrize(
    ("threads", "tagged", "enough"),
    [(5, 3, True), (4, 4, False), (5, 2, False), (29, 2, False), (30, 0, True), (30, 2, True)],
)
def test_enough_evidence(threads: int, tagged: int, enough: bool) -> None:
    """5 threads, and 3 messages with a counted tag or 30 threads."""
    mails = [mail(n, *(((0, "listening", 0.9),) if n < tagged else ())) for n in range(threads)]
    assert build_index(collect(mails))["A"].enough_evidence is enough
    assert build_index(collect(mails), weights={"listening": 0})["A"].enough_evidence is (threads >= 30)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"upseling": 1}, "got a weight for 'upseling', expected the label of a signal; did you mean 'upselling'?"),
        ({"zzz": 1}, "got a weight for 'zzz', expected the label of a signal; use one of proactive_help, "),
        ({"upselling": -1}, "got weight -1 for 'upselling', expected a finite number >= 0; use 0 to leave it out"),
        ({"upselling": math.nan}, "got weight nan for 'upselling', expected a finite number"),
        ({"upselling": math.inf}, "got weight inf for 'upselling', expected a finite number"),
        ({"upselling": "1"}, "got weight '1' for 'upselling', expected a finite number"),
        ({"upselling": True}, "got weight True for 'upselling', expected a finite number"),
        (dict.fromkeys(labels()[14:], 0), "got no positive weight on the vendor side, expected at least one"),
    ],
)
def test_weights_are_checked(weights: dict[str, float], message: str) -> None:
    """A typing slip must not give an index of other weights."""
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        build_index(collect([mail(1)]), weights=weights)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"half_life": 0}, "got half_life=0, expected days above 0"),
        ({"half_life": math.nan}, "got half_life=nan, expected days above 0"),
        ({"bulk": "no"}, "got bulk='no', expected 'count' or 'exclude'"),
        ({"since": date(2002, 1, 2), "until": date(2002, 1, 1)}, "got since=2002-01-02 after until=2002-01-01"),
        ({"as_of": "2002-01-01"}, "got as_of='2002-01-01', expected a date; use datetime.date"),
        ({"until": pd.NaT}, "got until=NaT, expected a date"),
    ],
)
def test_settings_are_checked(settings: dict[str, object], message: str) -> None:
    """Each refusal names the setting."""
    with pytest.raises(InputError, match=message):
        build_index(collect([mail(1)]), **settings)


def test_lookup_names_close_suppliers() -> None:
    """Unknown names are an InputError, not a KeyError."""
    index = build_index(collect([mail(1, supplier=name) for name in ("Acme Corp", "Borealis")]))
    assert index["Acme Corp"].supplier == "Acme Corp"
    assert "Acme Corp" in index
    assert "acme" not in index
    with pytest.raises(InputError, match=r"got supplier 'acme corp', expected one of the 2 .* did you mean 'Acme Corp'\?"):
        index["acme corp"]
    with pytest.raises(InputError, match=r"got supplier 'Zzz'.*list index\.scores"):
        explain(index, "Zzz", frames([])[1])


def test_order_is_by_index_then_name() -> None:
    """Equal indices stand in order of name."""
    mails = [mail(1, supplier=name) for name in "CBA"] + [mail(1, (0, "listening", 1.0), supplier="Z")]
    assert [score.supplier for score in build_index(collect(mails))] == ["Z", "A", "B", "C"]


def test_table_has_the_columns_of_index_csv() -> None:
    """Undefined cells are empty, dates are days."""
    undated = mail(1, supplier="B", day=None)
    table = build_index(collect([mail(1, (0, "listening", 1.0)), undated])).to_pandas()
    assert ",".join(table.columns) == (
        "supplier,index,low,high,balance,partner_evidence,vendor_evidence,messages,threads,first_date,last_date,"
        "enough_evidence,error_correction,coverage"
    )
    lines = list(csv_rows(table))
    assert lines[0]["first_date"] == "2002-12-31"
    assert (lines[1]["balance"], lines[1]["first_date"], lines[1]["error_correction"]) == ("", "", "none")
    assert lines[0]["balance"] == "1.0"
    assert table.dtypes.astype(str)[["messages", "enough_evidence", "balance"]].tolist() == ["int64", "bool", "float64"]


def csv_rows(table: pd.DataFrame) -> list[dict[str, str]]:
    """Return the rows of a table as they stand in a CSV file."""
    text = io.StringIO(table.to_csv(index=False))
    return pd.read_csv(text, dtype=str, keep_default_na=False).to_dict("records")


def test_coverage_and_counts_follow_the_view() -> None:
    """Messages, threads, dates and coverage are those of the window and the choice about bulk mail."""
    old = replace(mail(1, sentences=6, day=date(2001, 1, 1)), ineligible=2)
    bulk = replace(mail(2, (0, "upselling", 1.0)), bulk=True, ineligible=4)
    evidence = collect([old, bulk])
    whole, without = build_index(evidence)["A"], build_index(evidence, bulk="exclude")["A"]
    assert (whole.coverage, whole.first_date, whole.last_date) == (10 / 16, date(2001, 1, 1), AS_OF)
    assert (without.coverage, without.messages, without.vendor_evidence) == (6 / 8, 1, 0)
    assert without.index > whole.index
    assert build_index(evidence, until=date(2001, 6, 1))["A"].coverage == 6 / 8


def test_false_alarms_common_to_all_are_corrected() -> None:
    """c = mu - 2 F moves suppliers apart; omega widens the interval, however much mail there is."""
    evidence = collect(random_mails(3))
    plain = build_index(evidence)
    audited = build_index(evidence, correction=ErrorCorrection("audit", (0.01, 0.01), (0.0, 0.0), (0.0, 0.0)))
    spread = build_index(evidence, correction=ErrorCorrection("card", (0.01, 0.01), (0.0, 0.0), (0.7, 0.7)))
    assert all(abs(audited[s.supplier].d) >= abs(s.d) for s in plain)
    assert all(spread[s.supplier].sd > s.sd for s in audited)
    assert {score.error_correction for score in spread} == {"card"}
    assert plain == build_index(evidence, correction=ErrorCorrection.none())


@pytest.mark.parametrize("suppliers", [3, 12])
def test_prior_survives_json(suppliers: int) -> None:
    """A stored prior gives the identical index."""
    evidence = collect(random_mails(8, suppliers=suppliers, threads=20))
    prior = fit_prior(evidence)
    again = Prior.from_dict(json.loads(json.dumps(prior.to_dict())))
    assert again == prior == build_index(evidence).prior
    assert build_index(evidence, prior=again).scores == build_index(evidence).scores
    assert sum(prior.shares().values()) == pytest.approx(2, abs=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": 1}, "got a prior with .*colour.*, expected exactly"),
        ({"source": "guess"}, "got prior source 'guess', expected 'portfolio' or 'shipped'"),
        ({"suppliers": -1}, "got -1 suppliers in a prior"),
        ({"vendor": {"mu": 1}}, "got a vendor prior with .'mu'., expected exactly"),
        (
            {"vendor": {"mu": 0.0, "tau2": 1.0, "phi": 1.0, "phi_unfaded": 1.0, "shares": {"upselling": 1.0}}},
            "expected numbers above 0",
        ),
        (
            {"vendor": {"mu": 1.0, "tau2": 1.0, "phi": 1.0, "phi_unfaded": 1.0, "shares": {"upselling": 0.9}}},
            "do not add up to 1",
        ),
    ],
)
def test_damaged_prior_is_refused(change: dict[str, object], message: str) -> None:
    """Unknown keys and impossible values are named."""
    with pytest.raises(InputError, match=message):
        Prior.from_dict(fit_prior(collect([])).to_dict() | change)


def test_prior_of_other_signals_is_refused() -> None:
    """A prior without a line for a signal has no baseline for it."""
    prior = fit_prior(collect([]))
    fewer = replace(prior, vendor=replace(prior.vendor, shares=(("upselling", 1.0),)))
    with pytest.raises(InputError, match="got a prior of other signals than the evidence"):
        build_index(collect([mail(1)]), prior=fewer)


def test_explanation_refuses_other_tags() -> None:
    """Tags that are not those of the index would explain another number."""
    mails = [mail(n, (0, "listening", 0.9), (1, "upselling", 0.4)) for n in range(4)]
    index, tags = build_index(collect(mails)), frames(mails)[1]
    with pytest.raises(InputError, match=r"got tags that add up to .* expected .* as in the index of 'A'"):
        explain(index, "A", tags.iloc[:-1])
    with pytest.raises(InputError, match=r"got tags without text, expected the columns of tags\.parquet"):
        explain(index, "A", tags.drop(columns="text"))
    with pytest.raises(InputError, match="got signal 'kindness', expected one of"):
        explain(index, "A", tags.assign(signal="kindness"))
    without_supplier = explain(index, "A", tags.drop(columns="supplier"))
    assert without_supplier.contributions.equals(explain(index, "A", tags).contributions)
    assert explain(index, "A", pd.concat([tags, tags])).total == pytest.approx(without_supplier.total, abs=1e-12)
    assert list(without_supplier.contributions.columns[:6]) == [
        "message_id", "sentence", "text", "signal", "probability", "contribution",
    ]  # fmt: skip
    assert "words" not in repr(without_supplier)


def test_explanation_leaves_out_what_the_window_leaves_out() -> None:
    """Tags outside the view are not listed and the sum is still exact."""
    mails = [mail(n, (0, "listening", 0.9), day=AS_OF - timedelta(days=200 * n)) for n in range(5)]
    index = build_index(collect(mails), since=AS_OF - timedelta(days=500))
    explanation = explain(index, "A", frames(mails)[1])
    assert sorted(explanation.contributions["message_id"]) == ["A0@x", "A1@x", "A2@x"]
    assert explanation.total == pytest.approx(index["A"].index - 50, abs=1e-9)


def test_index_survives_pickle() -> None:
    """Parallel workers hand indices on."""
    index = build_index(collect(random_mails(1)))
    assert pickle.loads(pickle.dumps(index)) == index
