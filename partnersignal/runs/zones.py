"""The zones that the first pass found, kept for the second: finding them is a third of the work of cleaning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from partnersignal.messages import Message, Party, Unreadable, Zone, ZoneKind
from partnersignal.runs.tables import stream_table

ZONES = pa.schema([("zones", pa.string())])
_ROWS = 1_024  # read at a time


def zone_row(item: Message | Unreadable) -> dict[str, str]:
    """Write down the zones of a message.

    Parameters
    ----------
    item : Message or Unreadable
        With its zones, where it could be read.

    Returns
    -------
    dict
        A row of `ZONES`; no text of the message is in it, but the people it quotes.
    """
    zones = (item.zones or ()) if isinstance(item, Message) else ()
    return {"zones": json.dumps([_flat(zone) for zone in zones], ensure_ascii=False, separators=(",", ":"))}


def read_zones(path: Path) -> Iterator[str]:
    """Read the rows of a shard back.

    Parameters
    ----------
    path : pathlib.Path
        Of the table.

    Yields
    ------
    str
        For `with_zones`; one an item.
    """
    for batch in stream_table(path, ZONES.names, _ROWS):
        yield from batch["zones"].to_pylist()


def with_zones(message: Message, row: str) -> Message:
    """Give a message the zones that were found before.

    Parameters
    ----------
    message : Message
        As read.
    row : str
        From `read_zones`.

    Returns
    -------
    Message
        The same with `zones` set.
    """
    return replace(message, zones=tuple(_zone(*each) for each in json.loads(row)))


def _flat(zone: Zone) -> list[str | int]:
    known: list[str | int] = [zone.kind, zone.start, zone.end]
    return known if zone.author is None else [*known, zone.author.name, zone.author.address]


def _zone(kind: ZoneKind, start: int, end: int, *author: str) -> Zone:
    return Zone(kind, start, end, Party(*author) if author else None)
