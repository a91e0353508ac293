"""Automatic and bulk mail."""

from __future__ import annotations

import pytest
from mail import message

from partnersignal.conversations.kinds import is_bulk, message_kind
from partnersignal.messages import Party
from tests.timing import computing_takes_under


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "email"),
        ({"headers": (("auto-submitted", "auto-replied (vacation)"),)}, "auto_reply"),
        ({"headers": (("auto-submitted", "no"),)}, "email"),
        ({"headers": (("auto-submitted", "auto-generated"),)}, "email"),
        ({"headers": (("x-autoreply", "yes"),)}, "auto_reply"),
        ({"headers": (("x-auto-response-suppress", "All"),)}, "email"),
        ({"subject": "Automatic reply: Disk"}, "auto_reply"),
        ({"subject": "Out of office: back on Monday"}, "auto_reply"),
        ({"subject": "Out of the Office"}, "auto_reply"),
        ({"subject": "Automatische Antwort: Platte"}, "auto_reply"),
        ({"subject": "Réponse automatique : Disque"}, "auto_reply"),
        ({"subject": "Re: the automatic reply we saw"}, "email"),
        ({"headers": (("content-type", 'multipart/report; report-type="delivery-status"; boundary=x'),)}, "bounce"),
        ({"headers": (("x-failed-recipients", "a@x"),)}, "bounce"),
        ({"sender": Party("", "mailer-daemon@acme.example")}, "bounce"),
        ({"sender": Party("", "postmaster@acme.example")}, "bounce"),
        ({"headers": (("content-type", "text/calendar; method=REQUEST"),)}, "calendar"),
        ({"text": "BEGIN:VCALENDAR\nEND:VCALENDAR"}, "calendar"),
        ({"kind": "calendar"}, "calendar"),
        ({"headers": (("content-type", 'multipart/alternative; method="REPLY"'),)}, "calendar"),
        ({"subject": "Accepted: Disk review", "text": ""}, "calendar"),
        ({"subject": "Declined: Disk review", "text": "Sorry, I am away that day."}, "calendar"),
        ({"subject": "Zugesagt: Termin", "text": ""}, "calendar"),
        ({"subject": "Acceptée : Réunion", "text": ""}, "calendar"),
        ({"subject": "已接受：会议", "text": ""}, "calendar"),
        (
            {
                "subject": "Canceled: Disk review",
                "text": "When: Monday 9:00\nWhere: Hall 2\n\n" + "We shall find another day. " * 20,
            },
            "calendar",
        ),
        ({"subject": "Invitation: Disk review", "text": "When: Monday 9:00\nWhere: Hall 2\n"}, "calendar"),
        ({"subject": "Invitation: our customer day", "text": "Come and see us."}, "email"),
        ({"subject": "Accepted: your offer", "text": "We accept, with these changes to the terms. " * 9}, "email"),
        ({"subject": "Accepted practice for disks", "text": ""}, "email"),
        ({"subject": "Undeliverable: Disk", "sender": Party("", "noreply@mail.example")}, "bounce"),
        ({"subject": "Unzustellbar: Platte", "headers": (("return-path", "<>"),)}, "bounce"),
        ({"subject": "Delivery Status Notification (Failure)", "sender": None}, "bounce"),
        ({"subject": "Undeliverable: Disk"}, "email"),
        ({"subject": "Delivery status of your order"}, "email"),
        ({"headers": (("precedence", "auto_reply"),)}, "auto_reply"),
        ({"subject": "Fora do escritório"}, "auto_reply"),
        ({"subject": "自動返信: ディスク"}, "auto_reply"),
        ({"kind": "meeting_notes", "subject": "Out of office"}, "meeting_notes"),
        ({"sender": None}, "email"),
    ],
)
def test_kind(fields: dict[str, object], kind: str) -> None:
    assert message_kind(message(**fields)) == kind


@pytest.mark.parametrize(
    "fields",
    [
        {"headers": (("list-unsubscribe", "<mailto:x@x>"),)},
        {"headers": (("list-id", "<news.acme.example>"),)},
        {"headers": (("feedback-id", "1:2"),)},
        {"headers": (("precedence", "Bulk"),)},
        {"text": "News.\n\nTo unsubscribe click here."},
        {"text": "Angebote.\n\nNewsletter abbestellen"},
        {"sender": Party("", "newsletter@acme.example"), "text": "See https://acme.example"},
        {"sender": Party("", "no-reply@acme.example"), "text": "See www.acme.example"},
    ],
)
def test_bulk(fields: dict[str, object]) -> None:
    assert is_bulk(message(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"sender": None},
        {"in_reply_to": "0@x", "headers": (("list-id", "<team.acme.example>"),)},
        {"kind": "meeting_notes", "text": "They asked how to unsubscribe."},
        {"text": "Please unsubscribe me.\n" + "Then we talked about the disk. " * 80},
        {"sender": Party("", "newsletter@acme.example"), "text": "Thanks for your call."},
        {"sender": Party("", "newsome@acme.example"), "text": "See https://acme.example"},
        {"sender": Party("", "dealsmith@acme.example"), "text": "See https://acme.example"},
        {"headers": (("precedence", "first-class"),)},
    ],
)
def test_not_bulk(fields: dict[str, object]) -> None:
    assert not is_bulk(message(**fields))


@pytest.mark.parametrize("unit", ["x", "opt ", "remove your ", "www", "http://", " ", "be removed fro"])
def test_a_megabyte_takes_under_two_seconds(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    hostile = message(text=text, subject=text, sender=Party("", text + "@x"), headers=(("content-type", text),))
    assert computing_takes_under(2, lambda: (is_bulk(hostile), message_kind(hostile)))
