"""Changing a finished run: the changed run is written beside it, whole, and takes its place or does not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from partnersignal.runs.corrections import CORRECTIONS_FILE

_DRAFT, _NEXT = "draft", "next"
SORTING = "sorting"  # where a roll-up sorts the mails; a killed one leaves it


def begin_draft(folder: Path) -> Path:
    """Make room for a changed run.

    Parameters
    ----------
    folder : pathlib.Path
        A run folder.

    Returns
    -------
    pathlib.Path
        A folder in it with its corrections and nothing else; what an earlier attempt left is gone.
    """
    draft = folder / _DRAFT
    for left in (draft, folder / SORTING):
        shutil.rmtree(left, ignore_errors=True)
    draft.mkdir()
    if (folder / CORRECTIONS_FILE).is_file():
        shutil.copy(folder / CORRECTIONS_FILE, draft)
    return draft


def put_in_place(folder: Path) -> None:
    """Let the files of the draft replace those of the run.

    Parameters
    ----------
    folder : pathlib.Path
        A run folder with a complete draft. Cut off from here on, `finish_pending` does the rest.
    """
    os.rename(folder / _DRAFT, folder / _NEXT)
    finish_pending(folder)


def finish_pending(folder: Path) -> None:
    """Finish a change that was cut off while its files were moved.

    Parameters
    ----------
    folder : pathlib.Path
        A run folder.
    """
    ready = folder / _NEXT
    if ready.is_dir():
        for file in sorted(ready.iterdir()):
            os.replace(file, folder / file.name)
        ready.rmdir()
