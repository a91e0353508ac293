"""A model folder: ``partnersignal.json``, the backend's files, ``MODEL_CARD.md``. Plain data, nothing that runs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from partnersignal.errors import ModelError
from partnersignal.signals import Signal
from partnersignal.tagging.calibration import Calibration, Floats
from partnersignal.tagging.surroundings import SIDES, talk_around

FORMAT = 3  # 2: the rest of a message counts (surroundings), where it sounds like a vendor; 3: or like a partner
BACKENDS = ("linear", "encoder", "cascade")
CONFIG_FILE = "partnersignal.json"
CARD_FILE = "MODEL_CARD.md"
# Weights, JSON and the card; what could run is never fetched, sent or copied.
PLAIN_FILES = ("*.json", "*.safetensors", "*.onnx", "*.md", "*.txt")


@dataclass(frozen=True)
class ModelConfig:
    """What a model folder says of itself.

    Attributes
    ----------
    backend : str
        Which files hold the weights.
    signals : tuple of Signal
        The taxonomy it was trained for, in column order.
    calibration : Calibration
        Probabilities and thresholds.
    languages : tuple of str
        ISO 639-1 codes of the languages it knows.
    options : mapping
        What the backend must know: the encoder's longest input and whether it reads the sentence
        before; the cascade's screen.
    training : mapping
        Corpus, seed and figures, for the card. ``false_alarm_variation``, where measured: omega of the
        sides ``partner`` and ``vendor``.
    """

    backend: str
    signals: tuple[Signal, ...]
    calibration: Calibration
    languages: tuple[str, ...] = ("en",)
    options: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)

    def probabilities(self, scores: Floats, messages: Sequence[int] | None = None) -> Floats:
        """Calibrate raw scores.

        Parameters
        ----------
        scores : numpy.ndarray of shape (n_sentences, n_signals)
            Log-odds as the backend gives them.
        messages : sequence of int of length n_sentences, optional
            Number of the message that each sentence stands in; without it each stands alone.

        Returns
        -------
        numpy.ndarray of shape (n_sentences, n_signals)
            Between 0 and 1.
        """
        vendor = np.array([signal.side == "vendor" for signal in self.signals])
        talk = talk_around(scores, vendor, messages) if messages is not None else None
        return self.calibration.probabilities(scores, talk)

    def save(self, folder: Path) -> None:
        """Write ``partnersignal.json``.

        Parameters
        ----------
        folder : pathlib.Path
            Exists.
        """
        surroundings = np.broadcast_to(self.calibration.surroundings, (len(self.signals), len(SIDES)))
        per_signal = [
            {
                "label": signal.label, "side": signal.side, "weight": signal.weight, "definition": signal.definition,
                "source": signal.source, "slope": round(float(self.calibration.slope[k]), 6),
                "intercept": round(float(self.calibration.intercept[k]), 6),
                "threshold": round(float(self.calibration.threshold[k]), 6),
                "surroundings": {side: round(float(weight), 6) for side, weight in zip(SIDES, surroundings[k], strict=True)},
            }
            for k, signal in enumerate(self.signals)
        ]  # fmt: skip
        data = {
            "format": FORMAT,
            "backend": self.backend,
            "languages": list(self.languages),
            "options": dict(self.options),
            "signals": per_signal,
            "training": dict(self.training),
        }
        (folder / CONFIG_FILE).write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load_config(folder: Path) -> ModelConfig:
    """Read and check the configuration of a model folder.

    Parameters
    ----------
    folder : pathlib.Path
        The model.

    Returns
    -------
    ModelConfig
        As saved.

    Raises
    ------
    ModelError
        If there is none, it is damaged, or of a format or backend this version does not know.
    """
    file = folder / CONFIG_FILE
    if not file.is_file():
        raise ModelError(
            f"got {folder}, which is no model folder (it holds no {CONFIG_FILE}); expected one written by: partnersignal train"
        )
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        version, backend = data["format"], data["backend"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"got a damaged {file} ({error}); copy or train the model again") from error
    if version not in range(1, FORMAT + 1):
        raise ModelError(
            f"got a model of format {version!r} in {folder}, expected 1 to {FORMAT}; "
            "update partnersignal, or train the model again"
        )
    if backend not in BACKENDS:
        raise ModelError(
            f"got the backend {backend!r} in {folder}, expected one of {', '.join(BACKENDS)}; update partnersignal"
        )
    try:
        entries = data["signals"]
        signals = tuple(Signal(e["label"], e["side"], float(e["weight"]), e["definition"], e["source"]) for e in entries)
        columns = {key: np.array([float(e[key]) for e in entries]) for key in ("slope", "intercept", "threshold")}
        columns["surroundings"] = np.array([_surroundings(e, version) for e in entries])
        sound = signals and all(s.side in ("partner", "vendor") for s in signals)
        if not sound or not all(np.isfinite(column).all() for column in columns.values()):
            raise ValueError("signals, sides or numbers are wrong")
        options, training = dict(data.get("options", {})), dict(data.get("training", {}))
        variation = training.get("false_alarm_variation")
        if variation and not all(0 <= float(variation[side]) < math.inf for side in ("partner", "vendor")):
            raise ValueError("the variation of false alarms is no number from 0")
        return ModelConfig(backend, signals, Calibration(**columns), tuple(data["languages"]), options, training)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"got a damaged {file} ({error}); copy or train the model again") from error


def _surroundings(entry: Mapping[str, Any], version: int) -> list[float]:
    """Read the weights of a signal's surroundings: format 1 had none, format 2 the vendor side's alone."""
    if version > 2:
        return [float(entry["surroundings"][side]) for side in SIDES]
    return [float(entry["surroundings"]) if version > 1 else 0.0, 0.0]


def model_files(folder: Path) -> dict[str, bytes]:
    """Read the files of a model folder.

    Parameters
    ----------
    folder : pathlib.Path
        The model.

    Returns
    -------
    dict of str to bytes
        Contents by name, ``/`` between folders; nothing that could run.

    Raises
    ------
    ModelError
        If it is no model folder.
    """
    load_config(folder)
    found = sorted({path for pattern in PLAIN_FILES for path in folder.rglob(pattern) if path.is_file()})
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def write_model_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write what `model_files` read.

    Parameters
    ----------
    files : mapping of str to bytes
        Contents by name.
    folder : pathlib.Path
        Made if it is not there.

    Raises
    ------
    ModelError
        If a name leads out of the folder, or is of a file that could run.
    """
    for name, content in files.items():
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or not any(place.match(pattern) for pattern in PLAIN_FILES):
            raise ModelError(f"got the file {name!r} in a model, expected {', '.join(PLAIN_FILES)} inside its folder")
        target = folder.joinpath(*place.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
