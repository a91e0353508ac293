"""The surface users rely on, and what importing it costs."""

import resource
import subprocess
import sys

import partnersignal

NAMES = [
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
]
HEAVY = ("torch", "transformers", "datasets", "spacy", "sklearn", "pandas", "pyarrow")


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_public_names_are_pinned() -> None:
    assert partnersignal.__all__ == NAMES
    assert all(getattr(partnersignal, name) is not None for name in NAMES)
    assert set(NAMES) <= set(dir(partnersignal))


def test_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(partnersignal, "no_such_name")


def test_import_loads_nothing_heavy() -> None:
    loaded = run_python("import partnersignal, sys; print(' '.join(sys.modules))").split()
    assert not set(HEAVY) & set(loaded)


def test_a_worker_loads_only_what_it_works_with() -> None:
    loaded = run_python("import partnersignal.runs.shards, sys; print(' '.join(sys.modules))").split()
    assert not {*HEAVY, "duckdb", "jinja2", "onnxruntime"} & set(loaded) - {"pyarrow"}


def test_import_takes_under_three_tenths_of_a_second() -> None:
    code = "import time; t = time.process_time(); import partnersignal; print(time.process_time() - t)"
    assert min(float(run_python(code)) for _ in range(3)) < 0.3


def test_help_takes_under_half_a_second() -> None:
    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "partnersignal", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(4)) < 0.5


def test_scoring_in_python_loads_no_training_packages() -> None:
    code = (
        "import partnersignal as ps, sys; ps.load().tag('Hello.'); print('torch' in sys.modules, 'transformers' in sys.modules)"
    )
    assert run_python(code) == "False False"
