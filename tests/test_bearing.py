"""What carries on to a sentence without a name, and what concerns nobody."""

import time

import pytest

from partnersignal.cleaning import own_sentences, zoned
from partnersignal.messages import Message, Party
from partnersignal.suppliers import Supplier, SupplierDirectory, attribute

DIRECTORY = SupplierDirectory(
    (
        Supplier("Acme", ("acme.com",), category="engines"),
        Supplier("Bolt Marine", ("bolt.com",), aliases=("Bolt",), category="catering"),
        Supplier("DRX", ("drx.net",), category="network"),
        Supplier("Cold Store", ("coldstore.com",)),
    ),
    ("us.example",),
)


def owners(text: str, sender: str = "", to: str = "you@us.example", title: str = "") -> list[str | None]:
    party = Party("", sender) if sender else None
    kind = "email" if sender else "meeting_notes"
    message = zoned(Message("1", None, "missing", party, (Party("", to),) if sender else (), title, text, kind=kind))
    return [each and each.supplier for each in attribute(message, own_sentences(message), DIRECTORY)]


@pytest.mark.parametrize(
    "sentence",
    [
        "The renewal is dearer by a fifth.",  # a dealing
        "Nobody had asked for the extra form.",  # a complaint
        "We lost the whole of Monday over the forms.",
        "Jonas asked what the forms were for.",  # somebody acts
        "The portal even shows the forms from last year again.",  # points back
        "But the forms are in order.",  # goes on
        "Not a word.",  # too short to stand alone
        "The pump stood around on the quay.",  # the pump was named before
    ],
)
def test_a_sentence_that_is_tied_to_a_supplier_carries_on(sentence: str) -> None:
    assert owners(f"I spoke to many. Acme sent the pump. {sentence}")[-1] == "Acme"


@pytest.mark.parametrize(
    "sentence",
    [
        "School party of sixty on the early boat.",
        "The weather closed in and it rained on all of us.",
        "Our own incident form is no shining example either.",
        "None of this is for circulation.",
        "Is the stand-up still at ten?",
    ],
)
def test_an_aside_in_running_prose_is_nobodys_and_the_text_comes_back(sentence: str) -> None:
    assert owners(f"I spoke to many. Acme sent the pump. {sentence} They were quick.")[-2:] == [None, "Acme"]


@pytest.mark.parametrize(
    "sentence",
    ["None of this is for circulation.", "Also, are you in on Friday?", "Can you tell me which cost centre it should go to?"],
)
def test_an_aside_is_nobodys_in_a_text_about_one_supplier_too(sentence: str) -> None:
    text = f"They sent the pump late. {sentence} The room was cold."
    assert owners(text, "me@us.example", title="Acme") == ["Acme", None, "Acme"]


@pytest.mark.parametrize(
    "question",
    ["What do you think about the whole thing?", "Did you see the invoice they meant?", "Agreed?", "Is it on the quay now?"],
)
def test_a_colleague_may_be_asked_about_the_supplier(question: str) -> None:
    assert owners(f"They sent the pump late. {question}", "me@us.example", title="Acme")[-1] == "Acme"


def test_a_question_under_a_heading_is_about_its_supplier() -> None:
    assert owners("## Acme\nPlain sailing so far. Can somebody be downstairs at the gate?")[-1] == "Acme"


def test_items_under_a_supplier_are_about_it() -> None:
    assert owners("## Acme\n- Two hours on the quay in the storm\n")[-1] == "Acme"


def test_what_was_said_of_another_supplier_goes_on_about_that_one() -> None:
    assert owners("Dull day. Acme changed the filters. Bolt left milk. Arne asked how the filters ran.")[-1] == "Acme"


def test_another_body_as_the_subject_ends_what_carries_on() -> None:
    assert owners("I spoke to many. Acme sent the pump. Legal is short of people until August.")[-1] is None
    assert owners("I spoke to many. Acme sent the pump. Finance wants a new form. They were quick.")[-1] is None


def test_everyday_life_is_nobodys_under_a_heading_too_unless_dealings_are_named() -> None:
    text = "## Acme\nLunch was the usual.\nThe delivery was late because of the snow.\nHis own wife said so."
    assert owners(text)[1:3] == [None, "Acme"]


def test_everyday_life_in_mail_is_nobodys() -> None:
    assert owners("I am on leave from Thursday.", "me@us.example", "ann@acme.com") == [None]
    assert owners("I am on leave, so please send your pumps.", "me@us.example", "ann@acme.com") == ["Acme"]
    assert owners("I am on leave from Thursday.", "ann@acme.com") == ["Acme"]
    assert owners("It has rained since Friday. It rained on our pumps.", "ann@acme.com") == [None, "Acme"]


def test_who_was_named_before_any_supplier_is_of_the_authors_circle() -> None:
    assert owners("I had a long call with Meg. Acme sent the pump. Meg opened the window in the hall.")[-1] is None
    assert owners("I had a long call. Acme sent the pump. Meg opened the window in the hall.")[-1] == "Acme"


def test_who_acted_for_a_supplier_is_known_again() -> None:
    text = "Dull day. Acme sent a pump. Meg asked for the key. Bolt came too. I sent Meg a box of pens."
    assert owners(text)[-1] == "Acme"


def test_a_name_a_pronoun_needs_not_be_another_supplier() -> None:
    assert owners("Dull day. Acme sent a pump. Everybody should take their tea early.")[-1] is None
    assert owners("Dull day. Acme sent a pump. Everybody should help them early.")[-1] == "Acme"


def test_a_party_may_be_named_by_its_trade() -> None:
    assert owners("Dull day. DRX sent a router. The radar people come on Friday, that is another matter.")[-1] is None
    assert owners("Dull day. DRX sent a router. The engine people were better.")[-1] == "Acme"
    assert owners("Dull day. DRX sent a router. The marine lot were better.")[-1] == "Bolt Marine"


def test_what_one_of_us_thinks_of_a_supplier_is_about_it() -> None:
    assert owners("## Bolt\nBread was late.\nI thought Acme had done that.")[-1] == "Acme"
    assert owners("## Bolt\nBread was late.\nI told Acme of that.")[-1] == "Bolt Marine"


def test_names_may_be_wrapped_and_short_ones_lower_case_before_a_colon() -> None:
    text = "It was a very dull day at the office, and so this is a line that goes on. Cold\nStore sent bread."
    assert owners(text)[-1] == "Cold Store"
    assert owners("for the file. acme was late. drx: paid by hand, and they were decent.")[-1] == "DRX"
    assert owners("for the file. acme was late. our drx is old.")[-1] != "DRX"


def test_what_is_done_about_an_item_is_about_its_supplier() -> None:
    assert owners("To do\n- Acme to swap the pump\n- Paul to raise it with the board\n- Paul to book a room")[1:] == [
        "Acme",
        "Acme",
        None,
    ]


def test_it_may_be_what_a_supplier_showed() -> None:
    assert owners("Dull day. Acme showed a pump. It can run at sea, so Bolt would have room.")[-1] == "Acme"


def test_a_title_may_be_a_supplier_with_a_colon() -> None:
    title, text = "Acme: what we learnt", "The floor walkers were the best thing."
    assert owners(f"{title}\n\n{text}", title=title)[-1] == "Acme"
    assert owners(f"{title}\n{text}", title=title)[-1] is None


def test_looking_for_ties_takes_linear_time() -> None:
    def seconds(words: int) -> float:
        text = "Dull day. Acme sent a pump. " + "the things of everybody " * words + "here."
        start = time.process_time()
        owners(text)
        return time.process_time() - start

    seconds(100)
    assert seconds(16_000) < 40 * max(seconds(2_000), 0.005)
