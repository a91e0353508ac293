"""What a text has told of suppliers so far: who acted for them, and what was said of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from partnersignal.suppliers.bearing import actors, words
from partnersignal.suppliers.directory import SupplierDirectory

_NAMES = re.compile(r"[^\W\d_a-z][\w'’-]{1,30}")
_HEAD = 2_000  # characters in which the author's circle is looked for


class Recall:
    """Keeps the sentences of a text with their suppliers; most texts never ask for them.

    Parameters
    ----------
    directory : SupplierDirectory
        Whose names are no people's.
    circle : frozenset of str, optional
        People of the author's, who act for no supplier.
    """

    def __init__(self, directory: SupplierDirectory, circle: frozenset[str] = frozenset()) -> None:
        self._directory, self._circle = directory, circle
        self._told: list[tuple[str, int | None]] = []
        self._acting: dict[str, set[int]] = {}
        self._said: dict[str, set[int | None]] = {}

    def tell(self, text: str, owner: int | None) -> None:
        """Keep a sentence.

        Parameters
        ----------
        text : str
            The sentence.
        owner : int or None
            Whose it is; None where it is nobody's.
        """
        self._told.append((text, owner))

    def acted_for(self, name: str) -> set[int]:
        """Find for whom a person acted.

        Parameters
        ----------
        name : str
            One word of the name.

        Returns
        -------
        set of int
            Suppliers.
        """
        self._note()
        return self._acting.get(name, set())

    def said_of(self, nouns: Iterable[str]) -> set[int | None]:
        """Find of whom something was said.

        Parameters
        ----------
        nouns : iterable of str
            In lower case.

        Returns
        -------
        set of int or None
            Suppliers; None among them where a sentence about nobody held one of the nouns.
        """
        self._note()
        return {owner for noun in nouns for owner in self._said.get(noun, ())}

    def has_actor(self, text: str) -> bool:
        """Return whether somebody acts in a text who is not of the author's circle.

        Parameters
        ----------
        text : str
            A sentence.

        Returns
        -------
        bool
            True for "Ann asked us".
        """
        return any(name not in self._circle for name in actors(text))

    def _note(self) -> None:
        for text, owner in self._told:
            for word in words(text):
                self._said.setdefault(word, set()).add(owner)
            if owner is not None:
                for name in actors(text):
                    if name not in self._circle and not self._directory.mentions(name):
                        self._acting.setdefault(name, set()).add(owner)
        self._told.clear()


def names(text: str) -> list[str]:
    """Return the words of a text that may be names.

    Parameters
    ----------
    text : str
        A sentence or more.

    Returns
    -------
    list of str
        With their capitals, without "'s".
    """
    return [re.sub("['’]s$", "", name) for name in _NAMES.findall(text)]


def circle(text: str, directory: SupplierDirectory) -> frozenset[str]:
    """Find who is named before any supplier, and so of the author's circle: "Long call with Meg. Acme have at last ...".

    Parameters
    ----------
    text : str
        The message.
    directory : SupplierDirectory
        Names of suppliers.

    Returns
    -------
    frozenset of str
        Words that may be names.
    """
    head = text[:_HEAD]
    first = next(iter(directory.found(head)), (len(head),))[0]
    return frozenset(names(head[:first]))
