"""Word documents to plain text: every word a reader sees once all changes are accepted."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"  # the namespace of "strict" documents
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_CREATED = "{http://purl.org/dc/terms/}created"
_LARGEST_PART = 4 * 1024 * 1024  # bytes unpacked of one part; bounds zip bombs
_DROPPED = frozenset(
    ["del", "moveFrom", "delText", "instrText", "pPr", "rPr", "tblPr", "tblGrid", "trPr", "tcPr", "sdtPr", "sdtEndPr", "rt"]
)
_CHARACTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}


@dataclass(frozen=True, slots=True)
class Document:
    """What is read of a Word document.

    Attributes
    ----------
    text : str
        Paragraphs, headings with ``#``, list items with ``-``, table rows with tabs between cells.
    created : str
        ISO date on which it was made, empty where the file does not say.
    """

    text: str
    created: str


def read_document(data: bytes) -> Document:
    """Read a ``.docx`` file.

    Insertions of tracked changes are kept, deletions are left out; so are hidden text, comments and the
    second copies that Word writes for older programs. Headers, footers and notes are not read.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    Document
        Its words in reading order.

    Raises
    ------
    ValueError
        If it is damaged, locked with a password or unpacks to too much.
    """
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise ValueError("it is locked with a password or an old .doc; save it as an open .docx")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            body = _part(archive, "word/document.xml")
            styles = _part(archive, "word/styles.xml")
            core = _part(archive, "docProps/core.xml")
    except zlib.error:
        raise ValueError("it is no whole Word document (what is compressed in it is damaged)") from None
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        # zipfile raises the last two for a compression it does not know and for what is locked.
        raise ValueError(f"it is no whole Word document ({error})") from None
    if body is None:
        raise ValueError("it is no Word document: word/document.xml is missing")
    created = core.findtext(_CREATED, "") if core is not None else ""
    return Document(_Blocks(_headings(styles)).text(body), created[:40])


def _part(archive: zipfile.ZipFile, name: str) -> etree._Element | None:
    try:
        with archive.open(name) as file:
            data = file.read(_LARGEST_PART + 1)
    except KeyError:
        return None
    if len(data) > _LARGEST_PART:
        raise ValueError(f"{name} unpacks to more than {_LARGEST_PART // 1024 // 1024} MiB")
    # Without huge_tree libxml2 refuses trees deeper than 256, so that the walk may recurse.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(data.replace(_STRICT[1:-1].encode(), _W[1:-1].encode()), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValueError(f"{name} is damaged ({str(error)[:100]})") from None


def _headings(styles: etree._Element | None) -> dict[str, int]:
    """Map style ids, which Word translates, to the heading levels that their English names tell."""
    found: dict[str, int] = {}
    for style in styles.iter(f"{_W}style") if styles is not None else ():
        name = style.find(f"{_W}name")
        word, _, level = (name.get(f"{_W}val", "") if name is not None else "").lower().partition(" ")
        if word == "title":
            found[style.get(f"{_W}styleId", "")] = 1
        elif word == "heading" and level.isdecimal():
            found[style.get(f"{_W}styleId", "")] = min(max(int(level), 1), 6)
    return found


class _Blocks:
    """Writes paragraphs and tables; list items, and the rows of one table, stand close together."""

    def __init__(self, headings: dict[str, int]) -> None:
        self._headings = headings
        self._blocks: list[tuple[str, str]] = []  # a group, "" for a block that stands alone, and its words
        self._joined = ""  # words of a paragraph whose end mark was deleted
        self._tables = 0

    def text(self, body: etree._Element) -> str:
        self._walk(body)
        self._blocks.append(("", self._joined))
        written: list[str] = []
        last = ""
        for group, words in self._blocks:
            if words.strip():
                written += ["\n" if group and group == last else "\n\n", words]
            last = group
        return "".join(written[1:])

    def _walk(self, parent: etree._Element) -> None:
        for child in parent:
            name = _name(child)
            if name == "p":
                self._paragraph(child)
            elif name == "tbl":
                self._table(child)
            elif name not in _DROPPED:
                self._walk(child)

    def _paragraph(self, paragraph: etree._Element) -> None:
        words = self._joined + "".join(_words(paragraph))
        properties = paragraph.find(f"{_W}pPr")
        if properties is None:
            self._joined = ""
            self._blocks.append(("", words.strip("\n")))
            return
        if properties.find(f"{_W}rPr/{_W}del") is not None:
            self._joined = words
            return
        self._joined = ""
        style = properties.find(f"{_W}pStyle")
        level = self._headings.get(style.get(f"{_W}val", ""), 0) if style is not None else 0
        if level and words.strip():
            self._blocks.append(("", f"{'#' * level} {' '.join(words.split())}"))
        elif properties.find(f"{_W}numPr") is not None and words.strip():
            self._blocks.append(("list", f"- {words.strip()}"))
        else:
            self._blocks.append(("", words.strip("\n")))

    def _table(self, table: etree._Element) -> None:
        self._tables += 1
        for row in table.iterchildren(f"{_W}tr"):
            if row.find(f"{_W}trPr/{_W}del") is None:
                cells = (_cell(cell) for cell in row.iter(f"{_W}tc") if _row(cell) is row)
                self._blocks.append((f"table {self._tables}", "\t".join(cells).rstrip()))


def _row(cell: etree._Element) -> etree._Element | None:
    return next(cell.iterancestors(f"{_W}tr"), None)


def _cell(cell: etree._Element) -> str:
    paragraphs = ("".join(_words(paragraph)) for paragraph in cell.iter(f"{_W}p"))
    return " ".join(" ".join(each.split()) for each in paragraphs if each.strip())


def _name(element: etree._Element) -> str:
    if element.tag == f"{_MC}Fallback":
        return "del"  # the same words again, for older programs
    return str(etree.QName(element).localname)


def _words(parent: etree._Element) -> Iterator[str]:
    for child in parent:
        name = _name(child)
        if name == "t":
            yield child.text or ""
        elif name in _CHARACTERS:
            yield _CHARACTERS[name]
        elif name == "r" and child.find(f"{_W}rPr/{_W}vanish") is not None:
            continue
        elif name == "p":  # a text box
            yield from ("\n", *_words(child), "\n")
        elif name not in _DROPPED:
            yield from _words(child)
