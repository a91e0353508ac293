"""Model folders on the Hugging Face Hub: asked only where a name begins with ``hf://``, or to share a model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from partnersignal.errors import MissingExtraError, ModelError
from partnersignal.tagging.folder import PLAIN_FILES, load_config

PREFIX = "hf://"


def fetch_model(name: str) -> Path:
    """Fetch a model folder from the Hub, or find it in the local cache.

    Parameters
    ----------
    name : str
        ``hf://owner/model`` or ``hf://owner/model@revision``.

    Returns
    -------
    pathlib.Path
        Where it lies.

    Raises
    ------
    ModelError
        If there is no such model, or the Hub cannot be reached.
    MissingExtraError
        If huggingface_hub is not installed.
    """
    huggingface_hub = _client()
    repository, _, revision = name.removeprefix(PREFIX).partition("@")
    try:
        return Path(huggingface_hub.snapshot_download(repository, revision=revision or None, allow_patterns=list(PLAIN_FILES)))
    except (OSError, ValueError, huggingface_hub.errors.HfHubHTTPError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"got the model {name}, which cannot be fetched ({reason}); check its name and the network") from error


def push_model(folder: str | os.PathLike[str], name: str, *, private: bool = True) -> str:
    """Send a model folder to the Hub.

    Parameters
    ----------
    folder : path
        Written by training.
    name : str
        ``hf://owner/model``; made if it does not exist.
    private : bool, default True
        Whether a new repository is private: a model of your mail holds words of your mail.

    Returns
    -------
    str
        Its address.

    Raises
    ------
    ModelError
        If it is no model folder.
    MissingExtraError
        If huggingface_hub is not installed.
    """
    huggingface_hub = _client()
    load_config(Path(folder))
    repository = name.removeprefix(PREFIX)
    api = huggingface_hub.HfApi()
    api.create_repo(repository, private=private, exist_ok=True)
    api.upload_folder(repo_id=repository, folder_path=str(folder), allow_patterns=list(PLAIN_FILES))
    return f"https://huggingface.co/{repository}"


def _client() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise MissingExtraError("huggingface_hub", "hub") from error
    return huggingface_hub
