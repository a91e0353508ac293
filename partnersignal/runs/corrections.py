"""``corrections.csv``: what a reader struck, added or moved."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from partnersignal.errors import InputError

CORRECTIONS_FILE = "corrections.csv"
COLUMNS = ("message_id", "sentence", "signal", "action", "supplier", "who", "when")
Action = Literal["strike", "add", "move"]
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True, slots=True)
class Correction:
    """One line of the file.

    Attributes
    ----------
    message_id : str
        Of the message.
    sentence : int
        0-based in the message.
    signal : str
        Label; empty in a strike or move that means all tags of the sentence.
    action : {"strike", "add", "move"}
        What to do.
    supplier : str
        Whose the tag is ("strike": empty for whosever, "add": empty where the message is about one supplier) or to be.
    who, when : str
        For the record.
    line : int
        In the file, for errors.
    """

    message_id: str
    sentence: int
    signal: str
    action: Action
    supplier: str = ""
    who: str = ""
    when: str = ""
    line: int = 0


def read_corrections(path: Path, signals: Sequence[str]) -> tuple[Correction, ...]:
    """Read a file of corrections.

    Parameters
    ----------
    path : pathlib.Path
        CSV with commas, semicolons or tabs. A missing file is no corrections.
    signals : sequence of str
        The labels of the run's model.

    Returns
    -------
    tuple of Correction
        In order.

    Raises
    ------
    InputError
        If a line is wrong; the message names it.
    """
    if not path.is_file():
        return ()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"got {path}, which cannot be read as UTF-8 text ({error}); save it as CSV UTF-8") from error
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    try:
        names = [str(name).strip().lower() for name in reader.fieldnames or ()]
        missing = [name for name in COLUMNS[:4] if name not in names]
        if missing:
            raise InputError(f"{path}: got no column {', '.join(missing)}, expected {', '.join(COLUMNS)}")
        reader.fieldnames = names
        return tuple(
            _correction(row, f"{path}, line {reader.line_num}", reader.line_num, signals) for row in reader if any(row.values())
        )
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: got no CSV ({error}); check the quotes") from error


def _correction(row: dict[str, Any], place: str, line: int, signals: Sequence[str]) -> Correction:
    cells = {name: _cell(row.get(name)) for name in COLUMNS}
    action = cells["action"].lower()
    if action not in ACTIONS:
        raise InputError(f"{place}: got the action {cells['action']!r}, expected one of {', '.join(ACTIONS)}")
    if not cells["message_id"]:
        raise InputError(f"{place}: got no message_id, expected that of a message of the run")
    if not (cells["sentence"].isascii() and cells["sentence"].isdigit()) or len(cells["sentence"]) > 9:
        raise InputError(f"{place}: got the sentence {cells['sentence']!r}, expected its number from 0 on")
    if cells["signal"] not in signals and (cells["signal"] or action == "add"):
        near = difflib.get_close_matches(cells["signal"], signals, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"{place}: got the signal {cells['signal']!r}, expected one of {', '.join(signals)}{hint}")
    if action == "move" and not cells["supplier"]:
        raise InputError(f"{place}: got no supplier, expected the one to whom the tag moves")
    return Correction(
        cells["message_id"],
        int(cells["sentence"]),
        cells["signal"],
        action,
        cells["supplier"],
        cells["who"],
        cells["when"],
        line,
    )


def _cell(value: Any) -> str:
    text = str(value or "").strip()
    # What the report and Excel put before a text that would be a formula.
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text
