"""Bytes to text: declared charset, its usual misspellings, then detection."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

# Names that mailers write and Python does not know (cpython raises LookupError for them).
_ALIASES = {
    "cp-850": "cp850",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "uft-8": "utf-8",
    "utf-8mb4": "utf-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "ansi_x3.110-1983": "cp1252",
    "ansi": "cp1252",
    "x-gbk": "gb18030",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "x-mac-roman": "mac_roman",
}
# Codecs of Python that are no charsets of text, or not safe to run on a stranger's bytes.
_NOT_TEXT = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "mbcs", "oem"}
_DETECT_BYTES = 64 * 1024
_TOO_SHORT = 200  # bytes; detection guesses wildly below it


def decode(data: bytes, declared: str | None = None) -> str:
    """Decode the bytes of a text part.

    Tries the declared charset, then UTF-8, then (where none is declared, or UTF-8 wrongly)
    detection; what still does not decode becomes U+FFFD, which the receipt counts.

    Parameters
    ----------
    data : bytes
        Bytes after the transfer encoding was undone.
    declared : str or None
        Charset named by the part.

    Returns
    -------
    str
        Text without a byte order mark.
    """
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        bom = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-16"
        return data.decode(bom, "replace")
    name = _known(declared)
    # windows-1252 is a superset of what mailers call latin-1 and ascii (WHATWG Encoding Standard).
    candidates = [name, "utf-8"] if name not in (None, "ascii", "iso8859-1") else ["utf-8"]
    for candidate in candidates:
        try:
            return data.decode(candidate or "utf-8")
        except UnicodeDecodeError:
            continue
    if name in ("ascii", "iso8859-1"):
        return data.decode("cp1252", "replace")
    if name is not None:
        text = data.decode(name, "replace")
        # One character beyond ASCII that did decode shows that UTF-8 was meant.
        if name != "utf-8" or re.search("[^\x00-\x7f\ufffd]", text):
            return text
    high = len(data) - len(re.sub(rb"[\x80-\xff]", b"", data))
    if len(data) < _TOO_SHORT and high * 3 <= len(data):
        return data.decode("cp1252", "replace")
    best = from_bytes(data[:_DETECT_BYTES]).best()
    return data.decode(best.encoding if best else "utf-8", "replace")


def _known(declared: str | None) -> str | None:
    """Return Python's name of a declared charset, None where there is no such charset."""
    if not declared:
        return None
    name = re.sub(r"[\s\"']", "", declared).lower()
    try:
        info = codecs.lookup(_ALIASES.get(name, name))
    except (LookupError, ValueError):
        return None
    return info.name if info._is_text_encoding and info.name not in _NOT_TEXT else None
