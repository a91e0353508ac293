"""Zones and sentences that the first pass found, kept for the second: finding them is most of the work of cleaning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from partnersignal.messages import Message, Party, Sentence, Unreadable, Zone, ZoneKind
from partnersignal.runs.tables import stream_table

ZONES = pa.schema([("zones", pa.string()), ("sentences", pa.string())])
_ROWS = 1_024  # read at a time


def zone_row(item: Message | Unreadable) -> dict[str, str]:
    """Write down the zones and sentences of a message.

    Parameters
    ----------
    item : Message or Unreadable
        With its zones, where it could be read, and its sentences, where they could be cut in time.

    Returns
    -------
    dict
        A row of `ZONES`; no text of the message is in it, but the people it quotes.
    """
    zones, sentences = (item.zones or (), item.sentences) if isinstance(item, Message) else ((), ())
    spans = None if sentences is None else [[each.start, each.end, each.paragraph] for each in sentences]
    return {"zones": _json([_flat(zone) for zone in zones]), "sentences": _json(spans)}


def read_zones(path: Path) -> Iterator[tuple[str, str]]:
    """Read the rows of a shard back.

    Parameters
    ----------
    path : pathlib.Path
        Of the table.

    Yields
    ------
    tuple of str
        For `with_zones`; one an item.
    """
    for batch in stream_table(path, ZONES.names, _ROWS):
        yield from zip(batch["zones"].to_pylist(), batch["sentences"].to_pylist(), strict=True)


def with_zones(message: Message, zones: str, sentences: str) -> Message:
    """Give a message the zones and sentences that were found before.

    Parameters
    ----------
    message : Message
        As read.
    zones, sentences : str
        From `read_zones`.

    Returns
    -------
    Message
        The same with both.
    """
    spans = json.loads(sentences)
    cut = None if spans is None else tuple(_sentence(message.text, number, *span) for number, span in enumerate(spans))
    return replace(message, zones=tuple(_zone(*each) for each in json.loads(zones)), sentences=cut)


def _sentence(text: str, number: int, start: int, end: int, paragraph: int) -> Sentence:
    return Sentence(number, start, end, text[start:end], "new", paragraph)


def _json(value: list[list[str | int]] | list[list[int]] | None) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _flat(zone: Zone) -> list[str | int]:
    known: list[str | int] = [zone.kind, zone.start, zone.end]
    return known if zone.author is None else [*known, zone.author.name, zone.author.address]


def _zone(kind: ZoneKind, start: int, end: int, *author: str) -> Zone:
    return Zone(kind, start, end, Party(*author) if author else None)
