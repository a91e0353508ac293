"""A directory guessed from an export, and the file a user makes of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

import pandas as pd

from partnersignal.errors import InputError
from partnersignal.suppliers.directory import Supplier, SupplierDirectory, freemail_domains, organisation_domain


def infer_directory(scan: pd.DataFrame, ours: Iterable[str] = ()) -> SupplierDirectory:
    """Guess who is who from the senders and recipients of an export.

    Parameters
    ----------
    scan : pandas.DataFrame
        Rows of the plan: columns ``sender`` and ``recipient_domains``.
    ours : iterable of str, optional
        Our domains and addresses, where the user names them.

    Returns
    -------
    SupplierDirectory
        Ours is the organisation of most recipients; every other organisation that wrote to us or was
        written to is a supplier, named by its domain. Freemail is nobody.
    """
    recipients = _count(domain for cell in scan["recipient_domains"].dropna() for domain in cell.split())
    senders = _count(address.rpartition("@")[2] for address in scan["sender"].dropna() if "@" in address)
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


def _count(domains: Iterable[str]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for domain, number in Counter(domains).items():
        organisation = organisation_domain(domain)
        if organisation and organisation not in freemail_domains():
            counted[organisation] += number
    return counted


def draft_toml(scan: pd.DataFrame, ours: Iterable[str] = (), fewest: int = 3) -> str:
    """Draft a supplier file from an export, for a person to correct.

    Parameters
    ----------
    scan : pandas.DataFrame
        Rows of the plan.
    ours : iterable of str, optional
        Our domains and addresses, where the user names them.
    fewest : int, default 3
        Organisations with fewer messages are left out and counted in a comment.

    Returns
    -------
    str
        TOML with suppliers by number of messages.

    Raises
    ------
    InputError
        If the export names no organisation at all.
    """
    directory = infer_directory(scan, ours)
    if not directory.our_domains and not directory.our_addresses:
        raise InputError(
            "got an export without any address of an organisation, expected senders and recipients; name us with --ours DOMAIN"
        )
    senders = _count(address.rpartition("@")[2] for address in scan["sender"].dropna() if "@" in address)
    recipients = _count(domain for cell in scan["recipient_domains"].dropna() for domain in cell.split())
    counts = senders + recipients
    kept = [s.name for s in directory.suppliers if counts[s.name] >= fewest]
    lines = [
        "# Drafted by partnersignal from an export: correct names, merge domains of one supplier, add the",
        "# aliases people use in notes, delete who is no supplier.",
        "",
        "[ours]",
        f"domains = {json.dumps(list(directory.our_domains))}",
    ]
    if directory.our_addresses:
        lines.append(f"addresses = {json.dumps(list(directory.our_addresses))}")
    for domain in sorted(kept, key=lambda each: (-counts[each], each)):
        name = domain.split(".")[0].replace("-", " ").title()
        lines += [
            "",
            f"[[supplier]]  # {senders[domain]} messages from them, {recipients[domain]} to them",
            f"name = {json.dumps(_unique(name, domain, kept))}",
            f"domains = {json.dumps([domain])}",
        ]
    left_out = len(directory.suppliers) - len(kept)
    if left_out:
        lines += ["", f"# {left_out} organisations with fewer than {fewest} messages were left out."]
    return "\n".join(lines) + "\n"


def _unique(name: str, domain: str, domains: list[str]) -> str:
    same = [each for each in domains if each.split(".")[0] == domain.split(".")[0]]
    return name if len(same) == 1 else f"{name} ({domain})"
