"""The attribution set: written notes and threads, each sentence with the supplier it is about."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from partnersignal.cleaning import split_sentences, zoned
from partnersignal.messages import Message, Sentence
from partnersignal.reading import open_export
from partnersignal.suppliers import SupplierDirectory, attribute, load_directory
from partnersignal.suppliers.directory import OURS
from partnersignal.suppliers.mailboxes import person_of

FOLDER = Path(__file__).with_name("data") / "attribution"
FRESH = FOLDER / "fresh"
BLIND = FOLDER / "blind"
FOURTH = FOLDER / "fourth"
FIFTH = FOLDER / "fifth"
SIXTH = FOLDER / "sixth"
LATER = tuple(FOLDER / name for name in ("seventh", "eighth", "ninth", "tenth"))


@dataclass(frozen=True)
class Answer:
    """One expected sentence and what was found."""

    case: int
    kind: str
    name: str
    sentence: str
    expected: str | None
    voice: str | None
    found: str | None
    found_voice: str | None

    @property
    def right(self) -> bool:
        return self.found == self.expected

    @property
    def wrong(self) -> bool:
        """A supplier credited or blamed that is not the one."""
        return self.found is not None and not self.right

    @property
    def missed(self) -> bool:
        return self.found is None and not self.right


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").strip("\n").split("\n")


def answers(folder: Path = FOLDER, *, drafted: bool = False) -> list[Answer]:
    """Attribute a whole set; `drafted` lists the people of its mails in the supplier file, as `partnersignal suppliers` does."""
    directory = load_directory(folder / "directory.toml")
    rows = [json.loads(line) for name in ("notes", "threads") for line in _lines(folder / f"{name}.jsonl")]
    if drafted:
        directory = _with_people(directory, [zoned(_message(row)) for row in rows if row["kind"] != "notes"])
    return [answer for row in rows for answer in _answers(row, directory)]


def _with_people(directory: SupplierDirectory, mails: list[Message]) -> SupplierDirectory:
    seen = {party for mail in mails for party in (mail.sender, *(zone.author for zone in mail.zones or ())) if party}
    known = {
        party.address: owner for party in seen if (owner := directory.owner(party)) is not None and person_of(party.address)
    }
    suppliers = (
        replace(each, addresses=tuple(sorted({*each.addresses, *(a for a, owner in known.items() if owner == number)})))
        for number, each in enumerate(directory.suppliers)
    )
    ours = tuple(sorted({*directory.our_addresses, *(address for address, owner in known.items() if owner == OURS)}))
    return replace(directory, suppliers=tuple(suppliers), our_addresses=ours)


def _answers(row: dict, directory: SupplierDirectory) -> Iterator[Answer]:
    message = zoned(_message(row))
    sentences = _sentences(message)
    found = list(zip(sentences, attribute(message, sentences, directory), strict=True))
    bare = [place for place, character in enumerate(message.text) if character.isalnum()]
    words = "".join(message.text[place] for place in bare).lower()
    at = 0
    for sentence, supplier, *voice in row["expected"]:
        wanted = "".join(character for character in sentence if character.isalnum()).lower()
        at = max(words.find(wanted, at), words.find(wanted) if words.find(wanted, at) < 0 else 0)
        start, end = bare[at], bare[min(at + len(wanted), len(bare)) - 1]
        attribution = max(found, key=lambda each: min(each[0].end, end) - max(each[0].start, start), default=(None, None))[1]
        yield Answer(
            row["id"], row["kind"], row["case"], sentence, supplier, voice[0] if voice else None,
            attribution.supplier if attribution else None, attribution.voice if attribution else None,
        )  # fmt: skip


def _message(row: dict) -> Message:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("note.txt" if row["kind"] == "notes" else "mail.eml")
        path.write_text(row["text"] if row["kind"] == "notes" else row["raw"], encoding="utf-8")
        (message,) = open_export(path)
    assert isinstance(message, Message)
    return message


def _sentences(message: Message) -> tuple[Sentence, ...]:
    """The sentences of all authors: those of quotes too, which a run counts at their first author's."""
    zones = message.zones or ()
    opened = tuple(replace(zone, kind="new") if zone.kind in ("quoted", "forwarded") else zone for zone in zones)
    kinds = {zone.start: zone.kind for zone in zones}
    starts = sorted(kinds)
    return tuple(
        replace(each, zone=kinds[max(start for start in starts if start <= each.start)])
        for each in split_sentences(message.text, opened)
    )
