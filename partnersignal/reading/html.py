"""HTML bodies to plain text: blocks end lines, quotes get "> ", hidden text goes."""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HTMLParser

_DROPPED = frozenset(["script", "style", "head", "title", "template", "noscript", "svg", "object", "iframe"])
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_SPACED = frozenset(["p", "blockquote", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre"])
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|max-height\s*:\s*0(?![.\d])|opacity\s*:\s*0\s*(?:;|$)", re.I)
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f]+")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})[^<>]{0,10000}>")
_TINY = re.compile(r"font-size\s*:\s*[01](?:px|pt)?\s*(?:;|$)", re.I)


def html_to_text(html: str) -> str:
    """Turn an HTML body into the lines a reader sees.

    Parameters
    ----------
    html : str
        HTML, however broken.

    Returns
    -------
    str
        Plain text: a line a block, ``- `` before list items, ``> `` before quoted lines, table cells
        separated by tabs. Scripts, styles and text styled to be invisible are left out.
    """
    # A surrogate or a NUL cannot be handed to libxml2.
    html = re.sub("[\x00\ud800-\udfff]", "\ufffd", html)
    root, whole = _parsed(html)
    if not whole:
        root, _ = _parsed(_flattened(html))
    if root is None:
        return ""
    writer = _Writer()
    writer.walk(root)
    return writer.text()


def _parsed(html: str) -> tuple[etree._Element | None, bool]:
    """Return the tree, and whether libxml2 went to its end: it stops where elements lie 2,048 deep."""
    parser = HTMLParser(encoding="utf-8", no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(html.encode("utf-8"), parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        root = None
    return root, not any("depth" in error.message for error in parser.error_log.filter_from_fatals())


def _flattened(html: str) -> str:
    """Replace all tags by line breaks."""
    kept: list[str] = []
    last, dropping = 0, ""
    for tag in _TAG.finditer(html):
        closing, name = bool(tag[1]), tag[2].lower()
        if not dropping:
            kept.append(html[last : tag.start()])
            dropping = name if name in _DROPPED and not closing else ""
        elif closing and name == dropping:
            dropping = ""
        last = tag.end()
    return "<br>".join(each for each in [*kept, "" if dropping else html[last:]] if each.strip())


class _Writer:
    """Collects lines while the tree is walked."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._filled = False
        self._quote = 0
        self._pre = 0

    def walk(self, root: etree._Element) -> None:
        """Walk the tree without recursion: mail can be nested deeper than Python's stack."""
        stack = [(root, False)]
        while stack:
            element, leaving = stack.pop()
            if leaving:
                self._leave(element)
            elif not isinstance(element.tag, str) or element.tag in _DROPPED or _hidden(element):
                self._words(element.tail)
            else:
                self._enter(element)
                self._words(element.text)
                stack.append((element, True))
                stack.extend((child, False) for child in reversed(element))

    def _enter(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "br":
            self._break()
        elif tag in _BLOCKS:
            self._end_block(spaced=tag in _SPACED)
        if tag == "li":
            self._line.append("- ")
        elif tag in ("td", "th") and self._filled:
            self._line.append("\t")
        elif tag == "hr":
            self._lines.append(self._prefix() + "-" * 20)
        self._quote += _quotes(element)
        self._pre += tag == "pre"

    def _leave(self, element: etree._Element) -> None:
        if element.tag in _BLOCKS:
            self._end_block(spaced=element.tag in _SPACED and not _quotes(element))
        if _quotes(element):
            self._quote -= 1
            self._space()
        self._pre -= element.tag == "pre"
        self._words(element.tail)

    def _words(self, text: str | None) -> None:
        if not text:
            return
        self._filled = self._filled or not text.isspace()
        if self._pre:
            first, *rest = text.split("\n")
            self._line.append(first)
            for line in rest:
                self._break()
                self._line.append(line)
                self._filled = not line.isspace() and bool(line)
            return
        text = _SPACE.sub(" ", text)
        if not text.isascii():
            text = _INVISIBLE.sub("", text)
        if not self._line or self._line[-1].endswith((" ", "\t")):
            text = text.lstrip(" ")
        if text:
            self._line.append(text)

    def _prefix(self) -> str:
        return "> " * min(self._quote, 5)

    def _break(self) -> None:
        line = "".join(self._line)
        self._lines.append((self._prefix() + (line if self._pre else line.lstrip(" "))).rstrip(" "))
        self._line, self._filled = [], False

    def _end_block(self, *, spaced: bool) -> None:
        if self._line == ["- "]:
            return  # the item's words stand in a block of their own
        if self._filled:
            self._break()
        self._line = []
        if spaced:
            self._space()

    def _space(self) -> None:
        if self._lines and self._lines[-1].strip("> "):
            self._lines.append(self._prefix().rstrip(" "))

    def text(self) -> str:
        self._end_block(spaced=False)
        while self._lines and not self._lines[-1].strip("> "):
            self._lines.pop()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")


def _hidden(element: etree._Element) -> bool:
    style = element.get("style")
    if element.get("hidden") is not None or (style and _HIDDEN.search(style)):
        return True
    # Layout cells are set to size 0 against gaps; what is inside them names its own size.
    return bool(style and _TINY.search(style)) and not any(
        "font-size" in child.get("style", "") for child in element.iterdescendants(etree.Element)
    )


def _quotes(element: etree._Element) -> bool:
    # Outlook's and Gmail's containers hold the header block too: it is marked by cleaning, which reads
    # it for the author; only real blockquotes are marked here.
    return bool(element.tag == "blockquote")
