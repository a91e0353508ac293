"""HTML bodies to plain text: blocks end lines, quotes get "> ", hidden text goes."""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HTMLParser

_DROPPED = frozenset(["script", "style", "head", "title", "template", "noscript", "svg", "object", "iframe"])
_BLOCKS = frozenset(
    ["address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul"]
)
_SPACED = frozenset(["p", "blockquote", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre"])
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0(?![.\d])"
    r"|font-size\s*:\s*[01](?:px|pt)?\s*(?:;|$)|opacity\s*:\s*0\s*(?:;|$)",
    re.I,
)
_DEEPEST = 200  # nesting followed; deeper elements are read as their parent's text


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
    data = re.sub("[\x00\ud800-\udfff]", "\ufffd", html).encode("utf-8")
    try:
        root = etree.fromstring(data, HTMLParser(encoding="utf-8", no_network=True, huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        return ""
    writer = _Writer()
    writer.walk(root)
    return writer.text()


class _Writer:
    """Collects lines while the tree is walked."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quote = 0

    def walk(self, root: etree._Element) -> None:
        """Walk the tree without recursion: mail can be nested deeper than Python's stack."""
        stack: list[tuple[etree._Element, bool, int]] = [(root, False, 0)]
        while stack:
            element, leaving, depth = stack.pop()
            if leaving:
                self._leave(element)
                continue
            if not isinstance(element.tag, str) or element.tag in _DROPPED or _hidden(element):
                self._words(element.tail, element.getparent())
                continue
            self._enter(element)
            self._words(element.text, element)
            stack.append((element, True, depth))
            if depth < _DEEPEST:
                stack.extend((child, False, depth + 1) for child in reversed(element))
            else:
                self._words(" ".join(str(t) for t in element.itertext()), element)

    def _enter(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "br":
            self._break()
        elif tag in _BLOCKS:
            self._end_block(spaced=tag in _SPACED)
        if tag == "li":
            self._line.append("- ")
        elif tag in ("td", "th") and "".join(self._line).strip():
            self._line.append("\t")
        elif tag == "hr":
            self._lines.append(self._prefix() + "-" * 20)
        if _quotes(element):
            self._quote += 1

    def _leave(self, element: etree._Element) -> None:
        if element.tag in _BLOCKS:
            self._end_block(spaced=element.tag in _SPACED)
        if _quotes(element):
            self._quote -= 1
        self._words(element.tail, element.getparent())

    def _words(self, text: str | None, parent: etree._Element | None) -> None:
        if not text:
            return
        if parent is not None and parent.tag == "pre":
            first, *rest = text.split("\n")
            self._line.append(first)
            for line in rest:
                self._break()
                self._line.append(line)
            return
        text = re.sub(r"[ \t\r\n\f\u00a0]+", " ", text)
        text = re.sub("[\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f]+", "", text)
        if text == " " and (not self._line or self._line[-1].endswith((" ", "\t"))):
            return
        self._line.append(text)

    def _prefix(self) -> str:
        return "> " * min(self._quote, 5)

    def _break(self) -> None:
        self._lines.append((self._prefix() + "".join(self._line).strip(" ")).rstrip(" "))
        self._line = []

    def _end_block(self, *, spaced: bool) -> None:
        if "".join(self._line).strip():
            self._break()
        self._line = []
        if spaced and self._lines and self._lines[-1].strip("> "):
            self._lines.append(self._prefix().rstrip(" "))

    def text(self) -> str:
        self._end_block(spaced=False)
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")


def _hidden(element: etree._Element) -> bool:
    style = element.get("style")
    return element.get("hidden") is not None or bool(style and _HIDDEN.search(style))


def _quotes(element: etree._Element) -> bool:
    # Outlook's and Gmail's containers hold the header block too: it is marked by cleaning, which reads
    # it for the author; only real blockquotes are marked here.
    return bool(element.tag == "blockquote")
