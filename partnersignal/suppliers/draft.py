"""A directory guessed from an export, and the file a user makes of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

import pyarrow as pa

from partnersignal.errors import InputError
from partnersignal.suppliers.directory import Supplier, SupplierDirectory, freemail_domains, organisation_domain
from partnersignal.suppliers.mailboxes import person_of

_MOST_PEOPLE = 30  # of a supplier that a draft lists; of ours all, for one of us may have the name of one of theirs


def infer_directory(scans: Iterable[pa.RecordBatch], ours: Iterable[str] = ()) -> SupplierDirectory:
    """Guess who is who from the senders and recipients of an export.

    Parameters
    ----------
    scans : iterable of pyarrow.RecordBatch
        Of the whole export: columns ``sender`` and ``recipient_domains``.
    ours : iterable of str, optional
        Our domains and addresses, where the user names them.

    Returns
    -------
    SupplierDirectory
        Ours is the organisation of most recipients; every other organisation that wrote to us or was
        written to is a supplier, named by its domain. Freemail is nobody.
    """
    senders, recipients, _ = _correspondents(scans)
    return _infer(senders, recipients, ours)


def _correspondents(scans: Iterable[pa.RecordBatch]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Count the messages from and to each organisation, and from each person."""
    senders: Counter[str] = Counter()
    recipients: Counter[str] = Counter()
    people: Counter[str] = Counter()
    for scan in scans:
        addresses = [address for address in scan["sender"].to_pylist() if "@" in address]
        senders.update(address.rpartition("@")[2] for address in addresses)
        people.update(address for address in addresses if person_of(address))
        recipients.update(domain for cell in scan["recipient_domains"].to_pylist() for domain in cell.split())
    return _by_organisation(senders), _by_organisation(recipients), people


def _by_house(people: Counter[str]) -> dict[str, list[str]]:
    """Return who wrote most from each organisation: notes may name them."""
    houses: dict[str, list[str]] = {}
    for address in sorted(people, key=lambda each: (-people[each], each)):
        houses.setdefault(organisation_domain(address.rpartition("@")[2]), []).append(address)
    return houses


def _infer(senders: Counter[str], recipients: Counter[str], ours: Iterable[str]) -> SupplierDirectory:
    named = [each.lower().lstrip("@") for each in ours]
    if not named:
        best = sorted(recipients.items() or senders.items(), key=lambda pair: (-pair[1], pair[0]))
        named = [best[0][0]] if best else []
    # Old systems wrote "all@acme" where acme.com is meant.
    bare = {domain.split(".")[0] for domain in named if "@" not in domain}
    organisations = sorted((set(recipients) | set(senders)) - set(named) - bare)
    domains = tuple(each for each in named if "@" not in each)
    return SupplierDirectory(
        tuple(Supplier(domain, domains=(domain,)) for domain in organisations),
        (*domains, *sorted(bare - set(domains))),
        tuple(each for each in named if "@" in each),
        inferred=True,
    )


def _by_organisation(domains: Counter[str]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for domain, number in domains.items():
        organisation = organisation_domain(domain)
        if organisation and organisation not in freemail_domains():
            counted[organisation] += number
    return counted


def draft_toml(scans: Iterable[pa.RecordBatch], ours: Iterable[str] = (), fewest: int = 3) -> str:
    """Draft a supplier file from an export, for a person to correct.

    Parameters
    ----------
    scans : iterable of pyarrow.RecordBatch
        Of the whole export.
    ours : iterable of str, optional
        Our domains and addresses, where the user names them.
    fewest : int, default 3
        Organisations with fewer messages are left out and counted in a comment.

    Returns
    -------
    str
        TOML with suppliers by number of messages, each with the addresses that tell a person's name: notes name people.

    Raises
    ------
    InputError
        If the export names no organisation at all.
    """
    senders, recipients, people = _correspondents(scans)
    directory = _infer(senders, recipients, ours)
    if not directory.our_domains and not directory.our_addresses:
        raise InputError(
            "got an export without any address of an organisation, expected senders and recipients; name us with --ours DOMAIN"
        )
    counts = senders + recipients
    kept = [s.name for s in directory.suppliers if counts[s.name] >= fewest]
    lines = [
        "# Drafted by partnersignal from an export: correct names, merge domains of one supplier, add the",
        "# aliases people use in notes, delete who is no supplier. Whose address is listed is known by name in notes.",
        "",
        "[ours]",
        f"domains = {json.dumps(list(directory.our_domains))}",
    ]
    houses = _by_house(people)
    if addresses := [
        *directory.our_addresses,
        *(each for domain in directory.our_domains for each in sorted(houses.get(domain, ()))),
    ]:
        lines.append(f"addresses = {json.dumps(addresses)}")
    for domain in sorted(kept, key=lambda each: (-counts[each], each)):
        name = domain.split(".")[0].replace("-", " ").title()
        lines += [
            "",
            f"[[supplier]]  # {senders[domain]} messages from them, {recipients[domain]} to them",
            f"name = {json.dumps(_unique(name, domain, kept))}",
            f"domains = {json.dumps([domain])}",
        ]
        if domain in houses:
            lines.append(f"addresses = {json.dumps(sorted(houses[domain][:_MOST_PEOPLE]))}")
    left_out = len(directory.suppliers) - len(kept)
    if left_out:
        lines += ["", f"# {left_out} organisations with fewer than {fewest} messages were left out."]
    return "\n".join(lines) + "\n"


def _unique(name: str, domain: str, domains: list[str]) -> str:
    same = [each for each in domains if each.split(".")[0] == domain.split(".")[0]]
    return name if len(same) == 1 else f"{name} ({domain})"
