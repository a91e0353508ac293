"""First pass: from each message the few facts that the plan needs of the whole export."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pandas as pd

from partnersignal.conversations.kinds import is_bulk, message_kind
from partnersignal.conversations.words import Words, pack
from partnersignal.messages import Message, Unreadable

PACKED = ("said", "quoted", "stretches", "blocks")  # columns of hashes, eight bytes each
COLUMNS = {
    "position": "int64", "message_id": "object", "content": "object", "given_thread": "object", "in_reply_to": "object",
    "references": "object", "date": "datetime64[us, UTC]", "kind": "object", "bulk": "bool", "sender": "object",
    "recipient_domains": "object", "source": "object", "unreadable": "object", "said": "object", "quoted": "object",
    "stretches": "object", "blocks": "object",
}  # fmt: skip


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


def scan_messages(messages: Iterable[Message | Unreadable], words: Callable[[Message], Words] = no_words) -> pd.DataFrame:
    """Note the facts of a shard's messages.

    Parameters
    ----------
    messages : iterable of Message or Unreadable
        A shard, in order.
    words : callable, default no_words
        Hashes a message's words; it knows about zones, which this room does not.

    Returns
    -------
    pandas.DataFrame
        A row an item, with `COLUMNS`; `unreadable` holds the reason where there was no message.
    """
    rows = [_row(position, item, words) for position, item in enumerate(messages)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _row(position: int, item: Message | Unreadable, words: Callable[[Message], Words]) -> dict[str, Any]:
    if isinstance(item, Unreadable):
        empty = dict.fromkeys(PACKED, b"")
        return {"position": position, "source": item.source, "unreadable": item.reason, "bulk": False, **empty}
    hashed = words(item)
    return {
        "position": position,
        "message_id": item.message_id,
        "content": content_hash(item),
        "given_thread": item.thread_id,
        "in_reply_to": item.in_reply_to,
        "references": " ".join(item.references),
        "date": item.date,
        "kind": message_kind(item),
        "bulk": is_bulk(item),
        "sender": item.sender.address if item.sender else "",
        "recipient_domains": " ".join(sorted({party.domain for party in item.recipients if party.domain})),
        "source": item.source,
        "unreadable": "",
        "said": pack(hashed.said),
        "quoted": pack(each for _, each in hashed.quoted),
        "stretches": pack(stretch for stretch, _ in hashed.quoted),
        "blocks": pack(hashed.blocks),
    }


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
    words = re.sub(r"\W+", " ", message.text).strip().casefold()
    if not words:
        return ""
    sender = message.sender.address if message.sender else ""
    minute = _minute(message.date)
    return hashlib.blake2b(f"{sender}\x1f{minute}\x1f{words}".encode("utf-8", "replace"), digest_size=16).hexdigest()


def _minute(date: datetime | None) -> str:
    return f"{date:%Y-%m-%dT%H:%M}" if date else ""
