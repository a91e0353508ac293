"""Evidence: the mergeable sufficient statistics that every index is computed from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from partnersignal.errors import InputError
from partnersignal.index.arrays import Ints
from partnersignal.index.collecting import KEY, UNDATED, collect_rows, mass_column, smallest_of_each_key
from partnersignal.signals import Signal, default_signals

_TEXTS = ("supplier", "message_id", "thread_id")


def evidence_schema(signals: Sequence[Signal]) -> pa.Schema:
    """Return the columns of an evidence table.

    Parameters
    ----------
    signals : sequence of Signal
        The taxonomy.

    Returns
    -------
    pyarrow Schema
        ``supplier, message_id, thread_id``; ``day`` (UTC days since 1970-01-01, null where undated); ``bulk``;
        ``sentences`` (eligible) and ``ineligible``; ``tagged_partner`` and ``tagged_vendor`` (sentences with a tag of
        that side); and one ``p_<label>`` a signal, the sum of its probabilities in millionths. Nothing names a person.
    """
    names = [pa.field(name, pa.string(), nullable=False) for name in _TEXTS]
    counts = ("sentences", "ineligible", "tagged_partner", "tagged_vendor")
    sums = tuple(mass_column(signal.label) for signal in signals)
    return pa.schema(
        [
            *names,
            pa.field("day", pa.int32()),
            pa.field("bulk", pa.bool_(), nullable=False),
            *(pa.field(name, pa.int64(), nullable=False) for name in counts + sums),
        ]
    )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found in which message, for which supplier: integers only, one row a supplier and message.

    Evidence forms an idempotent commutative monoid under `merge`: shards may be collected in any order and grouping,
    and twice, and the table is the same bit by bit. Threads, saturation, caps, ages and the prior come afterwards.

    Attributes
    ----------
    signals : tuple of Signal
        The taxonomy that the tags were made with.
    facts : pyarrow Table of shape (n_messages, 9)
        The columns of `evidence_schema` without the sums, sorted by supplier and message, each pair once; ``thread_id``
        is null where the message names its thread, as most do.
    sums : pyarrow Table of shape (n_sums, 3)
        The sums above 0, few as tags are: ``signal`` (its place in `signals`), ``row`` of `facts`, ``units`` (millionths);
        sorted by signal and row.
    """

    signals: tuple[Signal, ...]
    facts: pa.Table
    sums: pa.Table

    @classmethod
    def collect(cls, exposure: pd.DataFrame, tags: pd.DataFrame, signals: Sequence[Signal] | None = None) -> Evidence:
        """Count exposure and tags of one shard.

        Parameters
        ----------
        exposure : pandas DataFrame of shape (n_messages, 7)
            supplier, message_id, thread_id (empty: the message is a thread of its own), date (with zone, may be NaT),
            bulk (bool), sentences (eligible ones: attributed to the supplier, in a zone and language that can be
            tagged) and ineligible (the others). One row a supplier and message.
        tags : pandas DataFrame of shape (n_tags, at least 5)
            message_id, sentence, supplier, signal, probability (0 to 1); other columns are ignored.
        signals : sequence of Signal, optional
            The taxonomy; by default the 20 signals of the library.

        Returns
        -------
        Evidence
            Its table. Probabilities are rounded to millionths, so that sums do not depend on their order.

        Raises
        ------
        InputError
            If a column is missing or holds values that cannot be counted, a signal is unknown, a tag has no
            exposure, or more sentences are tagged than eligible.
        """
        taxonomy = default_signals() if signals is None else tuple(signals)
        return cls._packed(taxonomy, _to_table(taxonomy, collect_rows(exposure, tags, taxonomy)))

    @classmethod
    def merge(cls, evidences: Iterable[Evidence]) -> Evidence:
        """Unite shards on (supplier, message).

        Parameters
        ----------
        evidences : iterable of Evidence
            Shards, in any order; the same message may come in several. Without any, the result is empty.

        Returns
        -------
        Evidence
            Each supplier and message once; where copies differ, the one with the smallest (day, thread id, ...),
            dated before undated.

        Raises
        ------
        InputError
            If the shards were tagged with different signals.
        """
        shards = list(evidences)
        signals = shards[0].signals if shards else default_signals()
        if any(shard.signals != signals for shard in shards):
            raise InputError("got evidence of different signals, expected one taxonomy; tag all shards with one model")
        table = pa.concat_tables([shard.table for shard in shards] or [evidence_schema(signals).empty_table()])
        return cls._united(signals, table)

    @classmethod
    def of_suppliers(cls, parts: Iterable[Evidence], signals: Sequence[Signal]) -> Evidence:
        """Put evidence of different suppliers one behind the other, which takes no memory beside it.

        Parameters
        ----------
        parts : iterable of Evidence
            Each of suppliers whose names come after those of the part before.
        signals : sequence of Signal
            The taxonomy of all parts.

        Returns
        -------
        Evidence
            As from `merge`.
        """
        held = list(parts) or [cls._packed(tuple(signals), evidence_schema(signals).empty_table())]
        before = np.cumsum([0, *map(len, held)])
        sums = pa.concat_tables(
            part.sums.set_column(1, "row", pc.add(part.sums["row"], pa.scalar(int(shift), pa.int32())))
            for part, shift in zip(held, before[:-1], strict=True)
        )
        facts = pa.concat_tables(part.facts for part in held).unify_dictionaries()
        return cls(tuple(signals), facts, sums.sort_by([("signal", "ascending"), ("row", "ascending")]))

    @classmethod
    def from_table(cls, table: pa.Table, signals: Sequence[Signal] | None = None) -> Evidence:
        """Take up a stored table again.

        Parameters
        ----------
        table : pyarrow Table
            The `table` of an evidence, for example read from Parquet; rows in any order.
        signals : sequence of Signal, optional
            The taxonomy; by default the 20 signals of the library.

        Returns
        -------
        Evidence
            Checked and sorted.

        Raises
        ------
        InputError
            If the columns are not those of `evidence_schema`, or hold what does not fit them.
        """
        taxonomy = default_signals() if signals is None else tuple(signals)
        schema = evidence_schema(taxonomy)
        if table.schema.names != schema.names:
            differ = sorted(set(table.schema.names) ^ set(schema.names)) or ["their order"]
            raise InputError(f"got an evidence table that differs in {', '.join(differ)}; collect it again")
        try:
            return cls._united(taxonomy, table.cast(schema))
        except (ValueError, pa.ArrowNotImplementedError) as error:
            raise InputError(f"got an evidence table with values that do not fit ({error}); collect it again") from error

    @classmethod
    def _united(cls, signals: tuple[Signal, ...], table: pa.Table) -> Evidence:
        """Keep one row a supplier and message."""
        twice = table.select(KEY).to_pandas().duplicated(keep=False).to_numpy()
        if twice.any():
            copies = table.filter(twice)
            rows = copies.set_column(3, "day", pc.fill_null(copies["day"], UNDATED)).to_pandas()
            table = pa.concat_tables([table.filter(~twice), _to_table(signals, smallest_of_each_key(rows))])
        return cls._packed(signals, table)

    @classmethod
    def _packed(cls, signals: tuple[Signal, ...], table: pa.Table) -> Evidence:
        """Bring a table into the one form that equal evidence has bit by bit: in order, and no larger than need be.

        As one table of half a million messages it took 290 bytes a row, two thirds of them sums of 0.
        """
        ordered = table.sort_by([(name, "ascending") for name in KEY]).combine_chunks().replace_schema_metadata(None)
        found = [ordered[mass_column(signal.label)].to_numpy() for signal in signals]
        rows = [np.flatnonzero(units) for units in found]
        sums = {
            "signal": np.repeat(np.arange(len(signals), dtype=np.int32), [len(each) for each in rows]),
            "row": np.concatenate([np.zeros(0, np.int32), *rows]).astype(np.int32),
            "units": np.concatenate([np.zeros(0, np.int64), *(units[at] for units, at in zip(found, rows, strict=True))]),
        }
        facts = ordered.drop_columns([mass_column(signal.label) for signal in signals])
        named = pc.if_else(pc.equal(facts["thread_id"], facts["message_id"]), pa.scalar(None, pa.string()), facts["thread_id"])
        facts = facts.set_column(2, pa.field("thread_id", pa.string()), named)
        return cls(signals, facts.cast(_facts_schema(facts.schema)), pa.table(sums))

    @property
    def table(self) -> pa.Table:
        """Return all of it as one table.

        Returns
        -------
        pyarrow Table of shape (n_messages, 9 + n_signals)
            The columns of `evidence_schema`.
        """
        schema = evidence_schema(self.signals)
        sums = [pa.array(self.numbers(mass_column(signal.label))) for signal in self.signals]
        facts = [self.texts(name) if name in _TEXTS else self.facts[name] for name in self.facts.column_names]
        return pa.table([*facts, *sums], names=schema.names).cast(schema)

    @property
    def days(self) -> Ints:
        """Return the UTC day of each message since 1970-01-01, `UNDATED` where it has none."""
        days: Ints = pc.fill_null(self.facts["day"], UNDATED).to_numpy().astype(np.int64, copy=False)
        return days

    def numbers(self, column: str) -> Ints:
        """Return an integer or bool column of `table`.

        Parameters
        ----------
        column : str
            Name of a column without nulls.

        Returns
        -------
        array of shape (n_messages,)
            Its values.
        """
        if column in self.facts.column_names:
            return np.asarray(self.facts[column].to_numpy(), dtype=np.int64)
        number = [mass_column(signal.label) for signal in self.signals].index(column)
        start, stop = np.searchsorted(self.sums["signal"].to_numpy(), [number, number + 1])
        own = self.sums[int(start) : int(stop)]
        values = np.zeros(len(self), dtype=np.int64)
        values[own["row"].to_numpy()] = own["units"].to_numpy()
        return values

    def texts(self, column: str, start: int = 0, stop: int | None = None) -> pa.ChunkedArray:
        """Return a text column of `table`, or some rows of it.

        Parameters
        ----------
        column : str
            ``supplier``, ``message_id`` or ``thread_id``.
        start, stop : int, optional
            The first row, and the first not to return; all by default.

        Returns
        -------
        pyarrow ChunkedArray of shape (n_rows,)
            Its values; those of the supplier by number.
        """
        rows = self.facts[start:stop]
        return pc.coalesce(rows[column], rows["message_id"]) if column == "thread_id" else rows[column]

    def codes(self, column: str) -> tuple[tuple[str, ...], Ints]:
        """Return a text column as numbers.

        Parameters
        ----------
        column : str
            Name of a text column.

        Returns
        -------
        values : tuple of str
            Its distinct values, sorted.
        codes : array of int of shape (n_messages,)
            The number of each row's value among them.
        """
        encoded = self._encoded(column)
        return tuple(sorted(encoded.dictionary.to_pylist())), _ranks(encoded)

    def ranks(self, column: str) -> Ints:
        """Return a text column as numbers, without making a Python object of each text.

        Parameters
        ----------
        column : str
            Name of a text column.

        Returns
        -------
        array of int of shape (n_messages,)
            The number of each row's value among the distinct values, sorted.
        """
        return _ranks(self._encoded(column))

    def _encoded(self, column: str) -> pa.DictionaryArray:
        texts = self.texts(column).combine_chunks()
        return texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.facts.num_rows)

    def __repr__(self) -> str:
        """Return a short form."""
        return f"<Evidence of {len(self)} messages, {len(self.codes('supplier')[0])} suppliers>"


def _to_table(signals: tuple[Signal, ...], rows: pd.DataFrame) -> pa.Table:
    schema = evidence_schema(signals)
    days = rows["day"].to_numpy(dtype=np.int64)
    columns = [pa.array(days, mask=days == UNDATED) if name == "day" else pa.array(rows[name]) for name in schema.names]
    return pa.table(columns, names=schema.names).cast(schema)


def _facts_schema(schema: pa.Schema) -> pa.Schema:
    """Return how facts are held: suppliers by number, and whole numbers, which end at 2^31, in four bytes."""
    held = {pa.int64(): pa.int32()}
    fields = [field.with_type(held.get(field.type, field.type)) for field in schema]
    fields[schema.get_field_index("supplier")] = pa.field("supplier", pa.dictionary(pa.int32(), pa.string()), nullable=False)
    return pa.schema(fields)


def _ranks(encoded: pa.DictionaryArray) -> Ints:
    """Return the place of each value among the distinct ones, sorted."""
    order = pc.sort_indices(encoded.dictionary)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order.to_numpy()] = np.arange(len(order))
    ranks: Ints = rank[encoded.indices.to_numpy()]
    return ranks
