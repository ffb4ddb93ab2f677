# Tasks of the project; `make help` lists them. Everything is installed into .venv from requirements.lock.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup reports test test-all test-kill test-oracle check lab bench docs lock format clean-outputs

help: ## list the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-15s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, found $$("$(PYTHON)" --version)"; exit 2; }
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q lib
	$(BIN)/kaohe kernel
	@touch $(STAMP)

setup: $(STAMP) ## create .venv and install everything from the lock file

reports: setup ## make the demonstration data and every report; opens at outputs/html/index.html
	$(BIN)/kaohe all --demo --jobs $(JOBS)

test: setup ## run the tests
	bash tests/run.sh

test-all: setup ## run the tests over every target too
	bash tests/run.sh --all

test-kill: setup ## kill 50 processes of each kind at random moments (KILLS=10 for fewer)
	KAOHE_KILLS=$(or $(KILLS),50) $(BIN)/python -m pytest -n 0 tests/faults/test_kill.py

test-oracle: setup ## compare with the Python package svy, in an environment of its own
	test -x .cache/oracle/bin/python || "$(PYTHON)" -m venv .cache/oracle
	.cache/oracle/bin/python -m pip install -q "svy==0.35.*"
	.cache/oracle/bin/python tests/oracle/svy_numbers.py .cache/oracle/numbers.json
	KAOHE_SVY_NUMBERS=.cache/oracle/numbers.json $(BIN)/python -m pytest -n 0 tests/oracle/oracle_svy.py

check: setup ## format, lint, types, import rules and the fast tests, in about a minute
	JOBS=$(JOBS) bash tests/check.sh

format: setup ## format the code
	$(BIN)/ruff format lib tests benchmarks
	$(BIN)/ruff check --fix lib tests benchmarks

lab: setup ## open JupyterLab on the notebooks (LAB="--no-browser --port 9000" for its own options)
	JUPYTER_CONFIG_PATH="$(CURDIR)/.jupyter" $(BIN)/python -m jupyterlab --notebook-dir notebooks $(LAB)

bench: setup ## measure, side by side, and write the results to docs/
	$(BIN)/python benchmarks/estimate.py --setup
	$(BIN)/python benchmarks/rank_coverage.py
	$(BIN)/python benchmarks/batch.py
	$(BIN)/python benchmarks/clean.py
	$(BIN)/python benchmarks/ranks.py
	$(BIN)/python benchmarks/coverage.py --seeds 400

docs: setup ## write docs/data_dictionary.md from the contracts
	$(BIN)/python -m kaohe.run.dictionary

lock: ## renew requirements.lock from pyproject.toml
	"$(PYTHON)" -m venv .cache/lock
	.cache/lock/bin/python -m pip install -q pip-tools
	.cache/lock/bin/pip-compile -q --extra dev --extra cluster --generate-hashes --allow-unsafe --strip-extras --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.lock pyproject.toml

clean-outputs: ## remove what can be made again: processed tables and outputs; draws and forms stay
	find data/processed outputs -mindepth 1 ! -name README.md \
		! -path outputs/draw ! -path 'outputs/draw/*' ! -path outputs/forms ! -path 'outputs/forms/*' -delete
