"""Whose words each stretch of a body is, on bodies as mail programs write them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail import message, zones_of

from partnersignal.cleaning import find_zones, new_text, own_sentences, split_sentences, without_boilerplate, zoned
from partnersignal.cleaning.zones import MOST_LINES, OTHERS, find_quotes
from partnersignal.conversations.words import word_hash
from partnersignal.messages import Party, Unreadable, Zone
from partnersignal.runs.zones import with_zones, zone_row
from tests.timing import computing_takes_under

QUOTES = ("quoted", "forwarded")


def authors(text: str) -> list[Party | None]:
    return [zone.author for zone in find_zones(text) if zone.kind in QUOTES]


def address_of_quote(text: str) -> str:
    first = next(zone for zone in find_zones(text) if zone.kind in QUOTES)
    return first.author.address if first.author else ""


@pytest.mark.parametrize(
    "intro",
    [
        "On Tue, 5 Mar 2024 at 09:12, Ann Lee <ann@acme.example> wrote:",
        "On Tue, 5 Mar 2024 at 09:12, Ann Lee\n<ann@acme.example> wrote:",
        "On 5 Mar 2024, at 09:12, Ann Lee <ann@acme.example> wrote:",
        "Am 05.03.2024 um 09:12 schrieb Ann Lee <ann@acme.example>:",
        "Am Di., 5. März 2024 um 09:12 Uhr schrieb Ann Lee <ann@acme.example>:",
        "Le mar. 5 mars 2024 à 09:12, Ann Lee <ann@acme.example> a écrit :",
        "Den tir. 5. mar. 2024 kl. 09.12 skrev Ann Lee <ann@acme.example>:",
        "El mar, 5 mar 2024 a las 9:12, Ann Lee (<ann@acme.example>) escribió:",
        "Il giorno mar 5 mar 2024 alle ore 09:12 Ann Lee <ann@acme.example> ha scritto:",
        "Op di 5 mrt 2024 om 09:12 schreef Ann Lee <ann@acme.example>:",
        "wt., 5 mar 2024 o 09:12 Ann Lee <ann@acme.example> napisał(a):",
        "вт, 5 мар. 2024 г. в 09:12, Ann Lee <ann@acme.example>:",
        "Ann Lee <ann@acme.example> 于2024年3月5日周二 09:12写道：",
        "2024年3月5日(火) 9:12 Ann Lee <ann@acme.example>:",
        "2024-03-05 9:12 GMT+01:00 Ann Lee <ann@acme.example>:",
    ],
)
@pytest.mark.parametrize("marked", [True, False])
def test_intro_lines_of_mail_programs(intro: str, marked: bool) -> None:
    quote = "> When is it done?\n> Ann" if marked else "When is it done?\nAnn"
    text = f"It is done.\n\n{intro}\n\n{quote}"
    assert new_text(text) == "It is done."
    assert address_of_quote(text) == "ann@acme.example"


@pytest.mark.parametrize(
    "words",
    [
        ("From", "Sent", "To", "Subject"),
        ("Von", "Gesendet", "An", "Betreff"),
        ("De", "Envoyé", "À", "Objet"),
        ("Fra", "Sendt", "Til", "Emne"),
        ("Från", "Skickat", "Till", "Ämne"),
        ("Od", "Wysłano", "Do", "Temat"),
        ("От", "Отправлено", "Кому", "Тема"),
        ("Van", "Verzonden", "Aan", "Onderwerp"),
        ("De", "Enviado el", "Para", "Asunto"),
        ("Da", "Inviato", "A", "Oggetto"),
        ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
        ("发件人", "发送时间", "收件人", "主题"),
        ("差出人", "送信日時", "宛先", "件名"),
        ("Avtor", "Poslano", "Za", "Zadeva"),
    ],
    ids=lambda words: "-".join(words[:1]),
)
@pytest.mark.parametrize("style", ["plain", "bold", "rule", "original", "wide", "french"])
def test_outlook_headers_in_any_language(words: tuple[str, ...], style: str) -> None:
    values = ("Ann Lee <ann@acme.example>", "5. 3. 2024 09:12", "bob@ours.example", "Re: Disk")
    form = {"bold": "*{}:* {}", "wide": "{}：{}", "french": "{} : {}"}.get(style, "{}: {}")
    lead = {"rule": "_" * 32 + "\n", "original": "-----Original Message-----\n"}.get(style, "")
    header = "\n".join(form.format(*pair) for pair in zip(words, values, strict=True))
    text = f"It is done.\n\n{lead}{header}\n\nWhen is it done? We raised it twice.\n"
    assert new_text(text) == "It is done."
    assert address_of_quote(text) == "ann@acme.example"


def test_outlook_header_with_names_only() -> None:
    text = "Done.\n\nFrom: Lee, Ann\nSent: Tuesday, March 5, 2024 9:12 AM\nTo: Bob\nSubject: Disk\n\nWhen?"
    assert new_text(text) == "Done."
    assert authors(text) == [Party("Lee, Ann", "")]


def test_apple_mail() -> None:
    text = "Done.\n\nBob\n\n> On 5 Mar 2024, at 09:12, Ann Lee <ann@acme.example> wrote:\n> \n> When?\n"
    assert new_text(text).startswith("Done.")
    assert "When" not in new_text(text)


@pytest.mark.parametrize(
    "head",
    [
        "Ann Lee@ACME\n03/05/2001 05:08 PM\nTo: Bob/HOU/OURS@OURS\ncc: Carl/HOU/OURS@OURS\nSubject: Disk",
        "Ann Lee@ACME 03/05/2001 05:08 PM\nTo:\tBob\ncc:\t\nSubject:\tDisk",
        '"Ann Lee" <ann@acme.example> on 03/05/2001 05:08:12 PM\nTo: Bob\ncc: \nSubject: Disk',
        "---------------------- Forwarded by Bob/HOU/OURS on 03/06/2001 08:00 AM ---------------------------\n\n\n"
        "Ann Lee@ACME\n03/05/2001 05:08 PM\nTo: Bob/HOU/OURS@OURS\ncc: \nSubject: Disk",
    ],
)
def test_lotus_headers(head: str) -> None:
    text = f"Please see below.\n\n{head}\n\nWe cannot keep the date.\n"
    assert new_text(text) == "Please see below."
    assert authors(text)[-1] is not None


def test_nested_quotes_keep_their_own_authors() -> None:
    text = (
        "Third.\n\nFrom: Ann <ann@acme.example>\nSent: 6 March 2024 10:00\nTo: Bob\nSubject: x\n\nSecond.\n\n"
        "From: Bob <bob@ours.example>\nSent: 5 March 2024 09:00\nTo: Ann\nSubject: x\n\nFirst.\n"
    )
    found = {text[zone.start : zone.end].split()[-1]: zone.author for zone in find_zones(text)}
    assert found == {"Third.": None, "Second.": Party("Ann", "ann@acme.example"), "First.": Party("Bob", "bob@ours.example")}


def test_inline_answers_are_new_and_questions_quoted() -> None:
    text = (
        "Hi Ann,\n\nOn Tue, 5 Mar 2024 at 09:12, Ann Lee <ann@acme.example> wrote:\n> When is the disk ready?\n\nOn Monday.\n\n"
        "> And who pays for it?\n\nWe pay.\n"
    )
    kinds = zones_of(text)
    assert [words for kind, words in kinds if kind == "new"] == ["On Monday.", "We pay."]
    assert [words for kind, words in kinds if kind == "quoted"][-1] == "> And who pays for it?"
    assert authors(text) == [Party("Ann Lee", "ann@acme.example")] * len(authors(text))


def test_bullets_are_no_signature() -> None:
    """A list of promises at the end, which other parsers cut."""
    text = "We will do three things:\n- add capacity on Monday\n- call you daily\n- send the report\n"
    assert new_text(text) == text.strip()


def test_dashes_before_a_list_are_no_signature() -> None:
    text = "We will do this:\n\n--\n- add capacity before Monday\n- and tell you every day how it goes\n"
    assert "add capacity" in new_text(text)
    assert "tell you every day" in new_text(text)


@pytest.mark.parametrize(
    "sentence",
    [
        "On Monday we will ship 20 units to the site as we\nwrote: nothing changes for you.",
        "On Monday we will ship the units, as Ann from the plant\nwrote:\nnothing changes for you.",
        "On 5 March the plant stops, so here is what the manager wrote:\nwe need more people and a new press for it.",
        "Here is what we agreed:\nthe price stays until 2025.",
        "Next steps:\nAnn: call the plant\nBob: send the offer\nCarl: book the crane",
        "Agenda: prices\nPlace: Cologne\nTime: 9:30",
        "--- Next steps ---\nWe call you on Monday.",
        "Price: 5 EUR\nDelivery: 3 days\nPayment: 30 days net",
    ],
)
def test_words_that_only_look_like_a_header_are_kept(sentence: str) -> None:
    text = f"Dear Bob,\n\n{sentence}\n\nThe rest follows tomorrow from our side."
    assert new_text(text) == text


@pytest.mark.parametrize(
    "footer",
    [
        "Sent from my iPhone", "Get Outlook for iOS", "Get Outlook for Android<https://aka.example/x>", "Von meinem iPhone gesendet",
        "Gesendet von Mail für Windows", "Envoyé de mon iPhone", "Enviado desde mi iPhone", "Sendt fra min iPhone", "Skickat från min iPhone",
        "Wysłane z iPhone'a", "Отправлено с iPhone", "发自我的 iPhone", "iPhoneから送信", "Verzonden vanaf mijn iPhone", "Inviato da iPhone",
    ],
)  # fmt: skip
def test_mobile_footer(footer: str) -> None:
    assert zones_of(f"We add capacity tonight.\n\n{footer}") == [("new", "We add capacity tonight."), ("signature", footer)]


def test_mobile_footer_above_the_quote() -> None:
    text = "Done.\n\nSent from my iPhone\n\n> On 5 Mar 2024, at 09:12, Ann <ann@acme.example> wrote:\n> When?"
    assert new_text(text) == "Done."


@pytest.mark.parametrize(
    "sentence",
    ["Sent from the warehouse on Monday, the units arrive today.", "Sent via courier yesterday, it should be with you now."],
)
def test_a_sentence_that_starts_with_sent_is_kept(sentence: str) -> None:
    assert new_text(f"The units are on the way.\n\n{sentence}") == f"The units are on the way.\n\n{sentence}"


DISCLAIMER = (
    "This e-mail and any attachment are confidential and may be privileged. If you are not the intended recipient, "
    "please notify the sender and delete it. Any unauthorised disclosure is prohibited."
)


@pytest.mark.parametrize(
    "small_print",
    [
        DISCLAIMER,
        "Diese E-Mail ist vertraulich und nur bestimmt für den Empfänger. Ist sie nicht für Sie, löschen Sie sie bitte: confidential.",
        DISCLAIMER
        + "\n\nActing on it is at your own risk, this message was scanned for viruses and is confidential to the addressee.",
    ],
)
def test_disclaimer(small_print: str) -> None:
    text = f"We added capacity.\n\nAnn Lee\n\n{small_print}\n"
    zones = zones_of(text)
    assert zones[0][0] == "new"
    assert zones[0][1].startswith("We added capacity.")
    assert zones[-1] == ("disclaimer", small_print)


def test_a_sentence_about_confidentiality_is_no_disclaimer() -> None:
    text = "Hello Bob,\n\nPlease keep the price list confidential until the tender closes, that was the deal with the board."
    assert new_text(text) == text


def test_disclaimer_at_the_top_is_not_the_whole_mail() -> None:
    text = f"{DISCLAIMER}\n\nWe added capacity."
    assert "We added capacity." in new_text(text)


@pytest.mark.parametrize(
    "header",
    [
        "---------- Forwarded message ---------\nFrom: Eve <eve@other.example>\nDate: Tue, 5 Mar 2024 at 09:12\nSubject: Offer\nTo: Bob <bob@ours.example>",
        "Begin forwarded message:\n\nFrom: Eve <eve@other.example>\nSubject: Offer\nDate: 5 March 2024 at 09:12:00 CET\nTo: Bob <bob@ours.example>",
        "Anfang der weitergeleiteten Nachricht:\n\n> Von: Eve <eve@other.example>\n> Datum: 5. März 2024 um 09:12:00 MEZ\n> An: Bob\n> Betreff: Offer\n>",
        "-------- Weitergeleitete Nachricht --------\nBetreff: Offer\nDatum: Tue, 5 Mar 2024 09:12:00 +0100\nVon: Eve <eve@other.example>\nAn: Bob",
    ],
)
@pytest.mark.parametrize("note", ["", "FYI, see below.\n\n"])
def test_forwarded_message(header: str, note: str) -> None:
    text = f"{note}{header}\n{'> ' if '> ' in header else ''}\nWe raise the price in May.\n".replace("> \nWe", "> We")
    assert new_text(text) == note.strip()
    zone = find_zones(text)[-1]
    assert zone.kind == "forwarded"
    assert zone.author is not None
    assert zone.author.address == "eve@other.example"


@pytest.mark.parametrize(
    "banner",
    [
        "[EXTERNAL]", "[EXT]", "EXTERNAL EMAIL: Do not click links unless you know the sender.", "CAUTION: This email originated from outside the organisation.",
        "Caution! External sender.\nBe careful with links.", "You don't often get email from ann@acme.example. Learn why this is important",
        "ACHTUNG: Diese E-Mail kommt von außerhalb.",
    ],
)  # fmt: skip
def test_banner(banner: str) -> None:
    assert zones_of(f"{banner}\n\nHi Bob,\n\nWe added capacity.") == [
        ("banner", banner),
        ("greeting", "Hi Bob,"),
        ("new", "We added capacity."),
    ]


def test_a_warning_by_the_author_is_no_banner() -> None:
    assert new_text("External staff fixed the press.\n\nMore tomorrow.") == "External staff fixed the press.\n\nMore tomorrow."


@pytest.mark.parametrize("delimiter", ["-- ", "--", "__", "—"])
def test_signature_after_its_delimiter(delimiter: str) -> None:
    text = f"We added capacity.\n\n{delimiter}\nAnn Lee\nKey Account Manager, Acme Ltd.\nTel. +49 221 1234567\n"
    assert new_text(text) == "We added capacity."


@pytest.mark.parametrize(
    "closing",
    [
        "Best regards,", "Kind regards", "Regards,", "Best,", "Cheers,", "Thanks,", "Many thanks,", "Thank you!", "Sincerely,", "Yours sincerely,", "With best regards,",
        "Warm regards,", "Best wishes,", "Thanks and regards,", "Thanks in advance,", "Mit freundlichen Grüßen", "Viele Grüße", "Cordialement,", "Saludos,", "Un saludo,",
        "Cordiali saluti", "Met vriendelijke groet,", "Med venlig hilsen", "Pozdrawiam", "С уважением,", "此致", "With kind regards", "My best,",
    ],
)  # fmt: skip
def test_sign_off(closing: str) -> None:
    text = f"We added capacity.\n\n{closing}\n\nAnn Lee\nAcme Ltd.\n"
    assert zones_of(text) == [("new", "We added capacity."), ("signature", f"{closing}\n\nAnn Lee\nAcme Ltd.")]


@pytest.mark.parametrize(
    "words",
    [
        "Thanks, got it.\nWe will add capacity tomorrow.",
        "Thanks for the note.\n\nWe add capacity on Monday.",
        "My team fixed the leak.",
        "With this we can start.",
        "Best is to wait.",
        "Many people called us today.",
        "Kind of late, but done.",
        "Regards the price: it stays.\nWe sent the list.",
        "Thank you for the call.\nYou listened to us and changed the plan.",
        "My view is simple:\nthe price is too high.",
    ],
)
def test_sentences_that_start_like_a_sign_off_are_kept(words: str) -> None:
    text = f"Hi Bob,\n\nThe disk was full again last night.\n{words}"
    assert new_text(text) == text


def test_sign_off_after_a_thankful_sentence() -> None:
    text = "Hi Bob,\n\nThanks for the call.\nWe added capacity before it hurt you.\n\nThanks,\nAnn"
    assert new_text(text) == "Hi Bob,\n\nThanks for the call.\nWe added capacity before it hurt you."


def test_contact_block_without_a_sign_off() -> None:
    text = "We added capacity.\n\nAnn Lee\nTel: +49 221 1234567\nwww.acme.example\nann@acme.example\n"
    assert new_text(text) == "We added capacity."


def test_a_mail_of_contacts_only_keeps_its_words() -> None:
    text = "Call Ann: +49 221 1234567\nor Eve: +49 221 7654321"
    assert new_text(text) == text


@pytest.mark.parametrize(
    "greeting",
    [
        "Hi Bob,", "Hello", "Dear Bob,", "Dear Mr. Lee,", "Dear Dr. Lee:", "Good morning all,", "Hi Bob and Carl,", "Hi Ann, Bob, Carl,", "Hallo Frau Lee,", "Bob,", "Bob, Carl,",
        "Sehr geehrte Damen und Herren,", "Bonjour Monsieur,", "Hola Bob:", "Buongiorno,", "Hej Bob!", "Dzień dobry,", "Здравствуйте!", "您好，", "Hi team -",
    ],
)  # fmt: skip
def test_greeting(greeting: str) -> None:
    assert zones_of(f"{greeting}\n\nWe added capacity.") == [("greeting", greeting), ("new", "We added capacity.")]


@pytest.mark.parametrize(
    "line",
    [
        "Hi Bob, we saw the disk filling up and",
        "Hi Bob, we added capacity overnight",
        "Morning shift found the leak in hall two",
        "Hello Bob, the price stays",
        "Dear customers of ours saw it first and",
        "Best thing we did all year was the",
    ],
)
def test_a_line_that_greets_and_goes_on_is_new(line: str) -> None:
    assert zones_of(f"{line}\nadded capacity for you.") == [("new", f"{line}\nadded capacity for you.")]


def test_everything_at_once() -> None:
    text = (
        f"[EXTERNAL]\n\nDear Mr. Bond,\n\nThe disk was full.\n- we added capacity\n\nBest regards,\nAnn Lee\n\nSent from my iPhone\n\n{DISCLAIMER}\n\n"
        "On Tue, 5 Mar 2024 at 09:12, Bob <bob@ours.example> wrote:\n> When?\n"
    )
    assert [kind for kind, _ in zones_of(text)] == ["banner", "greeting", "new", "signature", "disclaimer", "quoted"]
    assert new_text(text) == "Dear Mr. Bond,\n\nThe disk was full.\n- we added capacity"


@pytest.mark.parametrize(
    "text", ["> only a quote\n> of two lines", "On Tue, 5 Mar 2024 at 09:12, Ann <a@x.example> wrote:\n> When?", ""]
)
def test_no_words_of_ones_own(text: str) -> None:
    assert new_text(text) == ""


def test_crlf_body() -> None:
    assert new_text("Done.\r\n\r\n> When?\r\n") == "Done."


def test_zones_are_set_on_the_message() -> None:
    assert zoned(message(text="Done.\n> When?")).new_text == "Done."


LINES = st.sampled_from(
    [
        "", " ", "Hi Bob,", "We added capacity.", "> quoted", ">> twice", "| bar", "Best regards,", "Ann Lee", "-- ", "Sent from my iPhone", DISCLAIMER, "[EXTERNAL]",
        "From: Ann <ann@acme.example>", "Sent: 5 March 2024 09:12", "To: Bob", "Subject: x", "On Tue, 5 Mar 2024, Ann <a@x.example> wrote:", "wrote:",
        "-----Original Message-----", "_" * 32, "Ann Lee@ACME 03/05/2001 05:08 PM", "- item", "Tel: +49 221 1234567", "---------- Forwarded message ---------",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(text=st.lists(LINES | st.text(max_size=30), max_size=15).map("\n".join) | st.text(max_size=60))
def test_zones_cover_any_text_without_gaps(text: str) -> None:
    zones = find_zones(text)
    assert [zone.start for zone in zones] == [0, *(zone.end for zone in zones[:-1])][: len(zones)]
    assert (zones[-1].end if zones else 0) == len(text)
    assert all(zone.start < zone.end for zone in zones)
    assert all(zone.author is None or zone.kind in QUOTES for zone in zones)


HOSTILE = [
    "x", " ", "-", "_", ">", "a ", ": ", "On ", "1:1", "a@", "a.", "@a.b", "--- ", "---" + " " * 50, "=-", "\t", "1/1/01 1:00 ", "From: ", "+1 ", "1 ", "(", "thanks", "hi ", "wrote:", "一",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("lead", ["", "--- ", "Hi ", "Best "])
def test_a_line_of_a_megabyte_takes_under_two_seconds(unit: str, lead: str) -> None:
    text = lead + unit * (1_000_000 // len(unit)) + "!x"
    assert computing_takes_under(2, lambda: find_zones(text))


@pytest.mark.parametrize(
    "unit",
    [
        "\n", "x\n", "> x\n", "From: a@b.example\nDate: 1.1.2001 1:00\nTo: x\n", " 1/1/2001 1:00\n", "a: b,\n", "a: b,\nx\n", "To: x;\n  y\n", "a 1/1/2001 1:00 AM\nTo: x,\n", "-----Original Message-----\n", "thanks\n",
        "___________\n", "x 1:00\n", "On 1.1.2001 1:00\n", "confidential virus disclosure " * 3 + "\n\n", "- x\n", "a@b.example 1:00 wrote:\n", "Tel: 1\n\n", "-- \n", "[EXT]\n", " \n", "> a/b\n", "see below\n-----Original Message-----\n", "PS: x\n\n", "Ann Lee\n", "1. why?\nso\n\n", "AB> x\n", ">>> a 1/1/2001 1:00 >>>\n",
    ],
)  # fmt: skip
def test_a_megabyte_of_lines_takes_under_two_seconds(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    assert computing_takes_under(2, lambda: find_zones(text))


INTROS = [
    # Gmail
    "Em ter., 5 de mar. de 2024 às 09:12, Ann Lee <ann@acme.example> escreveu:",
    "ti 5. maalisk. 2024 klo 9.12 Ann Lee (ann@acme.example) kirjoitti:",
    "út 5. 3. 2024 v 9:12 odesílatel Ann Lee <ann@acme.example> napsal:",
    "tis 5 mars 2024 kl. 09:12 skrev Ann Lee <ann@acme.example>:",
    "tir. 5. mars 2024 kl. 09:12 skrev Ann Lee <ann@acme.example>:",
    "在 2024年3月5日，09:12，Ann Lee <ann@acme.example> 写道：",
    "Ann Lee <ann@acme.example> 於 2024年3月5日 週二 上午9:12寫道：",
    # Apple Mail
    "Le 5 mars 2024 à 09:12, Ann Lee <ann@acme.example> a écrit :",
    "El 5 mar 2024, a las 9:12, Ann Lee <ann@acme.example> escribió:",
    "Il giorno 5 mar 2024, alle ore 09:12, Ann Lee <ann@acme.example> ha scritto:",
    "Op 5 mrt. 2024 om 09:12 heeft Ann Lee <ann@acme.example> het volgende geschreven:",
    "5 mars 2024 kl. 09:12 skrev Ann Lee <ann@acme.example>:",
    "Dne 5. 3. 2024 v 9:12, Ann Lee <ann@acme.example>:",
    "5 марта 2024 г., в 09:12, Ann Lee <ann@acme.example> написал(а):",
    "2024/03/05 9:12、Ann Lee <ann@acme.example>のメール:",
    # Yahoo, Outlook in the browser, Outlook on a telephone
    "On Tuesday, March 5, 2024 at 09:12:12 AM GMT+1, Ann Lee <ann@acme.example> wrote:",
    "--- On Tue, 3/5/24, Ann Lee <ann@acme.example> wrote:",
    "Ann Lee <ann@acme.example> schrieb am Di., 5. März 2024, 09:12:",
    "Dnia 5 marca 2024 09:12 Ann Lee <ann@acme.example> napisał(a):",
    "---- On Tue, 05 Mar 2024 09:12:00 +0100 Ann Lee <ann@acme.example> wrote ----",
    # no date, or no mark at the end
    "Ann Lee <ann@acme.example> wrote:",
    "Ann Lee <ann@acme.example> schrieb:",
    # left as quoted-printable, wrapped in the middle of a word
    "On Tue, 5 Mar 2024 at 09:12 Ann Lee <ann@acme.example> wr=\note:",
    "On Tue, 5 Mar 2024 at 09:12, Ann Lee\n<ann@acme.example>\nwrote:",
]


@pytest.mark.parametrize("intro", INTROS)
@pytest.mark.parametrize("marked", [True, False])
def test_more_intro_lines(intro: str, marked: bool) -> None:
    quote = "> When is it done?\n> Ann" if marked else "When is it done?\nAnn"
    text = f"It is done.\n\n{intro}\n\n{quote}"
    assert new_text(text) == "It is done."
    assert address_of_quote(text) == "ann@acme.example"


@pytest.mark.parametrize(
    ("intro", "name"),
    [
        ("Am 05.03.24 um 09:12 schrieb Ann Lee:", "Ann Lee"),
        ("On 05/03/2024 09:12, Ann Lee wrote:", "Ann Lee"),
        ("Le 05/03/2024 à 09:12, Ann Lee a écrit :", "Ann Lee"),
        ("El 05/03/2024 a las 09:12, Ann Lee escribió:", "Ann Lee"),
        ("Il 05/03/2024 09:12, Ann Lee ha scritto:", "Ann Lee"),
        ("Op 05-03-2024 om 09:12 schreef Ann Lee:", "Ann Lee"),
        ("Den 2024-03-05 kl. 09:12, skrev Ann Lee:", "Ann Lee"),
        ("Ann Lee kirjoitti 5.3.2024 klo 9.12:", "Ann Lee"),
        ("W dniu 05.03.2024 o 09:12, Ann Lee pisze:", "Ann Lee"),
        ("Dne 05.03.2024 v 9:12 Ann Lee napsal(a):", "Ann Lee"),
        ("05.03.2024 9:12, Ann Lee пишет:", "Ann Lee"),
        ("Ann Lee/ACME wrote on 03/05/2024 09:12:12 AM:", ""),
        ("On Mar 5, 2024, Ann Lee wrote:", "Ann Lee"),
    ],
)
def test_thunderbird_and_lotus_name_no_address(intro: str, name: str) -> None:
    text = f"It is done.\n\n{intro}\n> When is it done?"
    assert new_text(text) == "It is done."
    author = authors(text)[0]
    assert (author.name if author else "") == name


def test_an_intro_without_a_colon_above_marked_lines() -> None:
    text = "It is done.\n\n2024/3/5 Ann Lee <ann@acme.example>\n\n> When?"
    assert new_text(text) == "It is done."
    assert address_of_quote(text) == "ann@acme.example"


@pytest.mark.parametrize(
    "lead", ["Hi,", "I fix it as soon as I\nam back at the site.", "Am heutigen Tage", "At 9:12 it stopped."]
)
def test_the_line_above_an_intro_is_not_part_of_it(lead: str) -> None:
    assert new_text(f"{lead}\nOn Tue, 5 Mar 2024 at 09:12, Ann Lee wrote:\n> When?\n\nNow.").startswith(lead)


@pytest.mark.parametrize(
    "marker",
    [
        "##- Please type your reply above this line -##",
        "--- Reply above this line ---",
        "=== Bitte antworten Sie oberhalb dieser Linie ===",
        "-- Répondez au-dessus de cette ligne --",
        "--- Svar over denne linje ---",
    ],
)
def test_what_stands_below_a_reply_marker_is_quoted(marker: str) -> None:
    assert new_text(f"It is done.\n\n{marker}\n\nYour ticket 7 waits for an answer.") == "It is done."


@pytest.mark.parametrize("line", ["Draw it above the line.", "--- Limits ---", "Stay above this line: 5."])
def test_words_about_lines_divide_nothing(line: str) -> None:
    assert new_text(f"It is done.\n\n{line}\n\nMore tomorrow.").endswith("More tomorrow.")


def test_header_without_colons() -> None:
    text = "Done.\n\nOriginal Message processed by some® client\nOffer 5. March 2024, 09:12 Uhr\nVon Ann Lee\nAn Bob\n\nWhen?"
    assert new_text(text) == "Done."
    assert authors(text)[0] == Party("Ann Lee", "")


@pytest.mark.parametrize("title", ["Original Message", "Ursprüngliche Nachricht", "Forwarded message:"])
def test_title_without_dashes(title: str) -> None:
    text = f"Done.\n\n{title}\nFrom: Ann Lee <ann@acme.example>\nDate: 5 March 2024 09:12\nTo: Bob\n\nWhen?"
    assert new_text(text) == "Done."


@pytest.mark.parametrize("words", ["Original-Nachricht", "Original Message", "Ann Lee wrote", "Weitergeleitet", "原始邮件"])
def test_dashes_around_a_title(words: str) -> None:
    assert new_text(f"Done.\n\n-------- {words} --------\n\nWhen?") == "Done."


OWN_HEADER = "From: Ann Lee <ann@acme.example>\nSent: 5 March 2024 09:12\nSubject: Disk\n\nHi Bob,\n\nWe added capacity."


def test_a_header_at_the_top_is_the_messages_own_or_that_of_somebody_else() -> None:
    assert new_text(OWN_HEADER) == "Hi Bob,\n\nWe added capacity."
    kinds = [zone.kind for zone in find_zones(OWN_HEADER, Party("Ann", "ann@acme.example"))]
    assert kinds == ["banner", "greeting", "new"]
    assert [zone.kind for zone in find_zones(OWN_HEADER, Party("Bob", "bob@ours.example"))] == ["forwarded"]


@pytest.mark.parametrize("name", ["Ann Lee", "Lee, Ann", "ann lee"])
@pytest.mark.parametrize("line", ["Ann", "Ann Lee", "ann", "- Ann", "Ann L.", "AL", "~Ann~"])
def test_the_senders_name_signs(name: str, line: str) -> None:
    text = f"We added capacity.\n\n{line}\nSales, Acme Ltd.\n"
    new = [
        text[zone.start : zone.end].strip() for zone in find_zones(text, Party(name, "ann@acme.example")) if zone.kind == "new"
    ]
    assert new == ["We added capacity."]


def test_a_word_that_is_not_the_senders_name_stays() -> None:
    text = "We added capacity.\n\nAnn"
    assert [zone.kind for zone in find_zones(text, Party("Eve", "eve@acme.example"))] == ["new"]


@pytest.mark.parametrize("line", ["-Ann", "– Ann Lee", "/Ann", "-Ann de Wit", "Ann Lee", "Ann B. Lee", "Kh\nAnn", "Rgds,\nAnn"])
def test_signed_by_hand(line: str) -> None:
    assert new_text(f"We added capacity.\n\n{line}") == "We added capacity."
    assert new_text(f"We added capacity.\n\n{line}\n\nOn 5 Mar 2024, at 09:12, Bob wrote:\n> When?\n") == "We added capacity."


def test_signed_above_a_quote_with_a_footer_of_the_list_below_it() -> None:
    text = (
        "We added capacity.\n\n-Ann Lee\n\nOn 5 Mar 2024, at 09:12, Bob wrote:\n> When?\n\n"
        + "_" * 40
        + "\nusers list\nwww.x.example\nu@x.example"
    )
    assert new_text(text) == "We added capacity."


@pytest.mark.parametrize(
    "words", ["We call:\n-Ann\n-Bob", "We call:\n- Ann\n- Bob", "Who comes?\n- Bob\n- Ann Lee", "Ann leads\nand Bob follows"]
)
def test_names_in_a_list_are_words(words: str) -> None:
    assert new_text(f"Dear Bob,\n\n{words}") == f"Dear Bob,\n\n{words}"


def test_sign_off_with_a_rule_below_it_ends_the_words_whatever_follows() -> None:
    text = "We added capacity.\n\nThanks,\n_______\nANN LEE\nAcme\n_______\n\nTo report a fault please write to the desk, other boxes are not read.\n"
    assert new_text(text) == "We added capacity."


def test_disclaimer_with_its_heading_and_rules() -> None:
    text = f"We added capacity.\n\nDisclaimer\n\n{DISCLAIMER}\n\n---------------\n\nThis mail was scanned for viruses and malware by a service of ours that we are glad about.\n"
    assert new_text(text) == "We added capacity."


def test_a_quoted_line_that_a_program_broke_is_quoted() -> None:
    text = "On Monday.\n\nOn 5 Mar 2024, at 09:12, Ann wrote:\n> The disk in the second hall was full again on Tuesday night and it\nstopped us.\n> Why?\n"
    assert new_text(text) == "On Monday."


def test_a_short_answer_below_a_long_question_is_new() -> None:
    text = "On 5 Mar 2024, at 09:12, Ann wrote:\n> Can you tell us until when the second disk in the hall is ready for us?\nyes\n> And who pays?\nwe pay\n"
    assert new_text(text).split("\n") == ["yes", "we pay"]


def test_answers_inside_a_forwarded_message_are_its_authors() -> None:
    text = (
        "Dan,\nthe quote is enclosed.\nJanine\n\nFrom: Stu Mac <stu@ridge.example>\nSent: 14 May 2025 08:11\n"
        "To: Dan Pell <dan@hollow.example>\nSubject: Re: refresh\n\n> in July\n\nNot in July, never.\n\n> the labour\n\n190 each.\n\nStu\n"
    )
    zones = find_zones(text)
    assert not any("July" in text[z.start : z.end] or "190" in text[z.start : z.end] for z in zones if z.kind == "new")
    assert any(z.author and z.author.name == "Stu Mac" and "190 each" in text[z.start : z.end] for z in zones)


def test_lines_beyond_twenty_thousand_are_nobodys_new_words() -> None:
    text = "A word.\n" * (MOST_LINES + 2)
    assert find_zones(text) == (Zone("new", 0, 8 * MOST_LINES), Zone("quoted", 8 * MOST_LINES, len(text)))
    assert find_zones(text[: 8 * MOST_LINES - 1]) == (Zone("new", 0, 8 * MOST_LINES - 1),)


_parties = st.none() | st.builds(Party, st.text(max_size=8), st.text(max_size=8))


@given(
    st.lists(st.builds(Zone, st.sampled_from(["new", "quoted", "forwarded"]), st.integers(0), st.integers(0), _parties)),
    st.lists(st.sampled_from(["Hello you. ", "It is late!\n", "\n\n", "- one\n", "é? ", "x"])).map("".join),
)
def test_zones_and_sentences_written_down_come_back(zones: list[Zone], text: str) -> None:
    read = message(text=text)
    for sentences in (split_sentences(text, find_zones(text)), None):  # None: they took too long
        found = replace(read, zones=tuple(zones), sentences=sentences)
        row = zone_row(found)
        assert with_zones(read, row["zones"], row["sentences"]) == found


_pieces = [
    "On 3 May 2024 at 12:04, Ann Lee <ann@acme.example> wrote:\n", "> Hello.\n", ">> Deep.\n", "Kind regards,\nBob\n", "\n",
    "-----Original Message-----\nFrom: Ann Lee <ann@acme.example>\nSent: 3 May 2024 12:04\nSubject: Pump\n\n", "We fixed it.\n",
    "Begin forwarded message:\n", "-- \n", "Sent from my phone\n", "From: x@acme.example\nDate: 3.5.2024 12:00\nTo: y@b.example\n",
]  # fmt: skip


@given(st.lists(st.sampled_from(_pieces), max_size=12).map("".join))
def test_quotes_alone_are_those_of_all_zones(text: str) -> None:
    one, other = (tuple(z for z in found if z.kind in OTHERS) for found in (find_quotes(text), find_zones(text)))
    assert one == other


def test_what_cannot_be_read_has_no_zones() -> None:
    assert zone_row(Unreadable("a.mbox:0", "it is empty")) == {"zones": "[]", "sentences": "[]"}


def test_sentences_are_cut_once_and_anew_where_a_paragraph_is_boilerplate() -> None:
    text = "We fixed the pump.\n\nAsk us about our other pumps.\n"
    clean = zoned(message(text=text))
    cut = replace(clean, sentences=own_sentences(clean))
    assert own_sentences(cut) is cut.sentences and len(own_sentences(cut)) == 2
    without = without_boilerplate(cut, frozenset([word_hash("Ask us about our other pumps.")]))
    assert [each.text for each in own_sentences(without)] == ["We fixed the pump."]


def test_zones_found_before_are_kept() -> None:
    known = replace(message("Hello."), zones=(Zone("banner", 0, 6),))
    assert zoned(known) is known
