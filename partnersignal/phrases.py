"""What people and mail programs write around the words that matter, in many languages.

The data is in ``phrases.toml`` beside this file; patterns are made from it when first asked for.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path


@cache
def _groups() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))


@cache
def phrases(group: str) -> tuple[str, ...]:
    """Return a group's entries in all languages.

    Parameters
    ----------
    group : str
        A heading of ``phrases.toml``.

    Returns
    -------
    tuple of str
        Regular expressions, longest first, so that a phrase wins over its beginning.
    """
    entries = (entry for language in _groups()[group].values() for entry in language)
    return tuple(sorted(dict.fromkeys(entries), key=lambda entry: (-len(entry), entry)))


@cache
def any_of(*groups: str) -> str:
    """Return one regular expression for all entries of groups.

    Parameters
    ----------
    *groups : str
        Headings of ``phrases.toml``.

    Returns
    -------
    str
        A group without a number.
    """
    return f"(?:{'|'.join(entry for group in groups for entry in phrases(group))})"
