# One command a chore; CI calls the same targets.
PYTHON ?= python

.PHONY: install test slow lint types imports docstrings wheel check model bench

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
	$(PYTHON) -m numpydoc.hooks.validate_docstrings $$(git ls-files 'partnersignal/*.py')

# Build the wheel, install it into a clean environment outside the checkout, run the demo there.
wheel:
	sh .ci/wheel.sh

check: lint types imports docstrings

# Train the shipped model again from data/corpus; same seed, same model.
model:
	partnersignal train data/corpus --out models/default

# Figures of docs/index.md; each writes its page in benchmarks/results.
bench:
	$(PYTHON) benchmarks/index_simulation.py
	$(PYTHON) benchmarks/index_alternatives.py
	$(PYTHON) benchmarks/index_scale.py
