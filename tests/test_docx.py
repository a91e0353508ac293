"""Word documents: all words in order, and nothing that a file can do harm with."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnersignal.messages import Message, Unreadable
from partnersignal.reading import docx, open_export
from partnersignal.reading.docx import read_document

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dcterms="http://purl.org/dc/terms/"><dcterms:created>2024-03-05T09:12:00Z</dcterms:created></cp:coreProperties>'
)
STYLES = (
    f'<w:styles xmlns:w="{W}"><w:style w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>'
    '<w:style w:styleId="x"/></w:styles>'
)


def document(body: str, namespace: str = W, **parts: str) -> bytes:
    """Return a Word document; further parts by file name with ``_`` for ``/``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{namespace}" xmlns:mc="{MC}"><w:body>{body}</w:body></w:document>'
        )
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return buffer.getvalue()


def p(content: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{content}</w:p>"


def r(words: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def text(body: str, **parts: str) -> str:
    return read_document(document(body, **parts)).text


LISTED = '<w:numPr><w:ilvl w:val="0"/></w:numPr>'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (p(r("They ") + r("fixed it.")) + p(r("We paid.")), "They fixed it.\n\nWe paid."),
        (p("<w:hyperlink>" + r("the link") + "</w:hyperlink>" + r(" works")), "the link works"),
        (
            p(r("by ") + "<w:ins>" + r("Friday") + "</w:ins><w:del><w:r><w:delText>Monday</w:delText></w:r></w:del>"),
            "by Friday",
        ),
        (p("<w:moveTo>" + r("here") + "</w:moveTo>") + p("<w:moveFrom>" + r("here") + "</w:moveFrom>"), "here"),
        (p(r("One "), "<w:rPr><w:del/></w:rPr>") + p(r("thought.")), "One thought."),
        (p(r("a"), LISTED) + p(r("b"), LISTED) + p(r("After.")), "- a\n- b\n\nAfter."),
        (p(r("seen") + r("unseen", "<w:vanish/>")), "seen"),
        (p('<w:fldSimple w:instr="PAGE">' + r("7") + "</w:fldSimple><w:r><w:instrText>DATE</w:instrText></w:r>"), "7"),
        (p("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r>"), "a\tb\nc-d"),
        ("<w:sdt><w:sdtContent>" + p(r("in a control")) + "</w:sdtContent></w:sdt>", "in a control"),
        (
            p(
                f"<w:r><mc:AlternateContent><mc:Choice><w:txbxContent>{p(r('boxed'))}</w:txbxContent></mc:Choice>"
                f"<mc:Fallback><w:txbxContent>{p(r('boxed'))}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>"
            ),
            "boxed",
        ),
    ],
)
def test_words_a_reader_sees(body: str, expected: str) -> None:
    assert text(body) == expected


def test_tables_keep_cells_apart_and_drop_deleted_rows() -> None:
    def row(*cells: str, properties: str = "") -> str:
        return f"<w:tr>{properties}" + "".join(f"<w:tc>{p(r(cell))}</w:tc>" for cell in cells) + "</w:tr>"

    gone = row("Old", "gone", properties="<w:trPr><w:del/></w:trPr>")
    table = "<w:tbl>" + row("Who", "What") + gone + row("Acme", "Late again.") + "</w:tbl>"
    assert text(p(r("Before.")) + table + p(r("After."))) == "Before.\n\nWho\tWhat\nAcme\tLate again.\n\nAfter."


def test_a_table_inside_a_cell_is_read_once() -> None:
    inner = f"<w:tbl><w:tr><w:tc>{p(r('inner'))}</w:tc></w:tr></w:tbl>"
    assert text(f"<w:tbl><w:tr><w:tc>{p(r('outer'))}{inner}</w:tc></w:tr></w:tbl>") == "outer inner"


def test_headings_are_told_by_their_english_name_whatever_word_calls_them() -> None:
    body = p(r("Acme"), '<w:pStyle w:val="berschrift2"/>') + p(r("Late."))
    assert text(body, word__styles=STYLES) == "## Acme\n\nLate."


def test_strict_documents_are_read() -> None:
    data = document(p(r("strict")), namespace="http://purl.oclc.org/ooxml/wordprocessingml/main")
    assert read_document(data).text == "strict"


def read(folder: Path, data: bytes, name: str = "call.docx") -> Message | Unreadable:
    (folder / name).write_bytes(data)
    (item,) = open_export(folder / name)
    return item


def test_a_document_is_a_meetings_notes_of_the_day_it_was_made(tmp_path: Path) -> None:
    data = document(p(r("Call with Acme")) + p(r("They fixed it.")), docProps__core=CORE)
    message = read(tmp_path, data)
    assert isinstance(message, Message)
    assert (message.kind, message.subject, message.text) == (
        "meeting_notes",
        "Call with Acme",
        "Call with Acme\n\nThey fixed it.",
    )
    assert f"{message.date:%Y-%m-%d}" == "2024-03-05"
    dated = read(tmp_path, data, "2023-01-02 call.docx")
    assert isinstance(dated, Message)
    assert f"{dated.date:%Y-%m-%d}" == "2023-01-02"


def test_a_teams_transcript_in_word_becomes_turns(tmp_path: Path) -> None:
    line = "<w:r><w:t>Ann Lee   0:03</w:t><w:br/><w:t>We fixed it.</w:t></w:r>"
    other = "<w:r><w:t>Bob Ray   0:09</w:t><w:br/><w:t>Good.</w:t></w:r>"
    message = read(tmp_path, document(p(line) + p(other)))
    assert isinstance(message, Message)
    assert message.text == "Ann Lee: We fixed it.\n\nBob Ray: Good."


BOMB = document("<w:p/>" * 400_000)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04 and no more", r"it is no whole Word document \(File is not a zip file\)"),
        (b"\xd0\xcf\x11\xe0", r"it is locked with a password or an old \.doc; save it as an open \.docx"),
        (document("<w:p>"), r"word/document\.xml is damaged \(.*\)"),
        (document("<w:p>" * 300 + "</w:p>" * 300), r"word/document\.xml is damaged \(Excessive depth.*\)"),
        (document(""), "it holds no words"),
    ],
)
def test_a_damaged_document_is_one_line_of_the_receipt(tmp_path: Path, data: bytes, reason: str) -> None:
    item = read(tmp_path, data)
    assert isinstance(item, Unreadable)
    assert item.source == "call.docx"
    assert re.fullmatch(reason, item.reason)


def test_a_zip_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx, "_LARGEST_PART", 1024 * 1024)
    with pytest.raises(ValueError, match=r"^word/document\.xml unpacks to more than 1 MiB$"):
        read_document(BOMB)


def test_entities_are_not_expanded() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "word/document.xml",
            f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname"><!ENTITY l "lol">]><w:document xmlns:w="{W}"><w:body>'
            f"{p('<w:r><w:t>a&e;&l;</w:t></w:r>')}</w:body></w:document>",
        )
    assert read_document(buffer.getvalue()).text == "a"


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 2_000), by=st.binary(min_size=1, max_size=8))
def test_any_damage_gives_text_or_a_reason(at: int, by: bytes) -> None:
    data = document(p(r("They fixed it.")), word__styles=STYLES, docProps__core=CORE)
    at %= len(data)
    try:
        read_document(data[:at] + by + data[at + len(by) :])
    except ValueError as error:
        assert str(error)
