"""Options that commands of several files share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ModelOption = Annotated[str, typer.Option(help="default, linear, encoder, a model folder, or hf://owner/model.")]
KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--pseudonyms",
        envvar="PARTNERSIGNAL_KEY_FILE",
        help="Key file (16 random bytes or more): people get pseudonyms made with it, their names are hidden.",
    ),
]
NamesOption = Annotated[str | None, typer.Option(help="Names of the periods, for example before,during,after.")]


def split_names(value: str | None) -> list[str] | None:
    """Cut the names of periods.

    Parameters
    ----------
    value : str or None
        As `NamesOption` gives it.

    Returns
    -------
    list of str or None
        Without blanks around them.
    """
    return [each.strip() for each in value.split(",")] if value is not None else None
