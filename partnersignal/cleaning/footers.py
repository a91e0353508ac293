"""What stands around the words: greeting, sign-off and signature, disclaimers, banners, mobile footers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from partnersignal.cleaning.lines import ADDRESS, LIST_ITEM, Line

_DELIMITER = re.compile(r"^[ \t]*(?:--|—|––|-- |__)[ \t]*$")
_MOBILE = re.compile(
    r"^[ \t]*(?:sent (?:from|via|using|with) (?:my\b[^,;:]{1,60}|(?:an? |the (?:all[- ]?new )?)?(?-i:[A-Z0-9])[^,;:]{0,50})|get outlook for .{1,20}(?:<[^<>]{1,200}>)?|from my (?:mobile|iphone|ipad|phone)\b.{0,40}"
    r"|(?:von|from) meinem .{1,30}gesendet|gesendet (?:von|mit) .{1,40}|envoyé (?:de|depuis|à partir) .{1,40}"
    r"|enviado (?:desde|de|do) .{1,40}|inviato da(?:l)? .{1,40}|verzonden (?:vanaf|met|vanuit|via) .{1,40}|verstuurd vanaf .{1,40}"
    r"|sendt fra .{1,40}|skickat från .{1,40}|lähetetty .{1,40}|wysłane? z .{1,40}|odesláno z .{1,40}|отправлено (?:с|из) .{1,40}"
    r"|从我的.{1,20}发送|发自.{1,20}|.{0,20}から送信|iPhoneから.{0,10})[.!]?[ \t]*$",
    re.I,
)
_CLOSING = re.compile(
    r"^[ \t]*(?:"
    r"(?:(?:with |in )?(?:my |our |the )?(?:very |most )?(?:(?:kind|kindest|best|warm|warmest|many|sincere|friendly|personal) ){0,2}"
    r"(?:regards?|rgds|brgds|greetings|wishes|thanks|appreciation)|thank you|thx|ta)"
    r"(?: (?:and|&) .{1,20}| (?:again|in advance|so much|very much|a lot)| from .{1,20})?"
    r"|(?:my )?best|br|cheers|(?:yours )?(?:sincerely|truly|faithfully|cordially|respectfully)|yours|take care|all the best|mfg|lg|vg|cdlt|mvh|此致|敬具|よろしく.{0,15}"
    r"|(?:mit freundlichen gr(?:ü|ue)(?:ß|ss)en|(?:viele |beste |liebe |herzliche )?gr(?:ü|ue)(?:ß|ss)e|gru(?:ß|ss)|(?:bien )?cordialement|bien à vous|salutations|"
    r"(?:un )?saludos?|atentamente|(?:cordiali |distinti )?saluti|atenciosamente|abraços|cumprimentos|(?:met vriendelijke )?groet(?:en|jes)?|"
    r"(?:med )?venlig hilsen|hilsen|(?:vänliga )?hälsningar|(?:ystävällisin )?terveisin|pozdrawiam|z poważaniem|s pozdravem|с уважением)\b[^.?!:]{0,25}"
    r")(?:[,!. ]+(?-i:[A-Z])[\w.'’-]{0,20}(?: (?-i:[A-Z])[\w.'’-]{0,20}){0,2})?[,.!]?[ \t]*$",
    re.I,
)
# "Thanks for your help," closes where only a name follows; as a sentence it is the author's word.
_THANKS = re.compile(r"^[ \t]*thank(?:s| you)\b[^.?!:,]{0,40},?[ \t]*$", re.I)
_SENTENCE_WORDS = 4
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
    r"^[ \t*]{0,20}(?:\[?[ \t]{0,4}(?:ext(?:ernal)?(?: e-?mail| sender)?|extern(?:e mail)?|caution|warning|achtung)[ \t]{0,4}[\]:*!-]|"
    r"(?:this|diese) (?:e-?mail|message)\b.{0,40}(?:originated|outside|außerhalb|external)|you don'?t often get e-?mail)",
    re.I,
)
_GREETING = re.compile(
    r"^[ \t]*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|morning|afternoon|greetings|hallo|guten (?:tag|morgen)|sehr geehrte\w*|liebe\w*|"
    r"moin|servus|bonjour|bonsoir|salut|ch[eè]re?|hola|buen[oa]s|estimad\w*|ciao|buongiorno|gentil\w*|salve|olá|bom dia|boa tarde|prezad\w*|beste|geachte|hoi|"
    r"dag|hej|kære|bäste|hei|kjære|hyvä|moi|cześć|dzień dobry|szanown\w*|dobrý den|ahoj|здравствуйте|добрый день|您好|你好)\b(?P<rest>.{0,80})$",
    re.I,
)
_TITLE = re.compile(r"\b(?:mr|mrs|ms|dr|prof|sr|sra|dra|hr|fr|st)\.", re.I)
_GREETED = re.compile(r"[^\W\d_a-z].*|and|und|et|y|e|og|och|all|team|everyone|both|&")  # words a greeting has after a comma
_GREETING_END = ",!:;.-–，！ \t"
_MOST_GREETED = 8  # words; without a mark at the end
_MOST_GREETED_UNMARKED = 3
_NAME_GREETING = re.compile(
    r"^[ \t]*(?:[A-Z][\w'’.-]{1,20})(?:(?: |, | and | & )[A-Z][\w'’.-]{1,20}){0,3}[ \t]*[,:-]{1,2}[ \t]*$"
)
_LONGEST_SIGNATURE = 14
_LONGEST_FOOTER = 300  # characters
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
    return top + 1 if _greets(text) or _NAME_GREETING.match(text) else 0


def _greets(text: str) -> bool:
    """Return whether a line greets and says nothing else."""
    match = _GREETING.match(text)
    if match is None:
        return False
    rest = match["rest"].strip()
    core = _TITLE.sub("", rest.strip(_GREETING_END))
    if re.search(r"[.?!;:]", core):
        return False
    first, *others = core.split(",")
    if not all(_GREETED.fullmatch(word) for other in others for word in other.split()):
        return False
    return len(core.split()) <= (_MOST_GREETED if rest.endswith(tuple(_GREETING_END)) else _MOST_GREETED_UNMARKED)


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
    while last and (lines[last - 1].blank or _mobile(lines[last - 1])):
        last -= 1
    start = last
    for index in range(max(0, last - 2 * _LONGEST_SIGNATURE), last):
        if _DELIMITER.match(lines[index].text) and index > 0 and _short_tail(lines, index + 1, last):
            return index
    for index in range(last - 1, max(-1, last - 1 - _LONGEST_SIGNATURE), -1):
        text = lines[index].text
        closes = _CLOSING.match(text) or (index + 1 < last and _THANKS.match(text))
        if closes and _short_tail(lines, index + 1, last):
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
    return last if last is not None and _mobile(lines[last]) else len(lines)


def _mobile(line: Line) -> bool:
    return len(line.text) <= _LONGEST_FOOTER and _MOBILE.match(line.text) is not None


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
    prose = sum(1 for text in filled if _is_prose(text))
    listed = sum(1 for text in filled if LIST_ITEM.match(text) and not _CONTACT.search(text))
    return prose == 0 and listed == 0


def _is_prose(text: str) -> bool:
    if text.endswith(("?", "!")) and len(text) > 25:
        return True
    if _CONTACT.search(text[:500]):
        return False
    words = text.split()
    sentence = text.endswith(".") and len(words) >= _SENTENCE_WORDS and sum(word[0].islower() for word in words) * 2 >= len(words)
    return sentence or len(text) > 70


def _contact_block(lines: Sequence[Line], last: int) -> int:
    """Find a block at the end, with no sign-off, of short lines two or more of which give contacts."""
    top = last
    while top > 0 and not lines[top - 1].blank and last - top < _LONGEST_SIGNATURE:
        top -= 1
    block = lines[top:last]
    short = all(len(line.text) <= 80 and not line.text.rstrip().endswith(("?", ":")) for line in block)
    if top == 0 or len(block) < 2 or not short or any(LIST_ITEM.match(line.text) for line in block):
        return len(lines)
    contacts = sum(1 for line in block if _CONTACT.search(line.text) or ADDRESS.search(line.text))
    return top if contacts >= 2 else len(lines)
