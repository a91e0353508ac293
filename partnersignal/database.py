"""The database that an export is planned and a run rolled up in: sorts and joins that do not fit into memory go to disk."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

MEMORY = 64  # MiB to begin with
_DOUBLED = 8  # times at most
_NO_ROOM = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT), os.strerror(errno.EFBIG), "max_temp_directory_size")


@contextmanager
def database_beside(overflow: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database.

    Parameters
    ----------
    overflow : pathlib.Path
        Folder for what does not fit into memory; what a process that was killed left there is removed, and so is it
        in the end.

    Yields
    ------
    duckdb.DuckDBPyConnection
        To be given to `execute`.

    Raises
    ------
    OSError
        If the disk is full.
    """
    import duckdb  # some 30 MB, which the workers have no need of

    shutil.rmtree(overflow, ignore_errors=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{MEMORY}MiB", "temp_directory": str(overflow),
        "threads": 1,  # each has buffers of its own
        "autoinstall_known_extensions": False, "autoload_known_extensions": False,  # nothing comes from the network
    }  # fmt: skip
    try:
        with duckdb.connect(":memory:", config=config) as database:
            # Where Python runs without a file (-c, a notebook) a long query would draw its progress on standard output.
            database.execute("SET enable_progress_bar = false")
            yield database
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if not any(words in str(error) for words in _NO_ROOM):
            raise
        raise OSError(errno.ENOSPC, str(error).split("\n", 1)[0]) from error
    finally:
        shutil.rmtree(overflow, ignore_errors=True)


def execute(
    database: duckdb.DuckDBPyConnection, statements: str, values: Mapping[str, Any] | None = None
) -> duckdb.DuckDBPyConnection:
    """Execute statements; one that cannot do with the memory, however much goes to disk, gets twice as much.

    Parameters
    ----------
    database : duckdb.DuckDBPyConnection
        From `database_beside`.
    statements : str
        SQL, each statement ended by a semicolon but the last.
    values : mapping, optional
        Of the parameters; then there is one statement.

    Returns
    -------
    duckdb.DuckDBPyConnection
        With the result of the last statement.
    """
    for statement in statements.split(";"):
        if statement.strip():
            _execute(database, statement, values)
    return database


def _execute(database: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, Any] | None) -> None:
    import duckdb

    for doubled in range(1, _DOUBLED + 2):
        try:
            database.execute(statement, values)
        except duckdb.OutOfMemoryException as error:
            if doubled > _DOUBLED or "max_temp_directory_size" in str(error):
                raise
            database.execute(f"SET memory_limit = '{MEMORY << doubled}MiB'")
        else:
            return
