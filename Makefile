# Two commands set everything up on a machine with Python 3.10-3.13 and make: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench clean

demo: $(VENV)/.installed
	$(BIN)/viddiff demo --out out/demo

# One process more than there are cores: tests wait for servers and for the commands that they start. With ALL=1 those
# that start other programs (a Ray cluster, a browser, commands that are killed) run, too; .ci/run does so.
test: $(VENV)/.test
	$(BIN)/pytest -n $$($(BIN)/python -c 'import os; print(min(8, os.cpu_count() + 1))') --dist loadfile --no-loadscope-reorder $(if $(ALL),,-m 'not system')

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

$(BIN)/python:
	$(PYTHON) -c 'import sys; assert (3, 10) <= sys.version_info[:2] <= (3, 13), "VidDiff needs Python 3.10 to 3.13: make PYTHON=python3.12 ..."'
	$(PYTHON) -m venv $(VENV)

# A stamp for each extra: nothing is installed twice, and a changed pyproject.toml installs anew.
$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $(VENV)/.installed $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $(VENV)/.installed $(VENV)/.test $@

clean:
	rm -rf $(VENV) out
