"""One e-mail's bytes: which parts are its body, which headers it keeps."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail import BOB, mail, mail_of, multipart, part

from partnersignal.cleaning import zoned
from partnersignal.conversations.kinds import message_kind
from partnersignal.messages import Message, Party, Unreadable
from partnersignal.reading import open_export
from partnersignal.reading.mime import parse_message
from tests.timing import computing_takes_under

HTML = "text/html; charset=utf-8"


def parse(data: bytes) -> Message:
    return parse_message(data, "test")


def body(entity: str) -> str:
    return parse(mail_of(entity)).text


def test_plain_message() -> None:
    message = parse(mail("Words.\n", Cc="carl@ours.example", In_Reply_To="<0@x>", References="<a@x> <0@x>"))
    assert message.message_id == "1@acme.example"
    assert message.sender == Party("Ann Lee", "ann@acme.example")
    assert message.recipients == (BOB, Party("", "carl@ours.example"))
    assert (message.subject, message.text, message.kind) == ("Disk", "Words.", "email")
    assert (message.in_reply_to, message.references) == ("0@x", ("a@x", "0@x"))
    assert (f"{message.date:%H:%M}", message.date_quality, message.utc_offset) == ("08:12", "ok", 60)


def test_alternatives_are_read_once() -> None:
    assert body(multipart("alternative", part("Plain."), part("<p>Rich.</p>", HTML))) == "Plain."


def test_empty_plain_alternative_gives_way_to_html() -> None:
    assert body(multipart("alternative", part(" \n"), part("<p>Rich.</p>", HTML))) == "Rich."


def test_html_only() -> None:
    assert body(part("<p>One.</p><p>Two.</p>", HTML)) == "One.\n\nTwo."


def test_html_body_with_a_plain_footer_of_the_list() -> None:
    """Mailman adds its footer as a plain part: it must not replace the body."""
    assert body(multipart("mixed", part("<p>Rich.</p>", HTML), part("List footer"))) == "Rich.\n\nList footer"


def test_parts_around_a_picture_are_all_read() -> None:
    entity = multipart("mixed", part("Before."), part("aGk=", "image/png", Content_Transfer_Encoding="base64"), part("After."))
    assert body(entity) == "Before.\n\nAfter."


def test_related_html_inside_alternative() -> None:
    related = multipart("related", part("<p>Rich.</p>", HTML), part("aGk=", "image/png"), boundary="inner")
    assert body(multipart("alternative", part(""), related)) == "Rich."


@pytest.mark.parametrize(
    "disposition", ["attachment", 'attachment; filename="a.txt"', 'inline; filename="a.txt"', "ATTACHMENT"]
)
def test_attachments_are_not_read(disposition: str) -> None:
    entity = multipart("mixed", part("Body."), part("Price list", Content_Disposition=disposition))
    assert body(entity) == "Body."


def test_nested_forward_keeps_its_own_author() -> None:
    inner = mail("We raised the price.", From="Eve <eve@other.example>", Subject="Offer").decode()
    entity = multipart("mixed", part("See below."), part(inner, "message/rfc822"))
    message = zoned(parse(mail_of(entity)))
    assert message.new_text == "See below."
    assert "We raised the price." in message.text
    assert message.zones is not None
    forwarded = next(zone for zone in message.zones if "raised" in message.text[zone.start : zone.end])
    assert forwarded.kind in ("forwarded", "quoted")
    assert forwarded.author == Party("Eve", "eve@other.example")


def test_forward_in_html_under_a_plain_note() -> None:
    inner = mail_of(part("<p>Offer inside.</p>", HTML)).decode()
    assert "Offer inside." in body(multipart("mixed", part("See below."), part(inner, "message/rfc822")))


def test_invitation_is_calendar_mail_and_shows_no_raw_calendar() -> None:
    event = part("BEGIN:VCALENDAR\nEND:VCALENDAR", "text/calendar; method=REQUEST; charset=utf-8")
    message = parse(mail_of(multipart("alternative", part("Join us."), part("<p>Join us.</p>", HTML), event)))
    assert message.text == "Join us."
    assert message_kind(message) == "calendar"


@pytest.mark.parametrize(
    ("encoding", "payload", "expected"),
    [
        ("base64", "R3LDvMOfZQ==", "Grüße"),
        ("base64", "R3LDvMOfZQ", "Grüße"),
        ("quoted-printable", "Gr=C3=BC=C3=9Fe=\n ok =ZZ", "Grüße ok =ZZ"),
        ("8bits", "Grüße", "Grüße"),
        ("x-unknown", "Grüße", "Grüße"),
        ("uuencode", "Grüße", "Grüße"),
    ],
)
def test_transfer_encodings(encoding: str, payload: str, expected: str) -> None:
    assert body(part(payload, Content_Transfer_Encoding=encoding)) == expected


@pytest.mark.parametrize("charset", ["idna", "punycode", "unicode_escape", "zlib", "none", "\x00", '"', "*0*=x"])
def test_hostile_charset_names_cost_no_words(charset: str) -> None:
    assert "for you" in parse(mail("Grüße for you", Content_Type=f"text/plain; charset={charset}")).text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?iso-8859-1?Q?Gr=FC=DFe?= =?iso-8859-1?Q?_an_alle?=", "Grüße an alle"),
        ("=?x-unknown?B?R3LDvMOfZQ==?=", "Grüße"),
        ("=?utf-8?B?broken", "=?utf-8?B?broken"),
        ("two\n  lines", "two lines"),
        ("Grüße", "Grüße"),
        ("=?utf-7?Q?+2AA-?=", "\ufffd"),
    ],
)
def test_subject_in_odd_charsets(raw: str, expected: str) -> None:
    assert parse(mail(Subject=raw)).subject == expected


def test_raw_latin_1_header() -> None:
    data = mail().replace(b"Ann Lee", "Jürgen Groß".encode("latin-1"))
    assert parse(data).sender == Party("Jürgen Groß", "ann@acme.example")


def test_missing_message_id_gives_a_stable_key() -> None:
    one = parse(mail(Message_ID=""))
    assert one.message_id.startswith("sha256:")
    assert len(one.message_id) == len("sha256:") + 64
    crlf = mail(Message_ID="").replace(b"\n", b"\r\n") + b"\r\n\r\n"
    assert parse(crlf).message_id == one.message_id
    assert parse(mail("Other.", Message_ID="")).message_id != one.message_id


@pytest.mark.parametrize(
    ("raw", "expected"), [("<a@x>", "a@x"), ("a@x", "a@x"), ("\n <a@x>", "a@x"), ("<a@x> (comment)", "a@x"), ("<a@x", "a@x")]
)
def test_message_id_has_no_brackets(raw: str, expected: str) -> None:
    assert parse(mail(Message_ID=raw)).message_id == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('Your message of "Tue, 5 Mar 2024 09:12:00 +0100" <0@x>', "0@x"),
        ('Your message of "Tue, 5 Mar 2024 09:12:00 +0100"', ""),
        ("0@x", "0@x"),
    ],
)
def test_in_reply_to_is_an_identity_or_nothing(raw: str, expected: str) -> None:
    """Words in that header would join all mails that carry the same words into one thread."""
    assert parse(mail(In_Reply_To=raw)).in_reply_to == expected


def test_sender_stands_in_for_a_missing_from() -> None:
    assert parse(mail(From="", Sender="desk@acme.example")).sender == Party("", "desk@acme.example")


def test_bulk_headers_are_kept_once_and_short() -> None:
    message = parse(mail(List_Id="<news.acme.example>", List_Unsubscribe="x" * 900, X_Secret="no"))
    assert message.header("list-id") == "<news.acme.example>"
    assert len(message.header("list-unsubscribe")) == 500
    assert message.header("x-secret") == ""


def test_text_is_normalised() -> None:
    assert parse(mail("a\r\nb\rc\u2028d\x00\ufeff", Content_Type="text/plain; charset=utf-8")).text == "a\nb\nc\nd"


def test_characters_lost_are_counted() -> None:
    message = parse(mail(b"ab\xff\xfecd \xc3\xbc", Content_Type="text/plain; charset=utf-8"))
    assert (message.text, message.replaced) == ("ab\ufffd\ufffdcd ü", 2)


@pytest.mark.parametrize(("data", "reason"), [(b"", "the message is empty"), (b" \n\n", "the message is empty")])
def test_nothing_to_read(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        parse(data)


def nested_multiparts(depth: int) -> bytes:
    head = b"From: ann@acme.example\nContent-Type: multipart/mixed; boundary=b0\n"
    return head + b"".join(b"\n--b%d\nContent-Type: multipart/mixed; boundary=b%d\n" % (n, n + 1) for n in range(depth))


def nested_forwards(depth: int) -> bytes:
    return b"From: ann@acme.example\n" + b"Content-Type: message/rfc822\n\n" * depth + b"\nwords"


@pytest.mark.parametrize("build", [nested_multiparts, nested_forwards])
@pytest.mark.parametrize("depth", [300, 10_000])
def test_deep_nesting_gives_one_item_in_two_seconds(tmp_path: Path, build: object, depth: int) -> None:
    assert callable(build)
    (tmp_path / "deep.eml").write_bytes(build(depth))
    assert computing_takes_under(2, lambda: list(open_export(tmp_path / "deep.eml")))
    items = list(open_export(tmp_path / "deep.eml"))
    assert len(items) == 1
    if depth == 10_000:
        assert items == [Unreadable("deep.eml", "its parts are nested too deeply")]


HEADER_NAMES = [
    "From",
    "To",
    "Date",
    "Subject",
    "Message-ID",
    "Content-Type",
    "Content-Disposition",
    "Content-Transfer-Encoding",
]
VALUES = st.sampled_from(
    [
        "multipart/mixed; boundary=b", "multipart/alternative; boundary=", "message/rfc822", "message/delivery-status", "text/html",
        "text/plain; charset=utf-7", "text/plain; charset*0*=utf-8''x; charset*1=y", "base64", "quoted-printable", "x-uuencode",
        "attachment; filename*=utf-8''%FF", "Tue, 99 Mar 2024 99:99 +9999", "=?utf-8?q?=FF?= <a@b>", ";;;", "<<>>,\"", "",
    ]
)  # fmt: skip
RAW_LINES = st.one_of(
    st.tuples(st.sampled_from(HEADER_NAMES), VALUES | st.text(max_size=20)).map(lambda pair: f"{pair[0]}: {pair[1]}"),
    st.sampled_from(["", "--b", "--b--", "begin 644 x", "words", "<p>x<", "=FF=", "\udcff"]),
)


@settings(max_examples=400, deadline=None)
@given(lines=st.lists(RAW_LINES, max_size=25))
def test_any_bytes_give_a_message_or_a_reason(lines: list[str]) -> None:
    data = "\n".join(lines).encode(
        "utf-8", "surrogateescape" if all(ord(c) < 0xD800 or 0xDC80 <= ord(c) < 0xDD00 for c in "".join(lines)) else "replace"
    )
    try:
        message = parse(data)
    except ValueError as error:
        assert str(error)
        return
    (message.text + message.subject + message.message_id + str(message.sender)).encode()


def test_base64_of_a_large_body_is_cut_at_the_limit() -> None:
    payload = base64.encodebytes(b"word " * 300_000).decode()
    assert len(body(part(payload, Content_Transfer_Encoding="base64"))) <= 1_000_000
