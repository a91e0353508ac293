"""Zones and sentences that the first pass found, kept for the second: finding them is half of the work of cleaning."""

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
        With both, where it could be read.

    Returns
    -------
    dict
        A row of `ZONES`; no text of the message is in it, but the people it quotes.
    """
    zones, sentences = (item.zones or (), item.sentences or ()) if isinstance(item, Message) else ((), ())
    return {
        "zones": _json([_flat(zone) for zone in zones]),
        "sentences": _json([[each.start, each.end, each.paragraph] for each in sentences]),
    }


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
    return replace(
        message,
        zones=tuple(_zone(*each) for each in json.loads(zones)),
        sentences=tuple(
            Sentence(number, start, end, message.text[start:end], "new", paragraph)
            for number, (start, end, paragraph) in enumerate(json.loads(sentences))
        ),
    )


def _json(value: list[list[str | int]] | list[list[int]]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _flat(zone: Zone) -> list[str | int]:
    known: list[str | int] = [zone.kind, zone.start, zone.end]
    return known if zone.author is None else [*known, zone.author.name, zone.author.address]


def _zone(kind: ZoneKind, start: int, end: int, *author: str) -> Zone:
    return Zone(kind, start, end, Party(*author) if author else None)
