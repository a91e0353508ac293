# One command a chore; CI calls the same targets.
SHELL := bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python

.PHONY: install screenshots test slow lint types imports docstrings wheel check model trained-on bench

install:
	$(PYTHON) -m pip install -e ".[dev]"

test:
	$(PYTHON) -m pytest

# Long checks; their log is kept with the results.
slow:
	$(PYTHON) -m pytest -m slow -n 0 2>&1 | tee benchmarks/results/slow.log

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

imports:
	lint-imports

docstrings:
	$(PYTHON) -m numpydoc lint $$(git ls-files 'partnersignal/*.py')

# Pictures of the sample's report, for README and docs.
screenshots:
	$(PYTHON) -m tests.screenshots

# Build the wheel, install it into a clean environment outside the checkout, run the demo there.
wheel:
	sh .ci/wheel.sh

check: lint types imports docstrings

# Train the shipped model again from data/corpus; same seed, same model.
model:
	partnersignal train data/corpus --config models/training.toml --out models/default

# What the shipped model was trained on, as hashes, where `train` did not write it yet.
trained-on:
	$(PYTHON) -c "from partnersignal.labels import read_labels; from partnersignal.training.seen import remember; \
	remember('models/default', read_labels('data/corpus'))"

# Speed, memory and the index's figures; on an idle machine of two cores about two hours, most of it 500 thousand messages.
bench:
	$(PYTHON) benchmarks/index_simulation.py
	$(PYTHON) benchmarks/index_alternatives.py
	$(PYTHON) benchmarks/index_scale.py
	$(PYTHON) benchmarks/memory.py
	$(PYTHON) benchmarks/scale.py --sizes 5000 50000 500000 --model linear
	$(PYTHON) benchmarks/scale.py --sizes 5000 50000 --model default --best-of 1
	$(PYTHON) benchmarks/training.py
	$(PYTHON) benchmarks/training.py --backend encoder
	$(PYTHON) benchmarks/learning_curve.py
	$(PYTHON) benchmarks/competitors.py
