"""What a run was asked to do, so that it can go on, or refuse to become another."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from partnersignal.errors import InputError

BulkChoice = Literal["count", "exclude"]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Everything that changes the tables of a run; the number of jobs does not.

    Attributes
    ----------
    export : tuple of str
        Absolute paths.
    export_state : str
        Hash of names, sizes and times of change of the export's files.
    suppliers : str
        Hash of the supplier file, or empty.
    ours : tuple of str
        Domains and addresses named on the command line.
    model : str
        Hash of the model's configuration and weights.
    since, until, as_of : str
        ISO dates, or empty.
    bulk : str
        ``count`` or ``exclude``.
    quotes : bool
        Whether sentences are written to the tables.
    columns : tuple of (str, str)
        Field to column of tables.
    pseudonyms : str
        Fingerprint of the key, or empty where people keep their names.
    """

    export: tuple[str, ...]
    export_state: str
    suppliers: str
    ours: tuple[str, ...]
    model: str
    since: str = ""
    until: str = ""
    as_of: str = ""
    bulk: str = "count"
    quotes: bool = True
    columns: tuple[tuple[str, str], ...] = ()
    pseudonyms: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        Returns
        -------
        dict
            Lists for tuples.
        """
        data = asdict(self)
        return data | {"export": list(self.export), "ours": list(self.ours), "columns": [list(pair) for pair in self.columns]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RunSettings:
        """Read what `to_dict` wrote.

        Parameters
        ----------
        data : mapping
            From JSON.

        Returns
        -------
        RunSettings
            The same settings.
        """
        pairs = tuple((str(field), str(column)) for field, column in data["columns"])
        return cls(**{**data, "export": tuple(data["export"]), "ours": tuple(data["ours"]), "columns": pairs})

    def differences(self, other: Mapping[str, Any]) -> list[str]:
        """Name the settings in which an earlier run differs.

        Parameters
        ----------
        other : mapping
            From `to_dict` of the earlier run.

        Returns
        -------
        list of str
            Names of settings.
        """
        mine = self.to_dict()
        return sorted(name for name in mine.keys() | other.keys() if mine.get(name) != other.get(name))


def hash_files(paths: list[Path], *, contents: bool) -> str:
    """Hash files, by content or by name, size and time of change.

    Parameters
    ----------
    paths : list of pathlib.Path
        Files and folders.
    contents : bool
        Whether to read them; an export may be too large for that.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    digest = hashlib.blake2b(digest_size=8)
    for path in paths:
        files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        for file in files:
            name = str(file.relative_to(path)) if path.is_dir() else file.name
            stat = os.stat(file)
            digest.update(f"{name}\x1f{stat.st_size}\x1f{'' if contents else stat.st_mtime_ns}\x1e".encode("utf-8", "replace"))
            if contents:
                digest.update(file.read_bytes())
    return digest.hexdigest()


def parse_day(value: str | None, option: str) -> datetime | None:
    """Read a date that a user gave.

    Parameters
    ----------
    value : str or None
        ISO date or date and time; without a zone it is UTC.
    option : str
        For the error.

    Returns
    -------
    datetime or None
        In UTC.

    Raises
    ------
    InputError
        If it is no ISO date.
    """
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise InputError(f"got {option} {value!r}, expected a date like 2025-03-31") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
