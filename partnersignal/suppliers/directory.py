"""Who is who: which domains, addresses, names and aliases belong to which supplier, and which are ours."""

from __future__ import annotations

import csv
import difflib
import io
import math
import os
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Literal

import tldextract

from partnersignal.conversations.words import words_of
from partnersignal.errors import InputError
from partnersignal.messages import Party
from partnersignal.suppliers.mailboxes import person_of, unaccented

OURS: Final = "ours"
AMBIGUOUS: Final = "ambiguous"
Owner = Literal["ours", "ambiguous"] | int  # a supplier is told by its place in the directory

_LISTS = ("domains", "addresses", "aliases", "renewals", "executives")
_FIELDS = ("name", *_LISTS, "category", "spend", "criticality")
_SHORT_ALIAS = 3  # letters; so short a name is matched as it is written


@dataclass(frozen=True, slots=True)
class Supplier:
    """One supplier.

    Attributes
    ----------
    name : str
        As it stands in tables and reports.
    domains : tuple of str
        Mail domains; each covers its subdomains.
    addresses : tuple of str
        Single addresses, for freemail and shared domains.
    aliases : tuple of str
        Other names in notes and internal mail; the name itself always counts.
    category, criticality : str
        Free text, empty where unknown.
    spend : float or None
        A year, in the user's currency.
    renewals : tuple of str
        ISO dates on which a contract is renewed.
    executives : tuple of str
        Addresses of our executives this supplier may want to reach.
    """

    name: str
    domains: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    category: str = ""
    spend: float | None = None
    criticality: str = ""
    renewals: tuple[str, ...] = ()
    executives: tuple[str, ...] = ()


@dataclass(frozen=True)
class SupplierDirectory:
    """The suppliers of a run, and who we are.

    Attributes
    ----------
    suppliers : tuple of Supplier
        In the order of the file.
    our_domains, our_addresses : tuple of str
        What is ours.
    inferred : bool
        Whether it was guessed from the export because no file was given.
    """

    suppliers: tuple[Supplier, ...]
    our_domains: tuple[str, ...] = ()
    our_addresses: tuple[str, ...] = ()
    inferred: bool = field(default=False)

    @cached_property
    def _by_address(self) -> dict[str, Owner]:
        owners: dict[str, Owner] = {}
        for number, supplier in enumerate(self.suppliers):
            for key in (*supplier.addresses, *supplier.domains):
                owners[key] = AMBIGUOUS if owners.get(key, number) != number else number
        return owners | dict.fromkeys((*self.our_domains, *self.our_addresses), OURS)

    @cached_property
    def _aliases(self) -> dict[str, frozenset[int]]:
        owners: dict[str, frozenset[int]] = {}
        for number, supplier in enumerate(self.suppliers):
            for alias in (supplier.name, *supplier.aliases):
                for key in {_alias_key(alias), alias.casefold()}:
                    owners[key] = owners.get(key, frozenset()) | {number}
        return owners

    @cached_property
    def _trades(self) -> dict[str, frozenset[int]]:
        owners: dict[str, frozenset[int]] = {}
        for number, supplier in enumerate(self.suppliers):
            for word in re.findall(r"\w{3,}", f"{supplier.name} {supplier.category}".lower()):
                owners[word.removesuffix("s")] = owners.get(word.removesuffix("s"), frozenset()) | {number}
        return owners

    @cached_property
    def _contacts(self) -> dict[str, tuple[tuple[str, Owner], ...]]:
        """Whom the addresses of the directory name, ``ann.lee@acme.com``: name and owner, by each word of the name."""
        listed: list[tuple[str, Owner]] = [(address, OURS) for address in self.our_addresses]
        listed += [(address, number) for number, each in enumerate(self.suppliers) for address in each.addresses]
        found: dict[str, set[Owner]] = {}
        for address, owner in listed:
            if name := person_of(address):
                found.setdefault(name, set()).add(owner)
        by_word: dict[str, tuple[tuple[str, Owner], ...]] = {}
        for name, owners in found.items():
            for word in set(name.split()) if len(owners) == 1 else ():
                by_word[word] = (*by_word.get(word, ()), (name, next(iter(owners))))
        return by_word

    def contacts(self, text: str) -> tuple[tuple[str, Owner], ...]:
        """Find whom a text may name of those whose addresses are listed.

        Parameters
        ----------
        text : str
            A message.

        Returns
        -------
        tuple of (str, owner)
            Lower-case first and last name without accents, in the order of the alphabet; one of the two stands in the text.
        """
        if not self._contacts:
            return ()
        words = set(words_of(unaccented(text).casefold()))
        return tuple(sorted({each for word in words & self._contacts.keys() for each in self._contacts[word]}))

    @cached_property
    def _mention(self) -> re.Pattern[str] | None:
        names = sorted({a for s in self.suppliers for a in (s.name, *s.aliases) if a}, key=lambda a: (-len(a), a))
        if not names or self.inferred:
            return None
        # A name may be wrapped; a short one is matched as it is written, or in lower case as a label: "drx: paid".
        written = {a: r"\s+".join(map(re.escape, a.split())) for a in names}
        parts = [
            f"{written[a]}|{written[a].lower()}(?=:\\s)" if len(a) <= _SHORT_ALIAS else f"(?i:{written[a]})" for a in names
        ]
        return re.compile(rf"(?<![\w@.-])(?:{'|'.join(parts)})(?![\w@-])")

    def owner(self, party: Party | None) -> Owner | None:
        """Find whose address it is.

        Parameters
        ----------
        party : Party or None
            A sender or recipient.

        Returns
        -------
        int, "ours", "ambiguous" or None
            The supplier's place in `suppliers`; None where nobody's.
        """
        if party is None or not party.address:
            return None
        keys = [party.address, party.domain]
        if party.domain not in freemail_domains():
            labels = party.domain.split(".")
            keys += [".".join(labels[i:]) for i in range(1, len(labels))]
        return next((self._by_address[key] for key in keys if key in self._by_address), None)

    def mentions(self, text: str) -> tuple[Owner, ...]:
        """Find which suppliers a text names.

        Parameters
        ----------
        text : str
            A sentence or subject.

        Returns
        -------
        tuple of int or "ambiguous"
            In order of mention, each once; "ambiguous" for a name that two suppliers share. Suppliers
            guessed from domains have no names to look for.
        """
        return tuple(dict.fromkeys(owner for _, _, owner in self.found(text)))

    def found(self, text: str, among: Collection[int] = ()) -> tuple[tuple[int, int, Owner], ...]:
        """Find where a text names suppliers.

        Parameters
        ----------
        text : str
            A sentence or subject.
        among : collection of int, optional
            Suppliers that are meant by a name that they share with others: who writes, or is written to.

        Returns
        -------
        tuple of (int, int, owner)
            Start, end and whose name it is, in order.
        """
        if self._mention is None:
            return ()
        return tuple((m.start(), m.end(), self._owner_of_name(m.group(0), among)) for m in self._mention.finditer(text))

    def _owner_of_name(self, name: str, among: Collection[int]) -> Owner:
        sharing = self._aliases[_alias_key(" ".join(name.split()))]
        if len(sharing) == 1:
            return next(iter(sharing))
        meant = sharing.intersection(among)
        return next(iter(meant)) if len(meant) == 1 else AMBIGUOUS

    @cached_property
    def lists_us(self) -> bool:
        """Whether the addresses of our own people are listed, several by their names."""
        return sum(person_of(address) is not None for address in self.our_addresses) > 1

    def people_in(self, text: str) -> tuple[int, ...]:
        """Find which suppliers' people a text names in full.

        Parameters
        ----------
        text : str
            A title.

        Returns
        -------
        tuple of int
            Suppliers, each once.
        """
        plain = unaccented(text).casefold()
        named = (
            owner for name, owner in self.contacts(text)
            if isinstance(owner, int) and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain)
        )  # fmt: skip
        return tuple(dict.fromkeys(named))

    def in_trade(self, word: str) -> frozenset[int]:
        """Find the suppliers whose name or category holds a word: "engine" of "the engine people".

        Parameters
        ----------
        word : str
            One word.

        Returns
        -------
        frozenset of int
            Their places in `suppliers`.
        """
        return frozenset() if self.inferred else self._trades.get(word.lower().removesuffix("s"), frozenset())

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        Returns
        -------
        dict
            What `from_dict` reads.
        """
        return {
            "ours": {"domains": list(self.our_domains), "addresses": list(self.our_addresses)},
            "inferred": self.inferred,
            "supplier": [{key: value for key, value in asdict(supplier).items() if value} for supplier in self.suppliers],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SupplierDirectory:
        """Read what `to_dict` wrote.

        Parameters
        ----------
        data : mapping
            From JSON.

        Returns
        -------
        SupplierDirectory
            The same directory.
        """
        lists = ({key: tuple(entry[key]) for key in _LISTS if key in entry} for entry in data["supplier"])
        suppliers = tuple(Supplier(**{**entry, **own}) for entry, own in zip(data["supplier"], lists, strict=True))
        ours = data["ours"]
        return cls(suppliers, tuple(ours["domains"]), tuple(ours["addresses"]), bool(data["inferred"]))

    def names(self) -> tuple[str, ...]:
        """Return the suppliers' names.

        Returns
        -------
        tuple of str
            In the order of the directory.
        """
        return tuple(supplier.name for supplier in self.suppliers)


def load_directory(path: str | os.PathLike[str], ours: Iterable[str] = ()) -> SupplierDirectory:
    """Read a supplier file.

    Parameters
    ----------
    path : path
        TOML, or CSV with the same names and ``;`` inside a cell.
    ours : iterable of str, optional
        Further domains or addresses of ours.

    Returns
    -------
    SupplierDirectory
        Checked: no unknown fields, no name twice, something to recognise each supplier by.

    Raises
    ------
    InputError
        If the file is missing, unreadable or wrong; the message names the place.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            f"got the supplier file {file}, which does not exist; draft one with: partnersignal suppliers EXPORT"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"got the supplier file {file}, which cannot be read as UTF-8 text ({error}); save it as UTF-8"
        ) from error
    our_entry, entries = _from_csv(text) if file.suffix.lower() == ".csv" else _from_toml(text, file)
    suppliers = tuple(_supplier(entry, f"{file}, supplier {number}") for number, entry in enumerate(entries, 1))
    if not suppliers:
        raise InputError(f"got {file} without a supplier, expected at least one [[supplier]] with a name and a domain")
    twice = {s.name for s in suppliers if sum(o.name == s.name for o in suppliers) > 1}
    if twice:
        raise InputError(f"{file}: got the supplier name {min(twice)!r} twice, expected each once; merge their domains")
    mine = [*our_entry.get("domains", ()), *our_entry.get("addresses", ()), *(each.lower().lstrip("@") for each in ours)]
    return SupplierDirectory(
        suppliers,
        tuple(dict.fromkeys(each for each in mine if "@" not in each)),
        tuple(dict.fromkeys(each for each in mine if "@" in each)),
    )


def _from_toml(text: str, file: Path) -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"{file}: got no valid TOML ({error}); expected [ours] and [[supplier]] tables, or name it .csv"
        ) from error
    unknown = set(data) - {"ours", "supplier"}
    if unknown:
        raise InputError(f"{file}: got the table {min(unknown)!r}, expected only [ours] and [[supplier]]")
    ours, entries = data.get("ours", {}), data.get("supplier", [])
    if not isinstance(ours, dict) or set(ours) - {"domains", "addresses"}:
        raise InputError(f"{file}: got [ours] with {', '.join(map(str, ours)) or 'nothing'}, expected domains and addresses")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"{file}: got supplier as a {type(entries).__name__}, expected [[supplier]] tables in double brackets")
    return {key: [str(each).lower().lstrip("@") for each in value] for key, value in ours.items()}, entries


def _from_csv(text: str) -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    rows = csv.DictReader(io.StringIO(text), delimiter="\t" if "\t" in text.split("\n", 1)[0] else ",")
    entries: list[dict[str, Any]] = []
    for row in rows:
        cells = {str(key).strip().lower(): str(value or "").strip() for key, value in row.items()}
        entry: dict[str, Any] = {key: value for key, value in cells.items() if value}
        for key in _LISTS:
            if key in entry:
                entry[key] = [each.strip() for each in entry[key].split(";") if each.strip()]
        if entry:
            entries.append(entry)
    # A row named "ours" says who we are.
    ours = [entry for entry in entries if str(entry.get("name", "")).lower() == OURS]
    mine = {key: [a.lower() for entry in ours for a in entry.get(key, ())] for key in ("domains", "addresses")}
    return mine, [entry for entry in entries if entry not in ours]


def _supplier(entry: Mapping[str, Any], place: str) -> Supplier:
    for key in entry:
        if key not in _FIELDS:
            close = difflib.get_close_matches(str(key), _FIELDS, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise InputError(f"{place}: got the field {key!r}, expected one of {', '.join(_FIELDS)}{hint}")
    name = str(entry.get("name", "")).strip()
    if not name:
        raise InputError(f'{place}: got no name, expected name = "..."')
    lists: dict[str, tuple[str, ...]] = {}
    for key in _LISTS:
        value = entry.get(key, ())
        if isinstance(value, str) or not all(isinstance(each, str) for each in value):
            raise InputError(f'{place} ({name}): got {key} = {value!r}, expected a list of texts, for example ["acme.com"]')
        lists[key] = tuple(str(each).strip() for each in value if str(each).strip())
    for key in ("domains", "addresses", "executives"):
        lists[key] = tuple(each.lower().lstrip("@") for each in lists[key])
    free = next((domain for domain in lists["domains"] if domain in freemail_domains()), None)
    if free:
        raise InputError(
            f'{place} ({name}): got the domain {free}, which is freemail; expected addresses = ["somebody@{free}"]'
        )
    if not any(lists[key] for key in ("domains", "addresses", "aliases")):
        raise InputError(f"{place} ({name}): got no domains, addresses or aliases, expected at least one of them")
    _check_facts(lists, entry, f"{place} ({name})")
    return Supplier(
        name=name,
        category=entry.get("category", ""),
        criticality=entry.get("criticality", ""),
        spend=_spend(entry.get("spend"), f"{place} ({name})"),
        **lists,
    )


def _check_facts(lists: Mapping[str, tuple[str, ...]], entry: Mapping[str, Any], place: str) -> None:
    for day in lists["renewals"]:
        if not _is_day(day):
            raise InputError(f'{place}: got the renewal {day!r}, expected an ISO date, for example "2026-01-31"')
    person = next((each for each in lists["executives"] if not re.fullmatch(r"[^@\s]+@[^@\s]+", each)), None)
    if person is not None:
        raise InputError(f"{place}: got the executive {person!r}, expected the e-mail address of one of us")
    for key in ("category", "criticality"):
        value = entry.get(key, "")
        if not isinstance(value, str):
            raise InputError(f'{place}: got {key} = {value!r}, expected a text, for example "high"')


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _spend(value: Any, place: str) -> float | None:
    if value in (None, ""):
        return None
    try:
        spend = float(str(value).replace(",", ""))
    except ValueError:
        spend = math.nan
    if not math.isfinite(spend) or spend < 0 or isinstance(value, bool):
        raise InputError(f"{place}: got spend = {value!r}, expected a number without currency")
    return spend


def _alias_key(alias: str) -> str:
    return alias if len(alias) <= _SHORT_ALIAS else alias.casefold()


@cache
def freemail_domains() -> frozenset[str]:
    """Return the domains of public mail providers, which belong to no organisation.

    Returns
    -------
    frozenset of str
        Lower-case domains.
    """
    return frozenset(Path(__file__).with_name("freemail.txt").read_text(encoding="ascii").split())


@cache
def _extractor() -> tldextract.TLDExtract:
    # The bundled public suffix list: no network, no cache on disk.
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def organisation_domain(domain: str) -> str:
    """Reduce a mail domain to the one that was registered.

    Parameters
    ----------
    domain : str
        For example ``mail.eu.acme.co.uk``.

    Returns
    -------
    str
        ``acme.co.uk``; for unknown suffixes the last two labels.
    """
    found = _extractor()(domain)
    registered = found.top_domain_under_public_suffix
    return registered or ".".join(domain.split(".")[-2:])
