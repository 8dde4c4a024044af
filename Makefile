# `make run` and `make test` do all of their own set-up, with uv where it is on the PATH, else with venv and pip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
EXAMPLE ?= wordcount

ifdef UV
  MAKE_VENV = uv venv --quiet --allow-existing --no-python-downloads --python $(PYTHON) $(VENV)
  INSTALL = uv pip install --quiet --python $(BIN)/python
else
  MAKE_VENV = $(PYTHON) -m venv $(VENV)
  INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.PHONY: run test check format soak bench lock clean

run: $(VENV)/.run  ## Opens the app on a fresh copy of an example (EXAMPLE=wordcount|release|health).
	@$(BIN)/python -m app.examples $(EXAMPLE)

test: $(VENV)/.dev  ## Passes the tests.
	$(BIN)/python -m pytest

check: $(VENV)/.dev  ## Format, lint, types, import contracts.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## Puts the code into its form.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

soak: $(VENV)/.dev  ## The long kill and fuzz campaigns.
	$(BIN)/python -m pytest -m soak --timeout 3600 -rP

bench: $(VENV)/.dev  ## Measures; each figure stands beside what it is compared with.
	$(BIN)/python -m bench

lock:  ## Locks the newest versions that pyproject.toml allows (needs uv).
	uv pip compile pyproject.toml --group build --universal --generate-hashes --no-header --no-annotate \
		--python-version 3.11 --quiet --upgrade --output-file lock/run.txt
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --no-annotate \
		--python-version 3.11 --quiet --upgrade --output-file lock/dev.txt

clean:  ## Removes what the set-up made.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .bench

$(VENV)/.run: lock/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 run")'
	@echo "setting up $(VENV)"
	@$(MAKE_VENV)
	@$(INSTALL) --require-hashes -r lock/run.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run lock/dev.txt
	@$(INSTALL) --require-hashes -r lock/dev.txt
	@touch $@
