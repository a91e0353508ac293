"""What several tests share: the sample export, scored once, and a small real model."""

import ipaddress
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import partnersignal as ps
from partnersignal.runs.run import Run
from partnersignal.tagging.resources import shipped

SAMPLE = shipped("data/sample")
LATE = [
    "The {} is late again.",
    "They promised the {} and it never came.",
    "Still no {} although it was due.",
    "The {} slipped a third time.",
]
PLAIN = ["The {} is on the second floor.", "We ordered a {} in May.", "Please send the {} form.", "A {} costs nine euros."]
THINGS = ["router", "server", "licence", "printer", "cable", "monitor", "laptop", "switch", "phone", "badge"]


def corpus(folder: Path) -> Path:
    """Two groups of two hundred short sentences about late and plain things."""
    path = folder / "labels.jsonl"
    with path.open("w") as file:
        for group in ("a", "b", "c", "d"):
            for thing in THINGS:
                for frames, labels in ((LATE, ["broken_promise"]), (PLAIN, [])):
                    for frame in frames:
                        text = frame.format(f"{group}{thing}")
                        file.write(json.dumps({"text": text, "labels": labels, "voice": "customer", "group": group}) + "\n")
    return path


def _local(host: Any) -> bool:
    try:
        return host in (None, "", "localhost", socket.gethostname()) or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _to_this_machine(real: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not _local(address[0]):
            raise OSError(f"a test wanted to connect to {address}")
        return real(self, address)

    return connect


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """No test, and nothing a test calls, reaches another machine: workers and browsers talk to this one only."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _to_this_machine(getattr(socket.socket, name)))
        real_lookup = socket.getaddrinfo

        def lookup(host: Any, *args: Any, **options: Any) -> Any:
            if not _local(host.decode() if isinstance(host, bytes) else host):
                raise OSError(f"a test wanted to look up {host!r}")
            return real_lookup(host, *args, **options)

        patch.setattr(socket, "getaddrinfo", lookup)
        yield


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The sample export, scored with the shipped model."""
    folder = tmp_path_factory.mktemp("sample") / "run"
    return ps.score(SAMPLE / "export", suppliers=SAMPLE / "suppliers.toml", out=folder, jobs=1)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows lateness and nothing else, trained in a second."""
    folder = tmp_path_factory.mktemp("training")
    ps.train(corpus(folder), folder / "model")
    return folder / "model"


@pytest.fixture
def shared() -> Path:
    """The folder of measuring data that lies beside the project on its makers' machines only."""
    folder = Path(__file__).parents[2] / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("../shared is not here: it holds measuring data that is no part of the project")
    return folder
