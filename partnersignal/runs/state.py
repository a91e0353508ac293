"""``run.json``: what a run was asked and how far it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from partnersignal.errors import RunError
from partnersignal.files import write_json

__all__ = ["STATE_FILE", "read_state", "write_json", "write_state"]

STATE_FILE = "run.json"


def read_state(folder: Path) -> dict[str, Any]:
    """Read ``run.json``.

    Parameters
    ----------
    folder : pathlib.Path
        A run folder.

    Returns
    -------
    dict
        Its state.

    Raises
    ------
    RunError
        If it is damaged.
    """
    try:
        state: dict[str, Any] = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
        return state
    except (OSError, ValueError) as error:
        raise RunError(
            f"got the run {folder} with a damaged {STATE_FILE} ({error}); delete the folder and score again"
        ) from error


def write_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Write ``run.json``, whole or not at all.

    Parameters
    ----------
    folder : pathlib.Path
        A run folder.
    state : mapping
        Plain data.
    """
    write_json(folder / STATE_FILE, state)
