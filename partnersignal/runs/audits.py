"""Audit files: flagged sentences for a person to read, as label documents or as a sheet, and back."""

from __future__ import annotations

import csv
import difflib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from partnersignal.errors import InputError
from partnersignal.index.arrays import SIDES
from partnersignal.index.audit import AUDIT_KEY
from partnersignal.report.evidence import day, escape_cell
from partnersignal.signals import Signal

SHEET_COLUMNS = ("supplier", "date", "voice", "side", "signals", "text", "right", "message_id", "sentence", "weight", "mass")
_YES, _NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0", "none")
# Shares are written as whole billionths: a spreadsheet of another locale would take a decimal point for something else.
_UNIT = 10**9


def write_audit(table: pd.DataFrame, documents: Path, sheet: Path) -> None:
    """Write the sentences of an audit as JSON Lines of label documents and as CSV for a spreadsheet.

    Parameters
    ----------
    table : pandas DataFrame
        From `draw_audit`, with text, voice and date.
    documents, sheet : pathlib.Path
        The files, written anew; ``right`` is null, or an empty cell.

    Raises
    ------
    InputError
        If a file is there already: somebody may have filled it in.
    """
    for path in (documents, sheet):
        if path.exists():
            raise InputError(
                f"got {path}, which exists and may hold answers; expected no such file, move it or name another --out"
            )
    rows = table.to_dict("records")
    with open(documents, "w", encoding="utf-8") as file:
        for number, row in enumerate(rows, 1):
            file.write(json.dumps(_document(number, row), ensure_ascii=False) + "\n")
    with open(sheet, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(SHEET_COLUMNS)
        for row in rows:
            cells = {
                **{name: _cell(row[name]) for name in ("supplier", "text", "message_id")},
                "date": day(row["date"]), "voice": row["voice"], "side": row["side"], "signals": row["signals"],
                "sentence": row["sentence"], **{name: round(row[name] * _UNIT) for name in ("weight", "mass")},
            }  # fmt: skip
            writer.writerow([cells.get(name, "") for name in SHEET_COLUMNS])


def _document(number: int, row: Mapping[Any, Any]) -> dict[str, Any]:
    segment = {
        "text": row["text"], "labels": row["signals"].split(";"),
        # Nobody has read it yet: not to be trained on.
        "ignore": True, "right": None, "message_id": row["message_id"], "sentence": int(row["sentence"]), "side": row["side"],
        "weight": round(row["weight"] * _UNIT), "mass": round(row["mass"] * _UNIT),
    }  # fmt: skip
    supplier, date = row["supplier"], day(row["date"])
    return {
        "id": f"audit-{number:04d}", "kind": "audit", "author": row["voice"], "supplier": supplier, "date": date,
        "segments": [segment],
    }  # fmt: skip


def read_audit(path: str | os.PathLike[str], signals: Sequence[Signal]) -> pd.DataFrame:
    """Read the answers of an audit.

    Parameters
    ----------
    path : path
        A file written by `write_audit`, with ``right`` filled in: yes, no, or the right labels (``;`` between them).
        The labels of a sentence make it right for its side where one of them is of that side. Spreadsheets may have
        saved it with ``;`` or tabs between cells.
    signals : sequence of Signal
        The taxonomy.

    Returns
    -------
    pandas DataFrame
        The columns of `AUDIT_KEY`, weight, mass and right (bool); lines without an answer are left out.

    Raises
    ------
    InputError
        If the file is missing, of another kind, holds a line twice or without an answer that can be read; the message
        names the line.
    """
    file = Path(path)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"got the audit file {file}, which cannot be read ({error.strerror}); draw one with: partnersignal audit RUN"
        ) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")  # a spreadsheet's plain "CSV"; keys are ASCII
    entries = _documents(text, file) if file.suffix.lower() in (".jsonl", ".ndjson", ".json") else _sheet(text, file)
    side_of = {signal.label: signal.side for signal in signals}
    rows = []
    for place, entry in entries:
        right = _answer(entry.get("right"), str(entry.get("side")), side_of, place)
        if right is not None:
            rows.append(_row(entry, place) | {"right": right})
    table = pd.DataFrame(rows, columns=[*AUDIT_KEY, "weight", "mass", "right"])
    if table.empty:
        raise InputError(f"got {file} without an answer, expected yes, no or labels in 'right'; fill it in")
    twice = table[table.duplicated(AUDIT_KEY)]
    if len(twice):
        raise InputError(
            f"got sentence {twice['sentence'].iloc[0]} of message {twice['message_id'].iloc[0]!r} twice in {file}, "
            "expected each line once; delete one"
        )
    return table.astype({"sentence": "int64", "weight": "float64", "mass": "float64", "right": "bool"})


def _documents(text: str, file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        place = f"{file}, line {number}"
        try:
            document = json.loads(line)
            segments = document["segments"]
            for segment in segments:
                yield place, {"supplier": document.get("supplier"), **segment}
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{place}: got no label document ({error}), expected a line as written by: partnersignal audit"
            ) from None


def _sheet(text: str, file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    missing = [name for name in (*AUDIT_KEY, "right", "weight", "mass") if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            f"got {file} without the column {missing[0]!r}, expected a sheet written by: partnersignal audit; keep its columns"
        )
    try:
        for row in reader:
            if any(row.values()):
                plain = {name: str(row[name] or "").removeprefix("'") for name in ("supplier", "message_id")}
                yield f"{file}, line {reader.line_num}", row | plain
    except csv.Error as error:
        raise InputError(
            f"{file}, line {reader.line_num}: got no table row ({error}), expected a sheet of partnersignal audit"
        ) from None


def _row(entry: Mapping[str, Any], place: str) -> dict[str, Any]:
    try:
        weight, mass = (float(entry[name]) / _UNIT for name in ("weight", "mass"))
        row: dict[str, Any] = {
            "supplier": str(entry["supplier"]),
            "message_id": str(entry["message_id"]),
            "side": str(entry["side"]),
        }
        row |= {"sentence": int(entry["sentence"]), "weight": weight, "mass": mass}
        if row["side"] not in SIDES or not (weight > 0 and mass > 0):
            raise ValueError("side, weight or mass is wrong")
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"{place}: got a changed line ({error}), expected it as drawn but for 'right'; draw the audit again"
        ) from None
    return row


def _cell(text: str) -> str:
    """Keep a spreadsheet from running a cell, so that it can be undone: an apostrophe of its own gets one more."""
    flat = " ".join(str(text).split())
    return f"'{flat}" if flat.startswith("'") else escape_cell(flat)


def _answer(value: Any, side: str, side_of: Mapping[str, str], place: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    named = (
        [str(each) for each in value] if isinstance(value, list) else str(value).replace("|", ";").replace(",", ";").split(";")
    )
    answers = [each.strip().lower() for each in named if each.strip()]
    if not answers:
        return False if isinstance(value, list) else None
    if len(answers) == 1 and answers[0] in (*_YES, *_NO):
        return answers[0] in _YES
    for answer in answers:
        if answer not in side_of:
            close = difflib.get_close_matches(answer, [*side_of, "yes", "no"], 1)
            hint = f"did you mean {close[0]!r}?" if close else "leave it empty where you are unsure"
            raise InputError(f"{place}: got the answer {answer!r} in 'right', expected yes, no or labels; {hint}")
    return any(side_of[answer] == side for answer in answers)
