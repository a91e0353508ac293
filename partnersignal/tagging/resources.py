"""Where the shipped model and the sample export lie: in the wheel, or in the checkout beside the package."""

from __future__ import annotations

from pathlib import Path

from partnersignal.errors import InputError

_PACKAGE = Path(__file__).parent.parent


def shipped(relative: str) -> Path:
    """Find a file or folder that ships with the library.

    Parameters
    ----------
    relative : str
        ``models/default`` or ``data/sample``.

    Returns
    -------
    pathlib.Path
        Inside the installed package, or in the checkout of an editable install.

    Raises
    ------
    InputError
        If it is in neither place.
    """
    for root in (_PACKAGE / "_shipped", _PACKAGE.parent):
        if (root / relative).exists():
            return root / relative
    raise InputError(f"got an installation without {relative}, expected it in the wheel; install partnersignal again")
