"""Tagging of Arrow batches: the shape of Spark's ``mapInArrow``, Dask's and Ray's ``map_batches``, and Parquet's batches."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import pyarrow as pa

from partnersignal.errors import InputError
from partnersignal.tagging.tagger import Tagger, load

TAG_SCHEMA = pa.schema(
    [
        ("message_id", pa.string()), ("sentence", pa.int32()), ("start", pa.int32()), ("end", pa.int32()),
        ("text", pa.string()), ("signal", pa.string()), ("probability", pa.float64()),
    ]
)  # fmt: skip


def tag_batches(
    batches: Iterable[pa.RecordBatch], model: str | os.PathLike[str] | Tagger = "default"
) -> Iterator[pa.RecordBatch]:
    """Tag texts in Arrow batches.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
        With the columns ``message_id`` and ``text``, and, unless all texts are the supplier's own, ``voice``.
    model : str, path or Tagger, default "default"
        As in `load`.

    Yields
    ------
    pyarrow.RecordBatch
        A row a tag, with `TAG_SCHEMA`; one batch for each that came in. A text without a tag has no row; a null
        text is an empty one.

    Raises
    ------
    InputError
        If a column is missing or no text, or a voice is unknown.
    """
    tagger = model if isinstance(model, Tagger) else load(model)
    for batch in batches:
        names = _texts(batch, "message_id", "")
        voices = _texts(batch, "voice", "supplier") if "voice" in batch.schema.names else "supplier"
        tagged = tagger.tag_many(_texts(batch, "text", ""), voices)
        rows = [
            {
                "message_id": name, "sentence": tag.sentence, "start": tag.start, "end": tag.end,
                "text": tag.text, "signal": tag.signal, "probability": tag.probability,
            }
            for name, each in zip(names, tagged, strict=True)
            for tag in each.tags
        ]  # fmt: skip
        yield pa.RecordBatch.from_pylist(rows, schema=TAG_SCHEMA)


def _texts(batch: pa.RecordBatch, column: str, missing: str) -> list[str]:
    if column not in batch.schema.names:
        raise InputError(
            f"got a batch with the columns {', '.join(batch.schema.names)}, expected message_id, text and maybe voice; "
            f"rename or add {column}"
        )
    values = batch.column(column)
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise InputError(f"got the column {column} of type {values.type}, expected text; cast it to string")
    return [missing if value is None else value for value in values.to_pylist()]
