"""The language of a text: which mail a model that knows English must leave alone."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# What is told apart: languages of business mail. Fewer candidates make fewer mistakes on short texts.
LANGUAGES = (
    "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "he", "hr", "hu", "id", "it", "ja", "ko", "lt",
    "lv", "no",
    "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "th", "tr", "uk", "vi", "zh",
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]{2,}")
_LATIN = re.compile(r"[a-zA-Z]")
_LETTER = re.compile(r"[^\W\d_]")
_LEAST_WORDS = 6  # fewer say too little
_MOST_CHARACTERS = 400  # more say nothing new
_DEFAULT = "en"
# Common in English, and no loan words: "who", "out" and "any" stand in German mail too.
_ENGLISH = frozenset((
    "the", "and", "you", "your", "for", "with", "that", "this", "are", "have", "will", "from", "our", "please",
    "would", "could", "should", "they", "their", "them", "there", "which", "because", "these", "those", "while",
    "where", "does", "after", "before", "were", "when", "think", "know", "about",
))  # fmt: skip
_LEAST_COMMON, _COMMON_SHARE = 4, 0.15
_SURE, _LIKELY = 0.95, 0.5


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([code for code in LANGUAGES if code in identifier.labels])
    return identifier


def language(text: str) -> str | None:
    """Tell the language of a message's own words.

    Parameters
    ----------
    text : str
        New text.

    Returns
    -------
    str or None
        ISO 639-1 code; None where the text is too short or the answer unsure: such text is taken to be in the language
        of the model.
    """
    words = _WORD.findall(text[:_MOST_CHARACTERS])
    if _plainly_english(words) and _latin(words):
        return _DEFAULT
    words = _WORD.findall(text[: 4 * _MOST_CHARACTERS])
    if not _latin(words):
        # A script tells more than its length does: Chinese has no blanks to count words by.
        return _classified("".join(words)[:_MOST_CHARACTERS]) if words else None
    if len(words) < _LEAST_WORDS:
        return None
    # Words in capitals are alike in all languages.
    return _classified(" ".join(word for word in words if not word.isupper())[:_MOST_CHARACTERS])


def _plainly_english(words: list[str]) -> bool:
    """Tell the common case at a tenth of the cost: in other languages so many of these words seldom stand together."""
    common = [word for word in map(str.lower, words) if word in _ENGLISH]
    return len(words) >= _LEAST_WORDS and len(common) >= _COMMON_SHARE * len(words) and len(set(common)) >= _LEAST_COMMON


def _classified(text: str) -> str | None:
    ranked = _identifier().rank(text)
    code, probability = ranked[0]
    # Danish may be Norwegian: sure is only that it is not English.
    others = probability if code == _DEFAULT else 1 - dict(ranked)[_DEFAULT]
    return code if others >= _SURE and probability >= _LIKELY else None


def _latin(words: list[str]) -> bool:
    return latin_script("".join(words))


def latin_script(text: str) -> bool:
    """Tell whether a text is in Latin letters.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    bool
        True where at least half of its letters are, or it has none.
    """
    if text.isascii():
        return True
    letters = len(_LETTER.findall(text))
    return letters == 0 or 2 * len(_LATIN.findall(text)) >= letters
