"""partnersignal: which suppliers behave like partners, from e-mails and meeting notes.

>>> import partnersignal as ps
>>> tagger = ps.load()
>>> [tag.signal for tag in tagger.tag("You promised the patch for Monday and it has not come.", voice="customer").tags]
['broken_promise']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partnersignal.api import new_text, read
    from partnersignal.errors import InputError, MissingExtraError, ModelError, PartnerSignalError, RunError
    from partnersignal.messages import Message, Party, Tag, TaggedText
    from partnersignal.runs.run import Run, open_run
    from partnersignal.runs.scoring import score
    from partnersignal.tagging import Tagger, load
    from partnersignal.training import SignalClassifier, TrainingConfig, compare, evaluate, train

# Where each public name lives; loaded when first asked for, so that importing the package is instant.
_HOMES = {
    "InputError": "errors", "Message": "messages", "MissingExtraError": "errors", "ModelError": "errors",
    "PartnerSignalError": "errors", "Party": "messages", "Run": "runs.run", "RunError": "errors",
    "SignalClassifier": "training", "Tag": "messages", "TaggedText": "messages", "Tagger": "tagging",
    "TrainingConfig": "training", "compare": "training", "evaluate": "training", "load": "tagging", "new_text": "api",
    "open_run": "runs.run", "read": "api", "score": "runs.scoring", "train": "training",
}  # fmt: skip

__all__ = [
    "InputError",
    "Message",
    "MissingExtraError",
    "ModelError",
    "PartnerSignalError",
    "Party",
    "Run",
    "RunError",
    "SignalClassifier",
    "Tag",
    "TaggedText",
    "Tagger",
    "TrainingConfig",
    "compare",
    "evaluate",
    "load",
    "new_text",
    "open_run",
    "read",
    "score",
    "train",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name not in _HOMES:
        raise AttributeError(f"module 'partnersignal' has no attribute {name!r}")
    return getattr(importlib.import_module(f"partnersignal.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*globals(), *__all__])
