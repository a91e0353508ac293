"""First pass: from each message the few facts that the plan needs of the whole export."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pyarrow as pa

from partnersignal.conversations.kinds import is_bulk, message_kind
from partnersignal.conversations.words import Words, words_of
from partnersignal.messages import Message, Unreadable

_HASHES = pa.list_(pa.int64())
SCAN = pa.schema(
    [
        ("message_id", pa.string()), ("content", pa.string()), ("links", pa.list_(pa.string())),
        ("date", pa.timestamp("us", tz="UTC")), ("kind", pa.string()), ("bulk", pa.bool_()), ("sender", pa.string()),
        ("recipient_domains", pa.string()), ("source", pa.string()), ("unreadable", pa.string()),
        ("said", _HASHES), ("quoted", _HASHES), ("stretches", _HASHES), ("blocks", _HASHES),
    ]
)  # fmt: skip
_NOTHING = {name: [] if pa.types.is_list(kind) else "" for name, kind in zip(SCAN.names, SCAN.types, strict=True)}


def no_words(message: Message) -> Words:
    """Hash nothing: for a plan of threads and duplicates only.

    Parameters
    ----------
    message : Message
        As read.

    Returns
    -------
    Words
        Empty.
    """
    del message
    return Words()


def scan_messages(messages: Iterable[Message | Unreadable], words: Callable[[Message], Words] = no_words) -> pa.RecordBatch:
    """Note the facts of some messages.

    Parameters
    ----------
    messages : iterable of Message or Unreadable
        Of a shard, in order.
    words : callable, default no_words
        Hashes a message's words; it knows about zones, which this room does not.

    Returns
    -------
    pyarrow.RecordBatch
        A row an item, with the columns of `SCAN`; `unreadable` holds the reason where there was no message.
    """
    return pa.RecordBatch.from_pylist([_row(item, words) for item in messages], schema=SCAN)


def _row(item: Message | Unreadable, words: Callable[[Message], Words]) -> dict[str, Any]:
    if isinstance(item, Unreadable):
        return _NOTHING | {"date": None, "bulk": False, "source": item.source, "unreadable": item.reason}
    hashed = words(item)
    return {
        "message_id": item.message_id,
        "content": content_hash(item),
        "links": _links(item),
        "date": item.date,
        "kind": message_kind(item),
        "bulk": is_bulk(item),
        "sender": item.sender.address if item.sender else "",
        "recipient_domains": " ".join(sorted({party.domain for party in item.recipients if party.domain})),
        "source": item.source,
        "unreadable": "",
        "said": hashed.said,
        "quoted": [each for _, each in hashed.quoted],
        "stretches": [stretch for stretch, _ in hashed.quoted],
        "blocks": hashed.blocks,
    }


def _links(message: Message) -> list[str]:
    """Return the names of what a message hangs together with."""
    given = f"thread:{message.thread_id}" if message.thread_id else ""
    return [name for name in (message.in_reply_to, *message.references, given) if name]


def content_hash(message: Message) -> str:
    """Hash what two copies of one message share whatever their Message-IDs.

    Parameters
    ----------
    message : Message
        As read.

    Returns
    -------
    str
        Of sender, date to the minute and the words of the body; empty where the message has no words.
    """
    words = " ".join(words_of(message.text)).casefold()
    if not words:
        return ""
    sender = message.sender.address if message.sender else ""
    minute = _minute(message.date)
    return hashlib.blake2b(f"{sender}\x1f{minute}\x1f{words}".encode("utf-8", "replace"), digest_size=16).hexdigest()


def _minute(date: datetime | None) -> str:
    return f"{date:%Y-%m-%dT%H:%M}" if date else ""
