"""Who the people of notes are, and whose turns count as whose voice."""

from dataclasses import replace

import pytest

from partnersignal.cleaning import own_sentences, zoned
from partnersignal.messages import Message
from partnersignal.suppliers import Supplier, SupplierDirectory, attribute
from partnersignal.suppliers.directory import OURS
from partnersignal.suppliers.speakers import STRANGER, find_people

DIRECTORY = SupplierDirectory(
    (Supplier("Acme", ("acme.com",), aliases=("Acme Ltd",)), Supplier("Bolt", ("bolt.com",))), ("home-bakers.com",)
)
TURNS = "Ann: We fixed it.\nBob: Good.\nCy: We did not.\nDee: Fine."


def notes(text: str) -> Message:
    return zoned(Message("1", None, "missing", None, (), "", text, kind="meeting_notes"))


def voices(text: str) -> dict[str, str | None]:
    message = notes(text)
    sentences = own_sentences(message)
    found = zip(sentences, attribute(message, sentences, DIRECTORY), strict=True)
    return {sentence.text: f"{each.supplier}/{each.voice}" if each else None for sentence, each in found}


@pytest.mark.parametrize(
    "attendees",
    [
        "Attendees: Ann Lee (Acme), Bob Ray (us), Cy Dean (Bolt), Dee Fox (us)",
        "Attendees: Ann Lee <ann@acme.com>, Bob <bob@home-bakers.com>, Cy <cy@bolt.com>, Dee <dee@home-bakers.com>",
        "Attendees: ann.lee@acme.com; bob@home-bakers.com; cy@bolt.com; dee@home-bakers.com",
        "Present: Ann Lee - Acme, Bob - Home Bakers, Cy Dean - Bolt, Dee - Home Bakers",
        "Present: Acme (Ann, Al), Bolt (Cy), Home Bakers (Bob, Dee)",
        "On the call: Ann Lee of Acme, Cy Dean from Bolt, Bob and Dee",
        "Participants: Ann Lee (Account Manager, Acme), Cy Dean (Bolt sales), Bob Ray (CIO), Dee Fox",
        "Acme: Ann Lee, Al Orr\nBolt: Cy Dean\nUs: Bob, Dee",
        "Attendees:\n- Ann Lee, Acme\n- Bob, Home Bakers\n- Cy Dean, Bolt\n- Dee Fox, Home Bakers",
        "## Attendees\n\n- Ann Lee (Acme)\n- Cy Dean (Bolt)\n- Bob (us)\n- Dee (us)\n\n## Call",
        "Attendees\n| Name | Company |\n|---|---|\n| Ann Lee | Acme |\n| Cy Dean | Bolt |\n| Bob | Home Bakers |\n| Dee | us |",
        "Call with Ann Lee (Acme) and Cy Dean (Bolt)",
    ],
)
def test_turns_go_by_the_attendee_list(attendees: str) -> None:
    found = voices(f"{attendees}\n\n{TURNS}")
    assert found["Ann: We fixed it."] == "Acme/supplier"
    assert found["Cy: We did not."] == "Bolt/supplier"
    assert found["Bob: Good."] is None
    assert found["Dee: Fine."] is None


@pytest.mark.parametrize(
    ("label", "other"),
    [
        ("Ann (Acme)", "Bob"), ("Ann Lee | Acme", "Bob"), ("Ann/Acme", "Bob/us"), ("[Acme] Ann", "[us] Bob"), ("Ann Lee, Acme Ltd", "Bob"),
        ("ANN LEE (ACME)", "BOB"), ("**Ann (Acme)**", "**Bob**"), ("ann@acme.com", "bob@home-bakers.com"), ("Ann - Acme", "Bob - us"),
    ],
)  # fmt: skip
def test_a_label_may_tell_the_company(label: str, other: str) -> None:
    found = voices(f"{label}: We fixed it.\n{other}: Lunch.\n{label}: It was late.\nCy (Bolt): No.")
    assert list(found.values())[:2] == ["Acme/supplier", None]


def test_minutes_are_resolved_by_initials_names_and_titles() -> None:
    found = voices(
        "Attendees: Ann Lee (Acme), Cy Dean (Bolt), Bob Ray (us)\n\nAL: release slips to June\nCD to send the offer\nBR to book a room\n"
        "\nAL reported a delay. She apologised.\n\nMr Dean declined."
    )
    assert found["AL: release slips to June"] == "Acme/supplier"
    assert found["CD to send the offer"] == "Bolt/third_person"
    assert found["BR to book a room"] is None
    assert found["She apologised."] == "Acme/third_person"
    assert found["Mr Dean declined."] == "Bolt/third_person"


def test_a_company_behind_several_people_is_that_of_each() -> None:
    for listed in ("Ann Lee, Al Orr - Acme; Bob Ray and Dee Fox, Home Bakers", "Dee, Bob (Home), Al, Ann (Acme)"):
        people = find_people(notes(f"Attendees: {listed}"), DIRECTORY)
        assert [people.side(name) for name in ("Ann", "Al", "Bob", "Dee")] == [0, 0, "ours", "ours"]


def test_what_one_of_us_has_to_do_is_no_turn() -> None:
    found = voices(
        "Call with Acme\n\nAttendees: Ann Lee (AL, Acme), Bob Ray (BR, us)\n\n- AL: send the offer\n- BR: book a room"
    )
    assert list(found.values())[-1] is None


def test_names_of_people_on_two_sides_mean_nobody() -> None:
    people = find_people(notes("Attendees: Ann Lee (Acme), Ann Orr (Bolt), Al Lund (us), Dee Fox (Some Advisers)"), DIRECTORY)
    assert people.side("Ann Lee") == 0
    assert people.side("Ann Orr") == 1
    assert people.side("Ann") is None
    assert people.side("AL") is None
    assert people.side("Al") == OURS
    assert people.side("A. Lund") == OURS
    assert people.side("Dee") == STRANGER


def test_a_consultants_turn_is_about_whom_it_names_only() -> None:
    found = voices("Attendees: Ann Lee (Acme), Dee Fox (Some Advisers), Bob (us)\n\nDee: You should wait.\nDee: Acme was late.")
    assert found["Dee: You should wait."] is None
    assert found["Dee: Acme was late."] == "Acme/third_person"


def test_we_answer_whom_we_name_or_who_spoke_before() -> None:
    found = voices(
        "Ann (Acme): We fixed it.\nBob: Thank you.\nCy (Bolt): We raised the price.\nBob: Lunch is at one.\nBob: Ann, is it safe?\n"
        "Bob: Could everyone send minutes?"
    )
    assert found["Bob: Thank you."] == "Acme/third_person"
    assert found["Bob: Lunch is at one."] is None
    assert found["Bob: Ann, is it safe?"] == "Acme/third_person"
    assert found["Bob: Could everyone send minutes?"] is None


def test_an_attendee_list_tells_nothing_of_behaviour() -> None:
    found = voices("Attendees:\nAnn Lee (Acme)\nBob (us)\n\nThe release slipped.")
    assert found["Ann Lee (Acme)"] is None
    assert found["The release slipped."] == "Acme/third_person"


def test_a_field_is_no_speaker() -> None:
    found = voices("Supplier: Acme\nIssue: late again\nNext step: a call\n\nSupplier: Bolt\nIssue: none\nNext step: none")
    assert list(found.values())[1:3] == ["Acme/third_person"] * 2


LISTED = SupplierDirectory(
    (
        Supplier("Copperline", ("copperline.example",), ("ruth.dacre@copperline.example", "sales.desk@copperline.example")),
        Supplier("Northway", ("northway.example",), ("tom.bray@northway.example", "ruth.low@northway.example")),
    ),
    ("ours.example",),
    ("tom.lee@ours.example",),
)


@pytest.mark.parametrize(
    ("text", "name", "side"),
    [
        ("Ruth Dacre rang about the valve.", "Ruth Dacre", 0),  # a full name is enough
        ("Ruth rang about the valve.", "Ruth", None),  # we may have a Ruth as well
        ("Copperline: Ruth rang about the valve.", "Ruth", 0),  # of the two Ruths the one whose firm is named
        ("Copperline and Northway: Ruth rang.", "Ruth", None),
        ("Northway: Tom rang.", "Tom", None),  # one of us has the name
        ("Northway: Bray rang.", "Bray", 1),
        ("Attendees: Ruth Smith (us), Ann\n\nCopperline: Ruth rang.", "Ruth", "ours"),  # who was there goes first
        ("Attendees: Ruth Smith (us), Ruth Jones (Bigco)\n\nCopperline: Ruth rang.", "Ruth", None),
        ("Copperline: Desk rang.", "Desk", None),  # a mailbox is nobody
    ],
)
def test_people_whom_the_directory_lists(text: str, name: str, side: object) -> None:
    note = Message("1", None, "missing", None, (), "", text, kind="meeting_notes")
    assert find_people(note, LISTED).side(name) == side


KNOWN = SupplierDirectory(
    (
        Supplier("Acme", ("acme.com",), ("ann.lee@acme.com", "mark.orr@acme.com", "zoe.brun@acme.com", "ed.low@acme.com")),
        Supplier("Bolt", ("bolt.com",), ("cy.dean@bolt.com",), category="lifts"),
    ),
    ("us.example",),
    ("dora.fox@us.example", "ed.moss@us.example"),
)
UNKNOWN = replace(KNOWN, our_addresses=("dora.fox@us.example",))


def whose(text: str, directory: SupplierDirectory = KNOWN) -> list[str | None]:
    message = zoned(Message("1", None, "missing", None, (), text.partition("\n")[0], text, kind="meeting_notes"))
    return [each.supplier if each else None for each in attribute(message, own_sentences(message), directory)]


@pytest.mark.parametrize(
    ("text", "supplier"),
    [
        ("Yesterday Ann rang about the delay.", "Acme"),
        ("Cy promised a new motor.", "Bolt"),
        ("Zoé rang about the delay.", "Acme"),  # addresses have no accents
        ("Mark the pages that changed.", None),
        ("Una rang about the delay.", None),
    ],
)
def test_a_first_name_is_a_contacts_where_our_people_are_listed_too(text: str, supplier: str | None) -> None:
    note = f"A short line to begin with, of nothing.\n\n{text}"
    assert whose(note)[-1] == supplier
    assert whose(note, UNKNOWN)[-1] is None
    assert whose(note.replace("of nothing", "of Acme and Bolt"), UNKNOWN)[-1] == supplier


def test_one_of_us_who_is_listed_has_the_name_too() -> None:
    assert whose("A short line to begin with.\n\nEd rang about the delay.")[-1] is None


def test_one_of_us_who_is_there_keeps_the_first_name() -> None:
    text = "Present: Ann Fox (us), Bo Ray (Bolt)\n\nAnn was late today and apologised for it."
    assert whose(text)[-1] != "Acme"


@pytest.mark.parametrize(
    ("title", "supplier"),
    [("Call note 7 Nov - Ann Lee", "Acme"), ("Farewell to Mary-Ann Lee", None), ("Acme, notes of Dora Fox", "Acme")],
)
def test_a_contact_in_the_title_is_whom_the_note_is_about(title: str, supplier: str | None) -> None:
    assert whose(f"{title}\n\nThey rang about the strike. Parcels go by rail.")[1:] == [supplier, supplier]


def test_a_title_with_a_number_is_a_title() -> None:
    text = "Acme committee no. 5\n\n1. Status\nThe roof of the hall is finished.\n\n2. Prices\nThe uplift was dropped."
    assert [each for each in whose(text) if each] == ["Acme"] * 3


def test_colleagues_who_call_each_other_by_name_speak_of_nobody() -> None:
    text = (
        "Call about the bonus\n\nOn the call: Ann Lee (Acme), Dora Fox (us), Ed Moss (us)\n\n"
        "Ann Lee: We added a check.\nDora Fox: Can you put that into a letter I can show?\n"
        "Dora Fox: By the way Ed, anything from the warehouse?\nDora Fox: Ed, anything from the warehouse?\n"
        "Ed Moss: No, the stocktake was all we did.\nDora Fox: Ed, did they answer you?\nEd Moss: Not yet."
    )
    assert whose(text)[2:] == ["Acme", "Acme", None, None, None, "Acme", None]


@pytest.mark.parametrize("heading", ["Any other business", "## AOB", "Other business", "Verschiedenes"])
def test_any_other_business_leaves_the_subject(heading: str) -> None:
    text = f"Acme review\n\nThe uplift was dropped.\n\n{heading}\n\nThe forms are due on the 1st.\n\n## Prices\n\nThey went up."
    assert whose(text)[-5:] == ["Acme", None, None, None, "Acme"]


def test_other_matters_of_a_supplier_are_its_own() -> None:
    text = "# Acme\n\n## Service\n\nIt was slow.\n\n## Other\n\nThe invoices were wrong.\n\n# Bolt\n\n## Other\n\nThe driver was rude."
    assert whose(text)[3:] == ["Acme", "Acme", "Bolt", "Bolt", "Bolt"]


def test_a_paragraph_that_a_name_opens_is_about_it() -> None:
    text = "Handover for the fortnight\n\nAcme: if Ann rings again, the answer is no. The rail boxes are agreed, papers lie on the shelf."
    assert whose(text)[1:] == ["Acme", "Acme"]
    assert whose("For the week\n\nAcme: the boxes are agreed. The lifts people missed their slot.")[1:] == ["Acme", "Bolt"]


def test_unrelated_is_about_nobody() -> None:
    text = "Status Acme\n\nThe setup is through the first test.\n\nUnrelated: the forklift is out of order.\n\nNext session in May."
    assert whose(text)[1:] == ["Acme", None, None]


@pytest.mark.parametrize(
    "text", ["None of the three came to us.", "One is as good as the other.", "All five of them were late."]
)
def test_several_are_nobody(text: str) -> None:
    text = text.replace("as good as the other", "no better than the other")
    assert whose(f"Acme and Bolt were here on Tuesday. Bolt was late. {text}")[-1] is None


def test_what_our_own_people_do_is_no_suppliers() -> None:
    assert whose("Long week. Acme sent two men. Dora fetched the big ladder from home.")[-1] is None
    assert whose("Long week. Acme sent two men. Dora asked them for the invoice.")[-1] == "Acme"
