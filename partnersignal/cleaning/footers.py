"""What stands around the words: greeting, sign-off and signature, disclaimers, banners, mobile footers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from partnersignal.cleaning.lines import ADDRESS, LIST_ITEM, Line

_DELIMITER = re.compile(r"^[ \t]*(?:--|—|––|-- |__)[ \t]*$")
_MOBILE = re.compile(
    r"^[ \t]*(?:sent (?:from|via|using|with) (?:my |the |an? )?\S.{0,60}|get outlook for .{1,20}|from my (?:mobile|iphone|ipad|phone)\b.{0,40}"
    r"|(?:von|from) meinem .{1,30}gesendet|gesendet (?:von|mit) .{1,40}|envoyé (?:de|depuis|à partir) .{1,40}"
    r"|enviado (?:desde|de|do) .{1,40}|inviato da(?:l)? .{1,40}|verzonden (?:vanaf|met|vanuit|via) .{1,40}|verstuurd vanaf .{1,40}"
    r"|sendt fra .{1,40}|skickat från .{1,40}|lähetetty .{1,40}|wysłane? z .{1,40}|odesláno z .{1,40}|отправлено (?:с|из) .{1,40}"
    r"|从我的.{1,20}发送|发自.{1,20}|.{0,20}から送信|iPhoneから.{0,10})[.!]?[ \t]*$",
    re.I,
)
_CLOSING = re.compile(
    r"^[ \t]*(?:(?:kind|best|warm|many|with|my)\b.{0,25}|(?:best|regards|rgds|brgds|br|cheers|thanks|thank you|thx|ta|sincerely|yours|"
    r"cordially|respectfully|take care|all the best|mfg|mit freundlichen grüßen|mit freundlichen gruessen|viele grüße|beste grüße|"
    r"gruß|grüße|lg|vg|cordialement|bien à vous|salutations|cdlt|saludos|un saludo|atentamente|cordiali saluti|saluti|distinti saluti|"
    r"atenciosamente|abraços|cumprimentos|met vriendelijke groet|groet(?:en|jes)?|med venlig hilsen|mvh|venlig hilsen|hilsen|"
    r"vänliga hälsningar|hälsningar|ystävällisin terveisin|terveisin|pozdrawiam|z poważaniem|s pozdravem|с уважением|此致|敬具|よろしく)\b.{0,25})"
    r"[,.!]?[ \t]*$",
    re.I,
)
_CONTACT = re.compile(
    r"\b(?:tel|phone|mobile|mob|cell|fax|ph|direct|office|t|m|f|e|w|www|http|skype)\b\s*[.:]|\+?\d[\d ()./-]{7,}\d|www\.|https?://|^[ \t|]*[-_*=~]{3,}",
    re.I,
)
_DISCLAIMER = re.compile(
    r"confidential|privileged|intended (?:only |solely )?(?:for|recipient)|unauthori[sz]ed|disclos|received (?:this|it) (?:e-?mail|message|in error)|"
    r"virus|registered (?:office|in england)|vertraulich|bestimmt für|confidentiel|destinataire|confidencial|destinatario|riservat|vertrouwelijk|geadresseerde|"
    r"fortrolig|konfidentiell|luottamuksellinen|poufn|důvěrn|конфиденциальн",
    re.I,
)
_BANNER = re.compile(
    r"^[ \t*]*(?:\[?\s*(?:ext(?:ernal)?(?: e-?mail| sender)?|extern(?:e mail)?|caution|warning|achtung)\s*[\]:*!-]|"
    r"(?:this|diese) (?:e-?mail|message)\b.{0,40}(?:originated|outside|außerhalb|external)|you don'?t often get e-?mail)",
    re.I,
)
_GREETING = re.compile(
    r"^[ \t]*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|morning|afternoon|greetings|hallo|guten (?:tag|morgen)|sehr geehrte\w*|liebe\w*|"
    r"moin|servus|bonjour|bonsoir|salut|ch[eè]re?|hola|buen[oa]s|estimad\w*|ciao|buongiorno|gentil\w*|salve|olá|bom dia|boa tarde|prezad\w*|beste|geachte|hoi|"
    r"dag|hej|kære|bäste|hei|kjære|hyvä|moi|cześć|dzień dobry|szanown\w*|dobrý den|ahoj|здравствуйте|добрый день|您好|你好)\b[^.?!:;]{0,50}[,!.:;-]*[ \t]*$",
    re.I,
)
_NAME_GREETING = re.compile(
    r"^[ \t]*(?:[A-Z][\w'’.-]{1,20})(?:(?: |, | and | & )[A-Z][\w'’.-]{1,20}){0,3}[ \t]*[,:-]{1,2}[ \t]*$"
)
_LONGEST_SIGNATURE = 14
_DISCLAIMER_CUES = 2


def banner_lines(lines: Sequence[Line]) -> int:
    """Count the lines at the top that a mail gateway put there.

    Parameters
    ----------
    lines : sequence of Line
        The sender's own part of the body.

    Returns
    -------
    int
        Number of lines, the blank ones behind them too.
    """
    top = next((i for i, line in enumerate(lines) if not line.blank), len(lines))
    if top == len(lines) or not _BANNER.match(lines[top].text):
        return 0
    end = top + 1
    # The bracketed word stands alone; a sentence of warning goes on to the next blank line.
    if not lines[top].text.strip().endswith("]"):
        while end < len(lines) and not lines[end].blank:
            end += 1
    while end < len(lines) and lines[end].blank:
        end += 1
    return end


def greeting_lines(lines: Sequence[Line]) -> int:
    """Count the lines at the top that only greet.

    Parameters
    ----------
    lines : sequence of Line
        Lines below any banner.

    Returns
    -------
    int
        0, or one line and the blank ones around it.
    """
    top = next((i for i, line in enumerate(lines) if not line.blank), len(lines))
    if top == len(lines):
        return 0
    text = lines[top].text
    return top + 1 if _GREETING.match(text) or _NAME_GREETING.match(text) else 0


def signature_start(lines: Sequence[Line]) -> int:
    """Find where the signature begins.

    Parameters
    ----------
    lines : sequence of Line
        The sender's own part of the body, disclaimers cut off.

    Returns
    -------
    int
        Index of its first line; ``len(lines)`` where there is none. A list or a sentence is never part of it.
    """
    last = len(lines)
    while last and (lines[last - 1].blank or _MOBILE.match(lines[last - 1].text)):
        last -= 1
    start = last
    for index in range(max(0, last - 2 * _LONGEST_SIGNATURE), last):
        if _DELIMITER.match(lines[index].text) and index > 0 and _short_tail(lines, index + 1, last):
            return index
    for index in range(last - 1, max(-1, last - 1 - _LONGEST_SIGNATURE), -1):
        text = lines[index].text
        if _CLOSING.match(text) and _short_tail(lines, index + 1, last):
            start = index
            break
        if len(text) > 90 or (LIST_ITEM.match(text) and not _CONTACT.search(text)):
            break
    else:
        return _contact_block(lines, last)
    return start if start < last else _contact_block(lines, last)


def mobile_start(lines: Sequence[Line]) -> int:
    """Find a mobile footer ("Sent from my ...") at the end.

    Parameters
    ----------
    lines : sequence of Line
        The sender's own part of the body.

    Returns
    -------
    int
        Index of its line; ``len(lines)`` where there is none.
    """
    last = next((i for i in range(len(lines) - 1, -1, -1) if not lines[i].blank), None)
    return last if last is not None and _MOBILE.match(lines[last].text) else len(lines)


def disclaimer_start(lines: Sequence[Line]) -> int:
    """Find where the legal small print begins: paragraphs at the end with two or more of its phrases.

    Parameters
    ----------
    lines : sequence of Line
        The sender's own part of the body.

    Returns
    -------
    int
        Index of its first line; ``len(lines)`` where there is none.
    """
    start = len(lines)
    end = len(lines)
    while end > 0:
        while end > 0 and lines[end - 1].blank:
            end -= 1
        top = end
        while top > 0 and not lines[top - 1].blank:
            top -= 1
        words = " ".join(line.text for line in lines[top:end])
        cues = {match.group(0).lower()[:8] for match in _DISCLAIMER.finditer(words[:5000])}
        if top == end or top == 0 or len(words) < 80 or len(cues) < _DISCLAIMER_CUES:
            break
        start = end = top
    return start


def _short_tail(lines: Sequence[Line], start: int, end: int) -> bool:
    """Return whether lines look like names, titles and contact lines rather than prose."""
    filled = [line.text.strip() for line in lines[start:end] if not line.blank]
    if len(filled) > _LONGEST_SIGNATURE:
        return False
    prose = sum(
        1 for text in filled if (len(text) > 70 and not _CONTACT.search(text)) or (text.endswith(("?", "!")) and len(text) > 25)
    )
    listed = sum(1 for text in filled if LIST_ITEM.match(text) and not _CONTACT.search(text))
    return prose == 0 and listed == 0


def _contact_block(lines: Sequence[Line], last: int) -> int:
    """Find a block at the end, with no sign-off, of short lines two or more of which give contacts."""
    top = last
    while top > 0 and not lines[top - 1].blank and last - top < _LONGEST_SIGNATURE:
        top -= 1
    block = lines[top:last]
    contacts = sum(1 for line in block if _CONTACT.search(line.text) or ADDRESS.search(line.text))
    short = all(len(line.text) <= 80 and not line.text.rstrip().endswith(("?", ":")) for line in block)
    listed = any(LIST_ITEM.match(line.text) for line in block)
    return top if top > 0 and len(block) >= 2 and contacts >= 2 and short and not listed else len(lines)
