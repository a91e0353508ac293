"""Whose behaviour a sentence is about."""

from partnersignal.cleaning import split_sentences, zoned
from partnersignal.messages import Message, Party
from partnersignal.suppliers import Supplier, SupplierDirectory, attribute

DIRECTORY = SupplierDirectory(
    (
        Supplier("Acme", ("acme.com",)),
        Supplier("Bolt", ("bolt.com",)),
        Supplier("Zed One", aliases=("Zed",)),
        Supplier("Zed Two", aliases=("Zed",)),
    ),
    ("us.example",),
)


def owners(text: str, sender: str | None = None, to: tuple[str, ...] = (), subject: str = "") -> list[str | None]:
    kind = "email" if sender else "meeting_notes"
    recipients = tuple(Party("", address) for address in to)
    message = zoned(Message("1", None, "missing", Party("", sender) if sender else None, recipients, subject, text, kind=kind))
    found = attribute(message, split_sentences(message.text, message.zones or ()), DIRECTORY)
    return [f"{each.supplier}/{each.voice}" if each else None for each in found]


def test_a_suppliers_mail_is_its_own_voice() -> None:
    assert owners("We fixed it. Call us.", "ann@acme.com", ("me@us.example",)) == ["Acme/supplier"] * 2


def test_our_mail_to_one_supplier_is_the_customers_voice() -> None:
    assert owners("You fixed it.", "me@us.example", ("ann@acme.com", "you@us.example")) == ["Acme/customer"]


def test_mail_to_two_suppliers_needs_a_name() -> None:
    found = owners("Somebody was late. Bolt was late. Acme and Bolt were late.", "me@us.example", ("a@acme.com", "b@bolt.com"))
    assert found == [None, "Bolt/customer", None]


def test_our_mail_to_one_supplier_about_another_is_about_the_other() -> None:
    assert owners("Bolt never answered us.", "me@us.example", ("a@acme.com",)) == ["Bolt/third_person"]


def test_a_supplier_about_another_supplier_is_nobodys() -> None:
    assert owners("Bolt never answered us. We did.", "a@acme.com", ("me@us.example",)) == [None, "Acme/supplier"]


def test_a_stranger_is_nobodys() -> None:
    assert owners("Acme is great.", "x@elsewhere.com", ("me@us.example",)) == [None]


def test_internal_mail_goes_by_names_and_carries_on_within_the_paragraph() -> None:
    text = "Nothing yet. Acme rang. They were kind.\n\nLunch at one. Bolt rang. They were not."
    assert owners(text, "me@us.example", ("you@us.example",)) == [
        None,
        *["Acme/third_person"] * 2,
        None,
        *["Bolt/third_person"] * 2,
    ]


def test_a_subject_that_names_the_only_supplier_holds_throughout() -> None:
    text = "Third ticket.\n\nStill no answer."
    assert owners(text, "me@us.example", ("you@us.example",), "Acme again") == ["Acme/third_person"] * 2


def test_a_shared_name_is_nobodys() -> None:
    assert owners("Zed rang. They were kind.") == [None, None]


def test_notes_tell_two_suppliers_apart_by_headings() -> None:
    text = "# Acme\n\n- fixed the gateway\n- rang on Sunday\n\n# Bolt\n\n- missed the date\n\n# AOB\n\n- lunch"
    assert owners(text) == [*["Acme/third_person"] * 3, *["Bolt/third_person"] * 2, None, None]


def test_a_list_item_about_something_else_inherits_nothing() -> None:
    text = "- Acme: date slipped. New one is Friday.\n- Holidays: Ann is away\n- fire drill on Thursday"
    assert owners(text) == [*["Acme/third_person"] * 2, None, None]
