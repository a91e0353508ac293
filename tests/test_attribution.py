"""Whose behaviour a sentence is about."""

from partnersignal.cleaning import own_sentences, split_sentences, zoned
from partnersignal.messages import Message, Party, Sentence
from partnersignal.suppliers import Attribution, Supplier, SupplierDirectory, attribute

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
    found = attribute(message, own_sentences(message), DIRECTORY)
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


def test_a_supplier_about_another_supplier_tells_of_the_other_where_it_is_the_subject() -> None:
    text = "Bolt never answered us. They never do. We did. We told Bolt twice. It was the fault of Bolt, I fear."
    assert owners(text, "a@acme.com", ("me@us.example",)) == [
        *["Bolt/third_person"] * 2,
        *["Acme/supplier"] * 2,
        None,
    ]


def test_a_stranger_tells_only_of_whom_it_names() -> None:
    text = "Thanks for the talk. Acme listened. They disagreed twice.\n\nMy invoice follows."
    assert owners(text, "x@elsewhere.com", ("me@us.example",)) == [None, *["Acme/third_person"] * 2, None]


def test_a_strangers_bulk_mail_is_about_nobody() -> None:
    message = Message(
        "1", None, "missing", Party("", "x@news.com"), (), "", "Acme is great.", headers=(("list-unsubscribe", "<x>"),)
    )
    message = zoned(message)
    assert attribute(message, own_sentences(message), DIRECTORY) == (None,)


def test_a_shared_name_means_who_writes_or_is_written_to() -> None:
    directory = SupplierDirectory(
        (Supplier("Zed One", ("zed1.com",), aliases=("Zed",)), Supplier("Zed Two", ("zed2.com",), aliases=("Zed",))),
        ("us.example",),
    )

    def found(sender: str, to: str) -> str | None:
        message = zoned(Message("1", None, "missing", Party("", sender), (Party("", to),), "", "Zed is late."))
        (each,) = attribute(message, own_sentences(message), directory)
        return each.supplier if each else None

    assert found("a@zed1.com", "me@us.example") == "Zed One"
    assert found("me@us.example", "a@zed2.com") == "Zed Two"
    assert found("me@us.example", "you@us.example") is None


def test_two_suppliers_in_one_sentence_need_a_clear_subject() -> None:
    cases = {
        "Acme blamed Bolt for it.": "Acme/third_person",
        "Acme and Bolt were late.": None,
        "Neither Acme nor Bolt came.": None,
        "Acme listened; Bolt did not.": None,
        "We met Acme on Monday and Bolt on Tuesday.": None,
        "According to Bolt, Acme was late.": "Acme/third_person",
        "Unlike Bolt, Acme called.": "Acme/third_person",
        "Acme confirmed that Bolt was late.": "Bolt/third_person",
        "Acme promised that Bolt would be paid.": "Acme/third_person",
    }
    for text, expected in cases.items():
        assert owners(text) == [expected], text


def test_a_pronoun_without_a_known_supplier_is_nobodys_even_beside_a_name() -> None:
    assert owners("A start-up makes lids. Their price is twice that of Acme.") == [None, None]
    assert owners("Acme rang. They blamed Bolt.") == ["Acme/third_person"] * 2


def test_items_inherit_from_the_item_above_them_and_numbered_names_are_headings() -> None:
    assert owners("- Acme\n  - late again\n- Internal\n  - laptops on track") == [*["Acme/third_person"] * 2, None, None]
    assert owners("1. Acme\nLate twice.\n2. Any other business\nParty on the 5th.") == [*["Acme/third_person"] * 2, None, None]
    assert owners("Acme told us three things:\n\n- a price rise\n- a new owner") == ["Acme/third_person"] * 3


def test_a_quote_counts_for_its_author() -> None:
    text = "See below.\n\n---------- Forwarded message ---------\nFrom: Ann <a@acme.com>\nDate: Wed, 13 Nov 2024 at 11:58\nSubject: x\n\nWe are late."
    message = zoned(Message("1", None, "missing", Party("", "me@us.example"), (Party("", "you@us.example"),), "", text))
    zones = message.zones or ()
    start = text.index("We are late")
    zone = next(zone for zone in zones if zone.start <= start < zone.end)
    quoted = Sentence(1, start, len(text), text[start:], zone.kind, 9)
    (found,) = attribute(message, (quoted,), DIRECTORY)
    assert found == Attribution("Acme", "supplier")


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


def test_an_item_that_begins_with_a_pronoun_goes_on_about_the_item_before() -> None:
    assert owners("Log of today\n\n- Acme was late\n- their new lead left\n- Lunch") == [None, *["Acme/third_person"] * 2, None]


def test_the_supplier_means_the_one_spoken_of() -> None:
    text = "Bolt came.\n\nThe vendor blamed Acme."
    assert owners(text) == ["Bolt/third_person"] * 2


def test_both_means_neither_alone() -> None:
    assert owners("Acme is dearer than Bolt. Both were on time. Acme called.") == [
        "Acme/third_person",
        None,
        "Acme/third_person",
    ]


def test_agenda_headings_hold_for_the_paragraphs_below_them() -> None:
    text = "Board\n\n1. Acme: outage of March\n\nNobody called.\n\nThe report is thin.\n\n2. Gifts\n\nA draft follows."
    assert owners(text)[2:4] == ["Acme/third_person"] * 2
    assert owners(text)[5] is None


def test_a_field_that_names_no_supplier_ends_the_record_of_one() -> None:
    text = "Records\n\nSupplier: Acme\nIssue: paid twice\n\nSupplier: none\nIssue: printer"
    assert owners(text)[-2:] == [None, None]
    assert owners(text)[2] == "Acme/third_person"


def test_a_table_gives_each_row_its_supplier() -> None:
    table = "| Acme | red | nobody called us before the trucks stood still |\n| Bolt | green | fine |\n| - | - | lunch |"
    assert owners(table) == ["Acme/third_person", "Bolt/third_person", None]


def test_lines_of_a_log_inherit_nothing_but_turns_of_a_chat_do() -> None:
    assert owners("Log\n\n10:00 Called Acme.\n11:30 Staff meeting.")[1:] == ["Acme/third_person", None]
    assert owners("Chat\n\n[10:00] ann: called Acme\n[10:01] bob: still nothing")[1:] == ["Acme/third_person"] * 2


def test_answers_between_our_own_quoted_lines_are_about_the_line_above() -> None:
    quoted = "On Mon, 3 Mar 2025 at 12:40, You <you@us.example> wrote:\n> Would you keep Acme?\n\nOnly at half the price.\n\n"
    text = f"{quoted}> Would you keep Bolt?\n\nNo.\n\n> Lunch?\n\nSure.\n"
    assert owners(text, "me@us.example", ("you@us.example",)) == ["Acme/third_person", "Bolt/third_person", None]


def test_who_is_spoken_to_by_name_in_a_mail_to_two_suppliers() -> None:
    people = (Party("Ann Lee", "a@acme.com"), Party("Cy Dean", "c@bolt.com"))
    text = "It failed again.\n\nAnn, thanks for the call. You stayed late.\n\nCy, where is the report?"
    message = zoned(Message("1", None, "missing", Party("Bob", "me@us.example"), people, "", text))
    found = attribute(message, split_sentences(text, message.zones or ()), DIRECTORY)
    assert [each and each.supplier for each in found] == [None, "Acme", "Acme", "Bolt"]


def test_a_comment_on_a_forwarded_mail_may_ask_what_you_think_of_this() -> None:
    forwarded = (
        "---------- Forwarded message ---------\nFrom: Ann <ann@acme.com>\nDate: Mon, 3 Mar 2025\nSubject: Offer\n\nBuy more."
    )
    text = f"This came unasked. What do you think?\n\n{forwarded}"
    assert owners(text, "me@us.example", ("you@us.example",))[:2] == ["Acme/third_person"] * 2


def test_cells_between_semicolons_make_a_table_too_and_each_row_has_its_supplier() -> None:
    table = (
        "Firm; until; notice; remark\n"
        "Acme; end of June; six weeks; they let us out of the clause about the volumes\n"
        "Bolt; end of July; one month; third rise of their prices, nobody has agreed to it\n"
        "Canteen; end of May; two weeks; the people of the works council see to this one"
    )
    assert owners(table) == [None, "Acme/third_person", "Bolt/third_person", None]
    prose = "Acme were late; they called; nothing came\nof it, and Bolt; who knew; said so."
    assert len(owners(prose)) == 1


def test_a_known_person_is_told_of_even_where_a_pronoun_follows() -> None:
    acme = Supplier("Acme", ("acme.com",), addresses=("amy.stone@acme.com",))
    directory = SupplierDirectory((acme, Supplier("Bolt", ("bolt.com",))), ("us.example",))
    told = "To be fair, Amy had us running again as soon as she picked up the phone."
    text = f"Acme run the servers.\n\nBolt failed us twice.\n\n{told}"
    message = zoned(Message("1", None, "missing", None, (), "", text, kind="meeting_notes"))
    found = attribute(message, own_sentences(message), directory)
    assert [each and each.supplier for each in found] == ["Acme", "Bolt", "Acme"]
