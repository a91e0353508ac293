"""Every error the library raises on purpose.

::

    PartnerSignalError
    ├── InputError (ValueError)        an export, supplier file, label file or value that cannot be used
    ├── ModelError (ValueError)        a model folder that is missing, damaged or of another format
    ├── RunError (RuntimeError)        a run folder that is locked, unfinished or of other settings
    └── MissingExtraError (ImportError) a feature whose optional packages are not installed

Messages say what was got, what was expected and what to do. The command line prints
them on one line and exits with 1; anything else that surfaces is a bug.
"""

from __future__ import annotations


class PartnerSignalError(Exception):
    """Root of all errors raised on purpose."""


class InputError(PartnerSignalError, ValueError):
    """An export, supplier file, label file or argument value cannot be used."""


class ModelError(PartnerSignalError, ValueError):
    """A model folder is missing, damaged or of a format this version does not read."""


class RunError(PartnerSignalError, RuntimeError):
    """A run folder is in use, unfinished or was made with other settings."""


class MissingExtraError(PartnerSignalError, ImportError):
    """A feature needs optional packages that are not installed.

    Parameters
    ----------
    package : str
        The package that could not be imported.
    extra : str
        The extra of partnersignal that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"got no package {package!r}, expected it for this feature; install it with: pip install 'partnersignal[{extra}]'"
        )
