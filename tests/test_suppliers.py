"""Supplier files and the directory."""

from pathlib import Path

import pytest

from partnersignal.conversations import scan_messages
from partnersignal.errors import InputError
from partnersignal.messages import Message, Party
from partnersignal.suppliers import Supplier, SupplierDirectory, draft_toml, infer_directory, load_directory
from partnersignal.suppliers.directory import AMBIGUOUS, OURS, organisation_domain

TOML = """
[ours]
domains = ["us.example"]
addresses = ["boss@gmail.com"]

[[supplier]]
name = "Acme"
domains = ["acme.com"]
aliases = ["Acme Corp", "AC"]
spend = 12000
renewals = ["2026-01-31"]

[[supplier]]
name = "Bolt"
addresses = ["sam@gmail.com"]
"""


def write(folder: Path, text: str, name: str = "suppliers.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def party(address: str) -> Party:
    return Party("", address)


def test_toml_is_read(tmp_path: Path) -> None:
    directory = load_directory(write(tmp_path, TOML), ours=["@Group.example"])
    assert directory.names() == ("Acme", "Bolt")
    assert directory.suppliers[0].spend == 12000
    assert directory.our_domains == ("us.example", "group.example")


def test_csv_says_the_same_as_toml(tmp_path: Path) -> None:
    text = (
        "name,domains,addresses,aliases,spend,renewals\n"
        'ours,us.example,boss@gmail.com,,,\nAcme,acme.com,,Acme Corp;AC,"12,000",2026-01-31\nBolt,,sam@gmail.com,,,\n'
    )
    assert load_directory(write(tmp_path, text, "s.csv")) == load_directory(write(tmp_path, TOML))


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("ann@acme.com", 0),
        ("ann@mail.eu.acme.com", 0),
        ("ann@notacme.com", None),
        ("sam@gmail.com", 1),
        ("other@gmail.com", None),
        ("boss@gmail.com", OURS),
        ("me@deep.us.example", OURS),
        ("", None),
    ],
)
def test_owner_of_an_address(tmp_path: Path, address: str, owner: object) -> None:
    assert load_directory(write(tmp_path, TOML)).owner(party(address)) == owner


def test_mentions_in_order_and_bounded_by_words(tmp_path: Path) -> None:
    directory = load_directory(write(tmp_path, TOML))
    assert directory.mentions("bolt called, then ACME CORP, then Acme again") == (1, 0)
    assert directory.mentions("Acmeist bolts, x@acme.com") == ()
    assert directory.mentions("the ac is broken; AC is late") == (0,)


def test_a_name_shared_by_two_suppliers_is_ambiguous() -> None:
    directory = SupplierDirectory((Supplier("Acme UK", aliases=("Acme",)), Supplier("Acme US", aliases=("acme",))))
    assert directory.mentions("Acme is late") == (AMBIGUOUS,)
    assert directory.mentions("Acme UK is late") == (0,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[supplier", r"got no valid TOML \(.*\); expected \[ours\] and \[\[supplier\]\] tables, or name it \.csv"),
        ("", r"without a supplier, expected at least one \[\[supplier\]\]"),
        ("[vendor]\nx=1", r"got the table 'vendor', expected only \[ours\] and \[\[supplier\]\]"),
        ('[[supplier]]\nname="A"', r"supplier 1 \(A\): got no domains, addresses or aliases, expected at least one of them"),
        ('[[supplier]]\ndomains=["a.com"]', r'supplier 1: got no name, expected name = "\.\.\."'),
        ('[[supplier]]\nname="A"\ndomain=["a.com"]', r"got the field 'domain', expected one of .*; did you mean 'domains'\?"),
        ('[[supplier]]\nname="A"\ndomains="a.com"', r"got domains = 'a\.com', expected a list of texts"),
        ('[[supplier]]\nname="A"\ndomains=["gmail.com"]', r"got the domain gmail\.com, which is freemail; expected addresses"),
        ('[[supplier]]\nname="A"\ndomains=["a.com"]\nspend="lots"', r"got spend = 'lots', expected a number without currency"),
        ('[[supplier]]\nname="A"\ndomains=["a.com"]\nspend=-1', r"got spend = -1, expected a number without currency"),
        ('[[supplier]]\nname="A"\ndomains=["a.com"]\nspend=nan', r"got spend = nan, expected a number without currency"),
        (
            '[[supplier]]\nname="A"\ndomains=["a.com"]\nrenewals=["31.1.2026"]',
            r"supplier 1 \(A\): got the renewal '31\.1\.2026', expected an ISO date, for example \"2026-01-31\"$",
        ),
        (
            '[[supplier]]\nname="A"\ndomains=["a.com"]\nrenewals="2026-01-31"',
            r"got renewals = '2026-01-31', expected a list of texts",
        ),
        (
            '[[supplier]]\nname="A"\ndomains=["a.com"]\nexecutives=["the CEO"]',
            r"supplier 1 \(A\): got the executive 'the ceo', expected the e-mail address of one of us$",
        ),
        (
            '[[supplier]]\nname="A"\ndomains=["a.com"]\ncriticality=3',
            r"supplier 1 \(A\): got criticality = 3, expected a text, for example \"high\"$",
        ),
        (
            '[[supplier]]\nname="A"\ndomains=["a.com"]\ncategory=["IT"]',
            r"supplier 1 \(A\): got category = \['IT'\], expected a text, for example \"high\"$",
        ),
        ('supplier = "A"', r"got supplier as a str, expected \[\[supplier\]\] tables in double brackets"),
        ('ours = "a.com"\n[[supplier]]\nname="A"\ndomains=["a.com"]', r"got \[ours\] with .*, expected domains and addresses"),
        (
            '[[supplier]]\nname="A"\ndomains=["a.com"]\n[[supplier]]\nname="A"\ndomains=["b.com"]',
            r"got the supplier name 'A' twice, expected each once; merge their domains",
        ),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_directory(write(tmp_path, text))


def test_all_fields_are_read_from_both_formats(tmp_path: Path) -> None:
    toml = (
        '[[supplier]]\nname = "Acme"\ndomains = ["acme.com"]\ncategory = "hosting"\nspend = 1.5\ncriticality = "high"\n'
        'renewals = ["2026-01-31", "2027-01-31"]\nexecutives = ["Boss@us.example"]\n'
    )
    table = (
        "name,domains,category,spend,criticality,renewals,executives\n"
        "Acme,acme.com,hosting,1.5,high,2026-01-31;2027-01-31,Boss@us.example\n"
    )
    directory = load_directory(write(tmp_path, toml))
    assert directory == load_directory(write(tmp_path, table, "s.csv"))
    (acme,) = directory.suppliers
    assert (acme.category, acme.spend, acme.criticality) == ("hosting", 1.5, "high")
    assert (acme.renewals, acme.executives) == (("2026-01-31", "2027-01-31"), ("boss@us.example",))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("Acme,acme.com,much,", r"supplier 1 \(Acme\): got spend = 'much', expected a number without currency$"),
        ("Acme,acme.com,,soon", r"supplier 1 \(Acme\): got the renewal 'soon', expected an ISO date"),
        ("Acme,,,", r"supplier 1 \(Acme\): got no domains, addresses or aliases, expected at least one of them$"),
    ],
)
def test_a_wrong_table_says_what_is_wrong(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_directory(write(tmp_path, f"name,domains,spend,renewals\n{row}\n", "s.csv"))


def test_a_missing_file_says_how_to_draft_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"which does not exist; draft one with: partnersignal suppliers EXPORT"):
        load_directory(tmp_path / "none.toml")


def test_a_file_that_is_no_utf8_says_so(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(b'[[supplier]]\nname = "\xff"')
    with pytest.raises(InputError, match=r"which cannot be read as UTF-8 text"):
        load_directory(path)


def test_organisation_domain_knows_public_suffixes() -> None:
    assert organisation_domain("mail.eu.acme.co.uk") == "acme.co.uk"
    assert organisation_domain("smtp.acme.example") == "acme.example"


def mail(sender: str, *to: str, number: int = 0) -> Message:
    return Message(f"{number}", None, "missing", party(sender), tuple(map(party, to)), "", "Words.")


def test_without_a_file_ours_is_the_domain_of_most_recipients() -> None:
    messages = [mail("a@acme.com", "x@us.example", "y@mail.us.example", number=n) for n in range(3)]
    messages += [mail("me@us.example", "b@bolt.co.uk", "z@gmail.com", number=9)]
    directory = infer_directory([scan_messages(messages)])
    assert directory.inferred
    assert directory.our_domains == ("us.example", "us")
    assert directory.names() == ("acme.com", "bolt.co.uk")


def test_a_draft_can_be_loaded(tmp_path: Path) -> None:
    messages = [mail("a@acme.com", "x@us.example", number=n) for n in range(3)] + [mail("a@rare.com", "x@us.example", number=9)]
    rows = [scan_messages(messages)]
    draft = draft_toml(rows)
    directory = load_directory(write(tmp_path, draft))
    assert directory.names() == ("Acme",)
    assert "1 organisations with fewer than 3 messages were left out" in draft


def test_a_draft_lists_the_people_whom_notes_may_name(tmp_path: Path) -> None:
    messages = [mail("Ann.Lee@acme.com", "x@us.example", number=n) for n in range(3)]
    messages += [mail("dora.fox@us.example", "ann.lee@acme.com"), mail("support@acme.com", "x@us.example")]
    messages += [mail(f"p{chr(97 + n // 26)}.q{chr(97 + n % 26)}x@acme.com", "x@us.example") for n in range(40)]
    directory = load_directory(write(tmp_path, draft_toml([scan_messages(messages)])))
    (acme,) = directory.suppliers
    assert "ann.lee@acme.com" in acme.addresses and "support@acme.com" not in acme.addresses
    assert len(acme.addresses) == 30
    assert directory.our_addresses == ("dora.fox@us.example",)
    assert directory.contacts("Yesterday ANN rang; so did Dora.") == (("ann lee", 0), ("dora fox", "ours"))
    assert directory.contacts("Nobody rang.") == ()


def test_a_draft_of_an_export_without_addresses_is_refused() -> None:
    rows = [scan_messages([Message("1", None, "missing", None, (), "", "Words.")])]
    with pytest.raises(InputError, match="got an export without any address of an organisation"):
        draft_toml(rows)
