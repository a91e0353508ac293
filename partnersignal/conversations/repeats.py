"""What is repeated over an export: quotes whose original is missing, and the boilerplate of senders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partnersignal.database import execute

if TYPE_CHECKING:
    import duckdb

# A paragraph is boilerplate where one sender has it in this many threads, beside as many different texts: two happen to
# people who forward their own mail or send it again; from three on, what repeats in Enron is footers (benchmarks/zones.md).
LEAST_REPEATS = 3
# A quote of which half is known is a copy of a message of the export; the rest was cut or wrapped otherwise.
_KNOWN_SHARE = 0.5

_QUOTES = """
CREATE TABLE quotes AS
SELECT place, rank, unnest(quoted) AS hash, unnest(stretches) AS stretch
FROM items JOIN threaded USING (place) WHERE kind = 'email' AND NOT duplicate;

CREATE TABLE unsaid AS
SELECT hash FROM (SELECT DISTINCT hash FROM quotes) ANTI JOIN (SELECT unnest(said) AS hash FROM items) USING (hash);
"""
_MARKED = "CREATE TABLE marked AS SELECT quotes.*, unsaid.hash IS NULL AS known FROM quotes LEFT JOIN unsaid USING (hash)"
_STRANGE = """
CREATE TABLE strange AS
SELECT place, stretch FROM marked GROUP BY place, stretch HAVING count(*) FILTER (known) < $share * count(*)
"""
_ORPHANS = """
CREATE TABLE orphans AS
SELECT arg_min(place, rank) AS place, hash
FROM marked SEMI JOIN strange USING (place, stretch) WHERE NOT known
GROUP BY hash ORDER BY place, hash;
DROP TABLE quotes; DROP TABLE unsaid; DROP TABLE marked; DROP TABLE strange
"""
# Two copies of one letter have the same words throughout: they make nothing boilerplate. Texts are told apart by a hash of
# 64 bits: for any two of them the chance to be taken for one is below 1e-19.
_PARAGRAPHS = """
CREATE TABLE paragraphs AS
SELECT place, unnest(blocks) AS hash, sender, string_split(sender, '@')[-1] AS domain, thread, hash(said) AS text
FROM items JOIN threaded USING (place) WHERE sender <> '' AND NOT duplicate
"""
# Narrowed one condition at a time: an aggregate of several distinct counts holds a table for each of them.
_GROUPS = "CREATE TABLE {by}_often AS SELECT DISTINCT {by}, hash FROM paragraphs"
_NARROWED = """
CREATE OR REPLACE TABLE {by}_often AS
SELECT {by}, hash FROM (SELECT DISTINCT {by}, hash, {thing} FROM paragraphs SEMI JOIN {by}_often USING ({by}, hash))
GROUP BY {by}, hash HAVING count(*) >= $least
"""
_BOILERPLATE = """
CREATE TABLE boilerplate AS
SELECT place, hash FROM paragraphs SEMI JOIN sender_often USING (sender, hash)
UNION
SELECT place, hash FROM paragraphs SEMI JOIN domain_often USING (domain, hash)
ORDER BY place, hash;
DROP TABLE sender_often; DROP TABLE domain_often; DROP TABLE paragraphs;
"""


def find_repeats(database: duckdb.DuckDBPyConnection) -> None:
    """Tell what each message must do about the hashes of the scan.

    Parameters
    ----------
    database : duckdb.DuckDBPyConnection
        With the tables ``items`` and ``threaded`` of the plan; gets ``orphans`` and ``boilerplate``, each of places and
        hashes.
    """
    execute(database, _QUOTES)
    execute(database, _MARKED)
    execute(database, _STRANGE, {"share": _KNOWN_SHARE})
    execute(database, _ORPHANS)
    execute(database, _PARAGRAPHS)
    for by, things in (("sender", ("thread", "text")), ("domain", ("thread", "text", "sender"))):
        execute(database, _GROUPS.format(by=by))
        for thing in things:
            execute(database, _NARROWED.format(by=by, thing=thing), {"least": LEAST_REPEATS})
    execute(database, _BOILERPLATE)
