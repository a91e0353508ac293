"""Builders of messages and exports, shared by the tests of reading, conversations and cleaning."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa

from partnersignal.cleaning import find_zones
from partnersignal.conversations import planned, scan_messages
from partnersignal.conversations.scan import no_words
from partnersignal.conversations.words import Words
from partnersignal.messages import Message, Party, Unreadable

SEPARATOR = b"From ann@acme.example Tue Mar  5 09:12:00 2024\n"
ANN = Party("Ann Lee", "ann@acme.example")
BOB = Party("Bob", "bob@ours.example")


def mail(body: str | bytes = "The disk was full. We added capacity.", **headers: str) -> bytes:
    """Return one e-mail; a header given as an empty string is left out, ``_`` in names stands for ``-``."""
    fields = {
        "From": "Ann Lee <ann@acme.example>",
        "To": "Bob <bob@ours.example>",
        "Date": "Tue, 5 Mar 2024 09:12:00 +0100",
        "Subject": "Disk",
        "Message-ID": "<1@acme.example>",
    }
    fields.update({name.replace("_", "-"): value for name, value in headers.items()})
    head = "".join(f"{name}: {value}\n" for name, value in fields.items() if value)
    return head.encode() + b"\n" + (body.encode() if isinstance(body, str) else body)


def part(content: str, kind: str = "text/plain; charset=utf-8", **headers: str) -> str:
    """Return one part of a multipart message."""
    extra = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return f"Content-Type: {kind}\n{extra}\n{content}"


def multipart(subtype: str, *parts: str, boundary: str = "edge") -> str:
    """Return a multipart entity that holds the parts, its own Content-Type first."""
    inner = "".join(f"--{boundary}\n{each}\n" for each in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\n\n{inner}--{boundary}--\n'


def mail_of(entity: str, **headers: str) -> bytes:
    """Return an e-mail whose content is an entity of `multipart` or `part`."""
    return mail("", **headers).rstrip(b"\n") + b"\n" + entity.encode()


def mboxrd(mails: Iterable[bytes]) -> bytes:
    """Write mails as mboxrd, the reversible dialect: every ``From `` line gets one more ``>``."""
    return b"".join(SEPARATOR + re.sub(rb"(?m)^(>*From )", rb">\1", each) + b"\n\n" for each in mails)


def message(message_id: str = "1@acme.example", **fields: Any) -> Message:
    """Return a message as read."""
    given: dict[str, Any] = {
        "date": datetime(2024, 3, 5, 8, 12, tzinfo=UTC),
        "date_quality": "ok",
        "sender": ANN,
        "recipients": (BOB,),
        "subject": "Disk",
        "text": f"Words of {message_id}.",
    }
    return Message(message_id=message_id, **(given | fields))


def zones_of(text: str) -> list[tuple[str, str]]:
    """Return kind and words of each zone that has words."""
    pairs = ((zone.kind, text[zone.start : zone.end].strip()) for zone in find_zones(text))
    return [(kind, words) for kind, words in pairs if words]


def plan_rows(*shards: list[Message | Unreadable], words: Callable[[Message], Words] = no_words) -> pd.DataFrame:
    """Return what is planned for the messages of all shards."""
    with TemporaryDirectory() as folder, planned(([scan_messages(shard, words)] for shard in shards), Path(folder)) as plan:
        return pa.concat_tables([plan.of_shard(number) for number in range(len(shards))]).to_pandas()
