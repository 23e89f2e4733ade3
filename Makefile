# Everything runs in .venv, which `make` fills by itself and refreshes when pyproject.toml changes.
# Options for a program go in ARGS, as in `make demo ARGS="--help"`.

PYTHON ?= python3
ARGS ?=
SEEDS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# A file of tests stays in one process, because daemons and other costly things are shared in it. The
# files that take long come early, so that all processes end at about the same time.
SHARE = -n $(PROCESSES) --dist loadfile --no-loadscope-reorder
# One more process than cores, because some tests wait for daemons and browsers.
PROCESSES = $(shell $(BIN)/python -c 'import os; print(min(8, 1 + (os.cpu_count() or 1)))')
# The long tests, and the properties with new random examples. The second limit of pyproject.toml is
# off: a test that may take longer than the first sets its own.
SOAK := -m 'soak or hypothesis' --hypothesis-profile soak -o faulthandler_timeout=0

# Tests start some hundred processes. Some shells forbid Python to keep what it has compiled, and then
# each of these compiles the whole program again.
unexport PYTHONDONTWRITEBYTECODE

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help venv demo test types-here types-on-windows fmt soak mutants bench simulate screenshots wheels windows-check docs clean
.SILENT:

help: ## Show this list
	echo "mrnmesh: local-first patient registration with permanent numbers"
	echo
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	echo
	echo '  ARGS="..." passes options on (demo, test, soak, bench, simulate, wheels, windows-check); PYTHON=... picks a Python.'

venv: $(STAMP) ## Create .venv and install everything into it

demo: $(STAMP) ## Run the demo
	$(BIN)/python -m examples.demo $(ARGS)

test: $(STAMP) ## Check style and types, run the tests, check what they cover
	echo "Checking style ..."
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --quiet --check || { echo "Some files are not formatted: run 'make fmt'." >&2; exit 1; }
	echo "Checking types ..."
	$(MAKE) -j2 types-here types-on-windows
	echo "Running the tests ..."
	$(BIN)/pytest $(SHARE) $(or $(strip $(ARGS)),--cov --cov-report=json)
	$(if $(strip $(ARGS)),,$(BIN)/python -m scripts.pure_coverage)

types-here:
	$(BIN)/mypy --no-error-summary

types-on-windows:
	$(BIN)/mypy --no-error-summary --platform win32 --cache-dir .mypy_cache/windows

fmt: $(STAMP) ## Format the code and mend what can be mended
	$(BIN)/ruff check --quiet --fix-only
	$(BIN)/ruff format

soak: $(STAMP) ## Run the long tests, or SEEDS=... wide histories; what was interrupted goes on
	$(if $(SEEDS),$(BIN)/python -m tests.simulation --seed 1000000 --seeds $(SEEDS) --wide --into soak.jsonl,\
		$(BIN)/pytest $(SOAK)) $(ARGS)

mutants: $(STAMP) ## Make mistakes in a copy of the code and see who catches them
	$(BIN)/python -m tests.mutants $(ARGS)

bench: $(STAMP) ## Run the benchmarks
	$(BIN)/python -m benchmarks $(ARGS)

simulate: $(STAMP) ## Run the simulator of many desks
	$(BIN)/python -m tests.simulation $(ARGS)

screenshots: $(STAMP) ## Make the pictures of the documentation again
	$(BIN)/python -m tests.browser.screenshots

wheels: $(STAMP) ## Fill a folder with all wheels for an installation without internet
	$(BIN)/python -m scripts.wheels $(ARGS)

windows-check: $(STAMP) ## Run the tests on Windows' Python under Wine; what was interrupted goes on
	$(BIN)/python -m scripts.windows_check $(ARGS)

docs: $(STAMP) ## Render the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	echo "Open site/index.html; it needs no internet."

clean: ## Remove .venv, caches and build output; data stays
	rm -rf $(VENV) build dist wheels site ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* coverage.json
	find . -name .git -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +
	echo "Clean."

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "$(PYTHON) is not Python 3.11 or newer: try 'make venv PYTHON=python3.12'." >&2; exit 1; }
	echo "Installing into $(VENV) ..."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@
