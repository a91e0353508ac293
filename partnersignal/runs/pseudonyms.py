"""Pseudonyms: the same person, the same token, and no way back without the key."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from partnersignal.errors import InputError, RunError
from partnersignal.messages import Party
from partnersignal.runs.masks import mask_local_parts, mask_words, name_words
from partnersignal.suppliers import SupplierDirectory
from partnersignal.suppliers.mailboxes import is_shared_mailbox

_SHORTEST_KEY = 16  # bytes
_PSEUDONYM = re.compile(r"person-[0-9a-f]{16}")
# Display names of lists, systems and directories; function words and marks that no person's name holds.
_NO_NAME = re.compile(r"[@=/:\d&]|(?<![^\W_])(?:the|of|for|and|at|from|to|in|your|my)(?![^\W_])", re.I)
_LONGEST_NAME = 5  # words
_FIRST_LAST = re.compile(r"[^\W\d_]{1,40}[._][^\W\d_]{2,40}")

Change = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Pseudonyms:
    """Tokens for persons by HMAC-SHA256.

    Attributes
    ----------
    key : bytes
        Kept by the user, never written to a run.
    """

    key: bytes = field(repr=False)

    def digest(self, text: str) -> str:
        """Return the token of a text.

        Parameters
        ----------
        text : str
            An address or word, in lower case.

        Returns
        -------
        str
            16 hexadecimal digits.
        """
        return hmac.digest(self.key, text.encode("utf-8", "replace"), "sha256").hex()[:16]

    @property
    def fingerprint(self) -> str:
        """Return what tells this key from another one."""
        return self.digest("partnersignal key")

    def address(self, address: str) -> str:
        """Return what stands for an address.

        Parameters
        ----------
        address : str
            Lower-case address.

        Returns
        -------
        str
            ``person-TOKEN@domain``; shared mailboxes and pseudonyms stay as they are.
        """
        local, at, domain = address.rpartition("@")
        if not at or is_shared_mailbox(address) or _PSEUDONYM.fullmatch(local):
            return address
        return f"person-{self.digest(address)}@{domain}"

    def party(self, party: Party) -> Party:
        """Return what stands for a party.

        Parameters
        ----------
        party : Party
            A sender or recipient.

        Returns
        -------
        Party
            Without its name; a name without an address becomes a token.
        """
        if party.address or not party.name or _PSEUDONYM.fullmatch(party.name):
            return Party("" if party.address else party.name, self.address(party.address))
        return Party(f"person-{self.digest(party.name.casefold())}", "")

    def directory(self, directory: SupplierDirectory) -> SupplierDirectory:
        """Return a directory that knows the pseudonyms.

        Parameters
        ----------
        directory : SupplierDirectory
            Who is who.

        Returns
        -------
        SupplierDirectory
            With pseudonyms for single addresses and executives.
        """
        suppliers = tuple(
            replace(
                each, addresses=tuple(map(self.address, each.addresses)), executives=tuple(map(self.address, each.executives))
            )
            for each in directory.suppliers
        )
        return replace(directory, suppliers=suppliers, our_addresses=tuple(map(self.address, directory.our_addresses)))


def read_key(path: str | os.PathLike[str]) -> Pseudonyms:
    """Read a key file.

    Parameters
    ----------
    path : path
        Any file of at least 16 bytes, white space at its ends aside.

    Returns
    -------
    Pseudonyms
        Made with it.

    Raises
    ------
    InputError
        If it cannot be read or is too short.
    """
    try:
        key = Path(path).read_bytes().strip()
    except OSError as error:
        raise InputError(
            f"got the key file {path}, which cannot be read ({error.strerror}); expected a file of random bytes"
        ) from error
    if len(key) < _SHORTEST_KEY:
        raise InputError(
            f"got the key file {path} of {len(key)} bytes, expected {_SHORTEST_KEY} or more; make one: openssl rand -hex 32"
        )
    return Pseudonyms(key)


def key_of_run(pseudonyms: Pseudonyms | None, fingerprint: str) -> Pseudonyms | None:
    """Return the key if the run has need of it.

    Parameters
    ----------
    pseudonyms : Pseudonyms or None
        What the user gave.
    fingerprint : str
        Of the run's key, empty where people keep their names.

    Returns
    -------
    Pseudonyms or None
        None where there is none, or the run has no pseudonyms.

    Raises
    ------
    RunError
        If the run was made with another key.
    """
    if pseudonyms is not None and fingerprint and pseudonyms.fingerprint != fingerprint:
        raise RunError("got another key than the run was made with; give the key file it was scored with")
    return pseudonyms if fingerprint else None


def name_digests(pseudonyms: Pseudonyms, messages: Iterable[pd.DataFrame], directory: SupplierDirectory) -> frozenset[str]:
    """Return the tokens of the words that make the names of the people of an export.

    Parameters
    ----------
    pseudonyms : Pseudonyms
        The key.
    messages : iterable of pandas.DataFrame
        With sender, recipients and bulk, as read.
    directory : SupplierDirectory
        Words of the names of organisations are left out.

    Returns
    -------
    frozenset of str
        Tokens, so that a run can keep them.
    """
    organisations = {word for s in directory.suppliers for name in (s.name, *s.aliases) for word in name_words(name)}
    words: set[str] = set()
    for frame in messages:
        bulk = {Party.parse(cell) for cell in frame["sender"][frame["bulk"]].dropna().unique()}
        cells = pd.concat([frame["sender"][~frame["bulk"]], frame["recipients"]]).dropna().unique()
        people = {Party.parse(each) for cell in cells for each in cell.split("; ")}
        # A newsletter's name looks like a person's; its address seldom does.
        people |= {party for party in bulk if any(word in party.address.partition("@")[0] for word in name_words(party.name))}
        for party in people:
            words |= _words_of_person(party) - organisations - name_words(party.domain)
    return frozenset(pseudonyms.digest(word) for word in words)


def _words_of_person(party: Party) -> frozenset[str]:
    local = party.address.partition("@")[0]
    if _PSEUDONYM.fullmatch(local or party.name) or (party.address and is_shared_mailbox(party.address)):
        return frozenset()
    found = frozenset() if _NO_NAME.search(party.name) or len(party.name.split()) > _LONGEST_NAME else name_words(party.name)
    return found | (name_words(local) if _FIRST_LAST.fullmatch(local) and not _NO_NAME.search(local) else frozenset())


def hiding(pseudonyms: Pseudonyms, names: frozenset[str]) -> Mapping[str, Change]:
    """Return what to do to each table of a run so that it names no person.

    Parameters
    ----------
    pseudonyms : Pseudonyms
        The key.
    names : frozenset of str
        From `name_digests`.

    Returns
    -------
    mapping of str to callable
        Table to change. Doing it twice does no more than once.
    """
    seen: dict[str, bool] = {}

    def _hidden(word: str) -> bool:
        if word not in seen:
            seen[word] = pseudonyms.digest(word) in names
        return seen[word]

    def _text(cell: str) -> str:
        return mask_words(mask_local_parts(cell), _hidden)

    def _people(cell: str) -> str:
        return "; ".join(str(pseudonyms.party(Party.parse(each))) for each in cell.split("; ")) if cell else cell

    def _messages(frame: pd.DataFrame) -> pd.DataFrame:
        changes = {"sender": _people, "recipients": _people, "subject": _text, "text": _text}
        return frame.assign(**{name: frame[name].map(change, na_action="ignore") for name, change in changes.items()})

    def _tags(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(text=frame["text"].map(_text, na_action="ignore"))

    def _scan(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(sender=frame["sender"].map(pseudonyms.address))

    return {"messages": _messages, "tags": _tags, "scan": _scan}
