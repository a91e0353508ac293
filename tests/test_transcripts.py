"""Transcripts of many programs to one shape: a paragraph a turn."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnersignal.messages import Message, Unreadable
from partnersignal.reading import open_export
from partnersignal.reading.transcripts import speaker_label, subtitles_to_turns, transcript_to_turns
from tests.timing import computing_takes_under

TWO_TURNS = "Ann Lee: We fixed it overnight.\n\nBob Ray: Good."
TEAMS = """WEBVTT

NOTE Duration

3f2a/1-0
00:00:01.000 --> 00:00:02.000
<v Ann Lee>We fixed it</v>

3f2a/2-0
00:00:02.000 --> 00:00:03.000
<v Ann Lee>overnight.</v>

00:00:03.000 --> 00:00:04.000
<v Bob Ray>Good.</v>
"""
ZOOM = """WEBVTT

1
00:00:01.000 --> 00:00:02.000
Ann Lee: We fixed it

2
00:00:02.000 --> 00:00:03.000
overnight.

3
00:00:03.000 --> 00:00:04.000
Bob Ray: Good.
"""
SRT = ZOOM.removeprefix("WEBVTT\n\n").replace(".000", ",000")
OTTER = "Ann Lee  0:01  \nWe fixed it\novernight.\n\nBob Ray  0:03  \nGood.\n\nTranscribed by https://otter.ai"


@pytest.mark.parametrize("file", [TEAMS, ZOOM, SRT, SRT.replace("\n\n", "\n"), TEAMS.replace("WEBVTT\n\n", "")])
def test_cues_are_joined_into_turns(file: str) -> None:
    assert subtitles_to_turns(file) == TWO_TURNS


@pytest.mark.parametrize(
    "text",
    [
        OTTER.partition("\n\nTranscribed")[0],
        "Ann Lee   0:01\nWe fixed it overnight.\nBob Ray   0:03\nGood.",
        "00:00:01 Ann Lee: We fixed it overnight.\n00:00:03 Bob Ray: Good.",
        "[00:00:01] Ann Lee: We fixed it\novernight.\n[00:00:03] Bob Ray: Good.",
        "Ann Lee (00:01): We fixed it overnight.\nBob Ray (00:03): Good.",
        "Ann Lee (00:01):\nWe fixed it overnight.\n\nBob Ray (00:03):\nGood.",
        "0:0:1.0 --> 0:0:2.0\nAnn Lee\nWe fixed it\n\n0:0:2.0 --> 0:0:3.0\nAnn Lee\novernight.\n\n"
        "0:0:3.0 --> 0:0:4.0\nBob Ray\nGood.\n\n0:0:4.0 --> 0:0:5.0\nBob Ray\nGood.",
        "10:00:01 From Ann Lee to Everyone:\n\tWe fixed it\n10:00:02 From Ann Lee to Everyone:\n\tovernight.\n"
        "10:00:03 From Bob Ray to Everyone:\n\tGood.",
    ],
)
def test_timed_texts_become_turns(text: str) -> None:
    assert transcript_to_turns(text) == TWO_TURNS


def test_what_stands_before_the_first_turn_stays() -> None:
    assert transcript_to_turns(f"Acme review\nAttendees: Ann Lee (Acme)\n\n{OTTER.partition(chr(10) * 2 + 'T')[0]}") == (
        f"Acme review\nAttendees: Ann Lee (Acme)\n\n{TWO_TURNS}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Agenda\nLunch  12:15\nReview  13:00\nClose  15:00",
        "10:30 Acme: review of the contract\n11:00 Bolt: review of the offer",
        "They rang at 10:30\nWe rang at 11:00\n",
        "Ann Lee: We fixed it.\nBob: Good.",
        "",
    ],
)
def test_notes_that_are_no_transcript_stay_as_they_are(text: str) -> None:
    assert transcript_to_turns(text) == text


def test_two_speakers_of_one_cue_are_two_turns() -> None:
    cue = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann Lee>We fixed it overnight.</v> <v.loud Bob Ray>Good.\n"
    assert subtitles_to_turns(cue) == TWO_TURNS


def test_tags_and_entities_are_undone_and_rolling_captions_said_once() -> None:
    cue = "00:01.000 --> 00:02.000\nAnn: <i>A &amp; B</i> <00:01.500>rang\n\n00:02.000 --> 00:03.000\nA & B rang\n"
    assert subtitles_to_turns(cue) == "Ann: A & B rang"


def test_a_voice_name_with_a_colon_stays_one_label() -> None:
    turns = subtitles_to_turns("00:01.000 --> 00:02.000\n<v Room: 4 &gt; Acme>Hello.")
    assert turns == "Room  4 > Acme: Hello."


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("Ann Lee (Acme): We fixed it.", ("Ann Lee (Acme)", "We fixed it.")),
        ("Ann Lee | Acme: We", ("Ann Lee | Acme", "We")),
        ("Lee, Ann [Acme Ltd]: We", ("Lee, Ann [Acme Ltd]", "We")),
        ("AL: We", ("AL", "We")),
        ("ann@acme.example: We", ("ann@acme.example", "We")),
        ("Jan van den Berg: We", ("Jan van den Berg", "We")),
        ("So here's the thing: we agreed", None),
        ("We agreed on this: a date", None),
        ("https://acme.example: a link", None),
        ("10:30 start", None),
        ("No label", None),
    ],
)
def test_speaker_labels(line: str, label: tuple[str, str] | None) -> None:
    assert speaker_label(line) == label


def read(path: Path, data: str) -> Message | Unreadable:
    path.write_text(data, encoding="utf-8")
    (item,) = open_export(path)
    return item


@pytest.mark.parametrize(("name", "data"), [("a.vtt", TEAMS), ("a.srt", SRT), ("a.txt", OTTER), ("a.md", OTTER)])
def test_transcripts_are_meeting_notes(tmp_path: Path, name: str, data: str) -> None:
    message = read(tmp_path / name, data)
    assert isinstance(message, Message)
    assert (message.kind, message.sender) == ("meeting_notes", None)
    assert message.text.startswith("Ann Lee: We fixed it overnight.\n\nBob Ray: Good.")


def test_the_file_name_is_the_subject_of_a_transcript_without_a_heading(tmp_path: Path) -> None:
    message = read(tmp_path / "2024-03-05_Acme_review.vtt", TEAMS + "\n00:09.000 --> 00:10.000\n<v Ann Lee>Bye.\n")
    assert isinstance(message, Message)
    assert message.subject == "Acme review"
    assert f"{message.date:%Y-%m-%d}" == "2024-03-05"


@pytest.mark.parametrize("name", ["a.vtt", "a.srt"])
def test_subtitles_without_a_cue_say_so(tmp_path: Path, name: str) -> None:
    assert read(tmp_path / name, "WEBVTT\n\nwords") == Unreadable(
        name, "it holds no cue: no line of the form 00:00:01.000 --> 00:00:02.000"
    )


LINES = st.sampled_from(
    [
        "WEBVTT", "", "00:00:01.000 --> 00:00:02.000", "00:00:01,000 --> ", "<v Ann>a</v>", "<v ", "<v Bob>b<v Eve>c", "Ann: words",
        "Ann  0:12", "[0:12] Bob: words", "7", "NOTE x", "</v>", "-->", "\t", "Ann Lee (0:12):",
    ]
) | st.text(max_size=30)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(lines=st.lists(LINES, max_size=30))
def test_any_lines_give_turns_or_a_reason(lines: list[str]) -> None:
    text = "\n".join(lines)
    transcript_to_turns(text)
    try:
        subtitles_to_turns(text)
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize(
    "line", ["A" * 300_000, "A " * 150_000, "0:1" * 100_000, "<v " * 100_000, "(" * 300_000, "<v A>" * 60_000]
)
def test_long_lines_take_no_time(line: str) -> None:
    assert computing_takes_under(2, lambda: transcript_to_turns(f"{line}\n{line}"))
    assert computing_takes_under(2, lambda: subtitles_to_turns(f"0:01 --> 0:02\nwords\n{line}\n{line}"))


def test_each_line_of_a_chat_is_said_by_itself_and_of_a_recording_joined() -> None:
    lines = ["[{}] Jo Park: nothing on their side", "[{}] Jo Park: so the cable it is", "[{}] Al Roe: ok"]
    chat = "\n".join(line.format(time) for line, time in zip(lines, ("08:11", "08:12", "08:15"), strict=True))
    assert transcript_to_turns(chat) == "Jo Park: nothing on their side\n\nJo Park: so the cable it is\n\nAl Roe: ok"
    for times in (("0:08:11", "0:08:12", "0:08:15"), ("00:03", "00:07", "00:12"), ("75:12", "75:14", "75:20")):
        recording = "\n".join(line.format(time) for line, time in zip(lines, times, strict=True))
        assert transcript_to_turns(recording) == "Jo Park: nothing on their side so the cable it is\n\nAl Roe: ok"
