"""Counting messages and tags into the integer rows of the evidence table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from partnersignal.errors import InputError
from partnersignal.index.arrays import SIDES, Floats, Ints
from partnersignal.signals import Signal

# Stands for "no date" in integer columns; larger than any day, so an undated copy loses a tie to a dated one.
UNDATED = int(np.iinfo(np.int32).max)
MILLION = 1_000_000
# Days of 0001-01-01 and 9999-12-31, the dates that Python can show.
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
_MICROSECONDS_A_DAY = 86_400_000_000

EXPOSURE_COLUMNS = ("supplier", "message_id", "thread_id", "date", "bulk", "sentences", "ineligible")
TAG_COLUMNS = ("message_id", "sentence", "supplier", "signal", "probability")
KEY = ["supplier", "message_id"]


def collect_rows(exposure: pd.DataFrame, tags: pd.DataFrame, signals: Sequence[Signal]) -> pd.DataFrame:
    """Count exposure and tags into one row a supplier and message.

    Parameters
    ----------
    exposure : pandas DataFrame of shape (n_messages, 7)
        The columns of `EXPOSURE_COLUMNS`.
    tags : pandas DataFrame of shape (n_tags, at least 5)
        The columns of `TAG_COLUMNS`; others are ignored.
    signals : sequence of Signal
        The taxonomy.

    Returns
    -------
    pandas DataFrame
        The columns of the evidence table, `UNDATED` for a missing day, sorted by key.

    Raises
    ------
    InputError
        If a column is missing or holds values that cannot be counted.
    """
    rows = _messages(exposure).drop_duplicates(ignore_index=True)
    twice = rows.duplicated(KEY).to_numpy()
    if twice.any():
        # Which of the copies a tag belongs to cannot be known here; shards that differ are for Evidence.merge.
        raise InputError(
            f"got message {rows['message_id'][twice].iloc[0]!r} twice for one supplier with different facts, expected "
            "one row a supplier and message; drop one copy and its tags"
        )
    found = _checked_tags(tags, rows, signals)
    units = np.zeros((len(signals), len(rows)), dtype=np.int64)
    np.add.at(units, (found["signal"].to_numpy(), found["row"].to_numpy()), found["units"].to_numpy())
    side_of = np.array([SIDES.index(signal.side) for signal in signals], dtype=np.int64)[found["signal"].to_numpy()]
    for number, side in enumerate(SIDES):
        rows[f"tagged_{side}"] = _sentences_with_a_tag(found[side_of == number], len(rows))
    for signal, column in zip(signals, units, strict=True):
        rows[mass_column(signal.label)] = column
    return rows


def mass_column(label: str) -> str:
    """Return the name of the column that sums a signal's probabilities.

    Parameters
    ----------
    label : str
        Label of the signal.

    Returns
    -------
    str
        Column of the evidence table.
    """
    return f"p_{label}"


def in_millionths(probability: Floats) -> Ints:
    """Return probabilities as whole millionths, whose sums do not depend on their order.

    Parameters
    ----------
    probability : array of shape (n,)
        0 to 1.

    Returns
    -------
    array of int of shape (n,)
        0 to 1,000,000.
    """
    return np.rint(probability * MILLION).astype(np.int64)


def each_tag_once(tags: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Drop tags that are listed twice.

    Parameters
    ----------
    tags : pandas DataFrame
        With the columns of `key` and ``units``, the probability in millionths.
    key : list of str
        What makes a tag: message, sentence, signal.

    Returns
    -------
    pandas DataFrame
        Sorted by key; of copies the one with the smallest probability, as in a merge.
    """
    return tags.sort_values([*key, "units"], ignore_index=True).drop_duplicates(key, ignore_index=True)


def smallest_of_each_key(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep one row a supplier and message, the smallest, and sort by key.

    Parameters
    ----------
    rows : pandas DataFrame
        Rows of an evidence table, in any order.

    Returns
    -------
    pandas DataFrame
        Unique keys, sorted. A tie goes to the earliest day, then the smallest thread id, then the other columns: a
        minimum in a total order, so it does not matter in which order or grouping rows arrive.
    """
    twice = rows.duplicated(KEY, keep=False).to_numpy()
    if twice.any():
        order = [*KEY, "day", "thread_id", *(name for name in rows.columns if name not in {*KEY, "day", "thread_id"})]
        kept = rows[twice].sort_values(order).drop_duplicates(KEY)
        rows = pd.concat([rows[~twice], kept])
    return rows.sort_values(KEY, ignore_index=True)


def _messages(exposure: pd.DataFrame) -> pd.DataFrame:
    _require_columns("exposure", exposure, EXPOSURE_COLUMNS)
    rows = pd.DataFrame({"supplier": _names("exposure", exposure, "supplier")})
    rows["message_id"] = _names("exposure", exposure, "message_id")
    thread = exposure["thread_id"].reset_index(drop=True).astype("str")
    # A message that no scan has put into a thread is a thread of its own.
    rows["thread_id"] = thread.where(thread.notna() & (thread != ""), rows["message_id"])
    rows["day"] = _days(exposure["date"])
    rows["bulk"] = exposure["bulk"].to_numpy(dtype=bool)
    for name in ("sentences", "ineligible"):
        rows[name] = _counts("exposure", exposure, name)
    return rows


def _checked_tags(tags: pd.DataFrame, rows: pd.DataFrame, signals: Sequence[Signal]) -> pd.DataFrame:
    """Return row, sentence, signal (numbers) and units (millionths) of every tag once, sorted."""
    _require_columns("tags", tags, TAG_COLUMNS)
    labels = pd.Index([signal.label for signal in signals])
    names = _names("tags", tags, "signal")
    signal = labels.get_indexer(pd.Index(names))
    if (signal < 0).any():
        raise InputError(f"got signal {names[signal < 0].iloc[0]!r}, expected one of {', '.join(labels)}; map it first")
    probability = tags["probability"].to_numpy(dtype=np.float64)
    bad = ~((probability >= 0) & (probability <= 1))  # NaN is bad as well
    if bad.any():
        raise InputError(f"got probability {probability[bad][0]}, expected 0 to 1; calibrate or drop these tags")
    found = pd.DataFrame(
        {
            "row": _row_of_each_tag(tags, rows),
            "sentence": _counts("tags", tags, "sentence"),
            "signal": signal,
            "units": in_millionths(probability),
        }
    )
    found = each_tag_once(found, ["row", "sentence", "signal"])
    over = _sentences_with_a_tag(found, len(rows)) > rows["sentences"].to_numpy()
    if over.any():
        raise InputError(
            f"got more tagged than eligible sentences in message {rows['message_id'][over].iloc[0]!r}, expected each "
            "tagged sentence to be counted in 'sentences'; count exposure and tags by the same rule"
        )
    return found


def _row_of_each_tag(tags: pd.DataFrame, rows: pd.DataFrame) -> Ints:
    suppliers, messages = pd.Index(rows["supplier"].unique()), pd.Index(rows["message_id"].unique())
    tag_supplier, tag_message = _names("tags", tags, "supplier"), _names("tags", tags, "message_id")
    supplier, message = suppliers.get_indexer(pd.Index(tag_supplier)), messages.get_indexer(pd.Index(tag_message))
    keys = suppliers.get_indexer(pd.Index(rows["supplier"])).astype(np.int64) * len(messages)
    keys += messages.get_indexer(pd.Index(rows["message_id"]))
    row: Ints = pd.Index(keys).get_indexer(pd.Index(supplier.astype(np.int64) * len(messages) + message)).astype(np.int64)
    lost = (supplier < 0) | (message < 0) | (row < 0)
    if lost.any():
        raise InputError(
            f"got {int(lost.sum())} tags without exposure (first: message {tag_message[lost].iloc[0]!r}, supplier "
            f"{tag_supplier[lost].iloc[0]!r}), expected every tagged message in exposure; add its sentence counts"
        )
    return row


def _sentences_with_a_tag(found: pd.DataFrame, n_rows: int) -> Ints:
    first = ~found.duplicated(["row", "sentence"]).to_numpy()
    count: Ints = np.bincount(found["row"].to_numpy()[first], minlength=n_rows).astype(np.int64)
    return count


def _require_columns(what: str, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise InputError(f"got {what} without {', '.join(missing)}, expected the columns {', '.join(columns)}; add them")


def _names(what: str, frame: pd.DataFrame, column: str) -> pd.Series[str]:
    names = frame[column].reset_index(drop=True)
    empty = names.isna() | (names.astype("str") == "")
    if empty.any():
        raise InputError(
            f"got {int(empty.sum())} rows of {what} without a {column}, expected one in every row; drop these rows"
        )
    return names.astype("str")


def _counts(what: str, frame: pd.DataFrame, column: str) -> Ints:
    values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    bad = ~((values >= 0) & (values < 2**31) & (np.floor(values) == values))
    if bad.any():
        raise InputError(f"got {values[bad][0]} in {what} {column!r}, expected whole numbers >= 0; correct these rows")
    return values.astype(np.int64)


def _days(dates: pd.Series) -> Ints:
    """Return UTC days since 1970-01-01, `UNDATED` where there is no date."""
    if dates.isna().all():
        return np.full(len(dates), UNDATED, dtype=np.int64)
    if not isinstance(dates.dtype, pd.DatetimeTZDtype):
        raise InputError(f"got dates of type {dates.dtype}, expected times with a zone; use pandas.to_datetime(utc=True)")
    moments = dates.dt.tz_convert("UTC").dt.as_unit("us").to_numpy(dtype="datetime64[us]").astype(np.int64)
    days = np.where(dates.isna().to_numpy(), UNDATED, moments // _MICROSECONDS_A_DAY)
    beyond = (days != UNDATED) & ((days < _FIRST_DAY) | (days > _LAST_DAY))
    if beyond.any():
        raise InputError("got a date outside the years 1 to 9999, expected a plausible one; set it to NaT")
    return days
