"""Collecting and storing evidence: what is counted, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from test_index_reference import AS_OF, Mail, collect, frames, random_mails

from partnersignal.errors import InputError
from partnersignal.index import Evidence, build_index, explain
from partnersignal.signals import default_signals, labels
from tests.timing import computing_takes_under

MAIL = Mail("Acme", "1@x", "t", AS_OF, False, 4, 2, ((0, "listening", 0.25), (0, "empathy", 0.5), (3, "upselling", 1.0)))


def test_row_holds_integers() -> None:
    """Sums are millionths, sentences are counted once a side."""
    row = collect([MAIL]).table.to_pylist()[0]
    days = (AS_OF - AS_OF.replace(1970, 1, 1)).days
    assert (row["supplier"], row["message_id"], row["thread_id"], row["day"]) == ("Acme", "1@x", "t", days)
    assert (row["sentences"], row["ineligible"], row["bulk"]) == (4, 2, False)
    assert (row["tagged_partner"], row["tagged_vendor"]) == (1, 1)
    assert {k: v for k, v in row.items() if k.startswith("p_") and v} == {
        "p_listening": 250_000, "p_empathy": 500_000, "p_upselling": 1_000_000,
    }  # fmt: skip


def test_sums_of_any_size_are_exact() -> None:
    """Five thousand sentences of one signal in one message are counted to the last, and explained."""
    many = Mail("Acme", "1@x", "t", AS_OF, False, 5_000, 0, tuple((n, "listening", 1.0) for n in range(5_000)))
    mails = [many, Mail("Borealis", "2@x", "u", AS_OF, False, 2, 0, ((0, "listening", 0.5),))]
    evidence = collect(mails)
    assert evidence.table["p_listening"].to_pylist() == [5_000_000_000, 500_000]
    parts = [collect([mail]) for mail in mails]
    assert Evidence.merge(parts) == Evidence.merge(parts[::-1]) == Evidence.from_table(evidence.table) == evidence
    assert Evidence.of_suppliers(parts, evidence.signals).table == evidence.table
    index, tags = build_index(evidence), frames(mails)[1]
    for score in index:
        assert explain(index, score.supplier, tags).total == pytest.approx(score.index - 50, abs=1e-9)


def test_day_is_the_utc_day() -> None:
    """A time late in the evening west of Greenwich is the next day, before 1970 as well."""
    exposure, tags = frames([MAIL, MAIL.__class__("Acme", "2@x", "t", AS_OF, False, 1, 0, ())])
    times = pd.Series(pd.to_datetime(["2001-05-03T23:30:00-05:00", "1969-12-31T23:59:59-05:00"], utc=True))
    exposure["date"] = times.dt.tz_convert("America/Chicago")
    days = Evidence.collect(exposure, tags).days
    assert days.tolist() == [(pd.Timestamp("2001-05-04") - pd.Timestamp(0)).days, 0]
    exposure["date"] = pd.Series(pd.to_datetime(["1969-12-31T01:00:00Z", None], utc=True))
    assert Evidence.collect(exposure, tags).table["day"].to_pylist() == [-1, None]


def test_message_without_thread_is_a_thread_of_its_own() -> None:
    """An empty or missing thread id does not throw all such mail together."""
    exposure, tags = frames(random_mails(1, suppliers=1, threads=3))
    exposure["thread_id"] = [None, "", *exposure["thread_id"][2:]]
    threads = Evidence.collect(exposure, tags).table.to_pylist()
    by_message = {row["message_id"]: row["thread_id"] for row in threads}
    assert all(by_message[message] == message for message in exposure["message_id"][:2])


def test_a_tag_or_row_listed_twice_counts_once() -> None:
    """The smaller of two probabilities for one sentence and signal stays."""
    exposure, tags = frames([MAIL])
    twice = pd.concat([tags.assign(probability=tags["probability"].clip(lower=0.4)), tags])
    assert Evidence.collect(pd.concat([exposure, exposure]), twice) == collect([MAIL])


def test_one_message_may_speak_of_two_suppliers() -> None:
    """The key is supplier and message."""
    other = Mail("Borealis", "1@x", "t", AS_OF, False, 2, 0, ((1, "upselling", 1.0),))
    index = build_index(collect([MAIL, other]))
    assert (index["Acme"].messages, index["Borealis"].messages) == (1, 1)
    assert index["Borealis"].partner_evidence == 0 < index["Acme"].partner_evidence


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        ("tags", "probability", 1.5, r"got probability 1\.5, expected 0 to 1"),
        ("tags", "probability", np.nan, "got probability nan, expected 0 to 1"),
        ("tags", "signal", "kindness", "got signal 'kindness', expected one of proactive_help"),
        ("tags", "supplier", "Nobody", "got 3 tags without exposure .first: message '1@x', supplier 'Nobody'"),
        ("tags", "message_id", "9@x", "got 3 tags without exposure"),
        ("tags", "sentence", -1, r"got -1\.0 in tags 'sentence', expected whole numbers >= 0"),
        ("exposure", "sentences", 1, "got more tagged than eligible sentences in message '1@x'"),
        ("exposure", "sentences", 2.5, r"got 2\.5 in exposure 'sentences', expected whole numbers"),
        ("exposure", "ineligible", np.nan, "got nan in exposure 'ineligible', expected whole numbers"),
        ("exposure", "supplier", None, "got 1 rows of exposure without a supplier, expected one in every row"),
        ("exposure", "message_id", "", "got 1 rows of exposure without a message_id"),
        ("exposure", "date", pd.Timestamp("2001-01-01"), "expected times with a zone; use pandas.to_datetime"),
        ("exposure", "date", "2001-01-01", "expected times with a zone"),
    ],
)
def test_what_cannot_be_counted_is_refused(table: str, column: str, value: object, message: str) -> None:
    """Each refusal says what was got, what was expected and what to do."""
    tables = dict(zip(("exposure", "tags"), frames([MAIL]), strict=True))
    tables[table] = tables[table].drop(columns=column).assign(**{column: value})
    with pytest.raises(InputError, match=message):
        Evidence.collect(tables["exposure"], tables["tags"])


def test_missing_columns_and_differing_copies_are_refused() -> None:
    """Tags of two unlike copies in one table could not be told apart."""
    exposure, tags = frames([MAIL])
    with pytest.raises(InputError, match="got tags without signal, expected the columns message_id"):
        Evidence.collect(exposure, tags.drop(columns="signal"))
    with pytest.raises(InputError, match="got exposure without bulk, date"[:20]):
        Evidence.collect(exposure.drop(columns=["bulk", "date"]), tags)
    with pytest.raises(InputError, match="got message '1@x' twice for one supplier with different facts"):
        Evidence.collect(pd.concat([exposure, exposure.assign(thread_id="u")]), tags)


def test_tables_of_other_signals_are_refused() -> None:
    """Evidence goes together with one taxonomy."""
    fewer = default_signals()[:5]
    exposure, tags = frames([MAIL])
    small = Evidence.collect(exposure, tags[tags["signal"] == "listening"], fewer)
    with pytest.raises(InputError, match="got evidence of different signals, expected one taxonomy"):
        Evidence.merge([collect([MAIL]), small])
    with pytest.raises(InputError, match="got an evidence table that differs in p_broken_promise"):
        Evidence.from_table(small.table)


@pytest.mark.parametrize("value", ["abc", 1.5, None, [1], 2**40])
def test_stored_values_that_do_not_fit_are_refused(value: object) -> None:
    """A table that somebody changed says so, and gives no traceback of Arrow."""
    table = collect([MAIL]).table
    column = table.schema.get_field_index("sentences")
    with pytest.raises(InputError, match="got an evidence table with values that do not fit"):
        Evidence.from_table(table.set_column(column, "sentences", pa.array([value])))


def test_stored_table_comes_back_equal() -> None:
    """Rows may come back in any order."""
    evidence = collect(random_mails(4))
    shuffled = evidence.table.take(np.random.default_rng(0).permutation(len(evidence)))
    assert Evidence.from_table(shuffled) == evidence
    assert repr(evidence) == f"<Evidence of {len(evidence)} messages, 3 suppliers>"


def test_large_tables_are_counted_fast() -> None:
    """100,000 tags in under 2 seconds; benchmarks count a million."""
    draw, n = np.random.default_rng(0), 100_000
    exposure = pd.DataFrame({"message_id": [f"{number}@example.com" for number in range(n // 2)]})
    exposure = exposure.assign(supplier="S", thread_id="t", bulk=False, sentences=40, ineligible=0)
    exposure["date"] = pd.Timestamp("2001-01-01", tz="UTC").as_unit("us")
    tags = pd.DataFrame({"message_id": exposure["message_id"].to_numpy()[draw.integers(0, n // 2, n)]})
    tags = tags.assign(sentence=draw.integers(0, 40, n), supplier="S", probability=draw.random(n))
    tags["signal"] = np.array(labels())[draw.integers(0, 20, n)]
    assert computing_takes_under(2, lambda: build_index(Evidence.collect(exposure, tags)))
