"""Date headers and table cells to UTC, with the original offset and a quality flag."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from partnersignal.messages import DateQuality

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"\d{4}-\d\d-\d\d")

ParsedDate = tuple[datetime | None, DateQuality, int | None]


def parse_date(value: str | None) -> ParsedDate:
    """Read a date as mail headers (RFC 5322) or tables (ISO 8601) write it.

    Parameters
    ----------
    value : str or None
        For example ``Tue, 5 Mar 2024 09:12:00 +0100`` or ``2024-03-05 09:12``.

    Returns
    -------
    date : datetime or None
        In UTC; None where missing or unreadable.
    quality : str
        ``ok``; ``no_zone``: read as UTC (also for ``-0000``, which RFC 5322 defines as unknown);
        ``implausible``: before 1990 or after 2099; ``unparsed``; ``missing``.
    offset : int or None
        Original offset from UTC in minutes.
    """
    text = (value or "").strip()
    if not text:
        return None, "missing", None
    parsed = _iso(text[:200]) if _ISO.match(text) else _rfc5322(text[:200])
    if parsed is None:
        return None, "unparsed", None
    moment, offset = parsed
    if not _EARLIEST <= moment < _LATEST:
        return None, "implausible", offset
    return moment, "ok" if offset is not None else "no_zone", offset


def _iso(text: str) -> tuple[datetime, int | None] | None:
    # Databases write a space before the zone, or its name.
    text = re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", re.sub(r"\s*(?:UTC|GMT)$", "+00:00", text))
    try:
        return _to_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _rfc5322(text: str) -> tuple[datetime, int | None] | None:
    # "GMT+0100" is read as GMT by the standard library: keep the number only.
    text = re.sub(r"\b(?:GMT|UTC)\s*(?=[+-]\d{4})", "", text)
    try:
        return _to_utc(parsedate_to_datetime(text))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _to_utc(moment: datetime) -> tuple[datetime, int | None]:
    offset = moment.utcoffset()
    if offset is None:
        return moment.replace(tzinfo=UTC), None
    return moment.astimezone(UTC), int(offset.total_seconds() // 60)
