# Needs Python 3.11, 3.12 or 3.13 and make (3.81 or newer), nothing else.

PYTHON ?= python3
PORT ?= 3000
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps

# The shipped sample ends in November 2025: without data of your own, the clock stands there.
SAMPLE_NOW := 2025-11-24T12:00:00Z

# Tests and checks see none of the settings that are meant for `run` and `dev`.
CLEAN_ENV = env -u DAGSTER_HOME $(foreach name,$(filter SLO_ASSETS_%,$(.VARIABLES)),-u $(name))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test dev lint format reference lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: .venv/.ready ## create .venv from requirements.lock

# Built anew whenever a dependency changes, so that nothing older survives in it.
.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null || { \
	  echo "slo_assets needs Python 3.11, 3.12 or 3.13; $(PYTHON) is: $$($(PYTHON) -V 2>&1 || :)"; \
	  echo "Name another one, for example: make PYTHON=python3.12 $(or $(MAKECMDGOALS),run)"; \
	  exit 1; } >&2
	@echo "Setting up .venv (once) …"
	@$(PYTHON) -m venv --clear .venv
	@$(PIP_INSTALL) --require-hashes -r requirements.lock
	@$(PIP_INSTALL) --no-build-isolation -e .
	@$(BIN)/python -m slo_assets.logs.warm
	@touch $@

run: setup ## compute everything: from the shipped sample, or from SLO_ASSETS_DATA=<folder>
	@if [ -z "$${SLO_ASSETS_DATA:-}" ]; then \
	  SLO_ASSETS_NOW="$${SLO_ASSETS_NOW:-$(SAMPLE_NOW)}"; export SLO_ASSETS_NOW; fi; \
	$(BIN)/slo-assets run

test: setup ## run all tests, with coverage
	@$(CLEAN_ENV) $(BIN)/python -m pytest --cov -n auto --dist loadfile --no-loadscope-reorder

# A DAGSTER_HOME of your own keeps the dagster.yaml that it has.
dev: setup ## open the Dagster UI on http://127.0.0.1:3000 (PORT=3000)
	@DAGSTER_HOME="$$($(BIN)/python -c 'from slo_assets.cli.common import use_instance; print(use_instance())')" && \
	export DAGSTER_HOME && exec $(BIN)/dagster dev -w workspace.yaml -h 127.0.0.1 -p $(PORT)

lint: setup ## check style, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(CLEAN_ENV) $(BIN)/mypy

format: setup ## rewrite the code in the agreed style
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

reference: setup ## write docs/reference/ again from schemas, settings, command, definitions and formulas
	@$(CLEAN_ENV) $(BIN)/python -W ignore -m slo_assets_docs

# One lock for Linux and macOS and all three Pythons. `fewest`: one version of each package, so that the
# numbers do not depend on the Python in use. Extras stay: older pips fail on gql without its [requests].
lock: ## write requirements.lock again from pyproject.toml (needs uv)
	@UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet --universal --python-version 3.11 \
	  --fork-strategy fewest --no-strip-extras --extra dev --generate-hashes \
	  --output-file requirements.lock pyproject.toml

clean: ## remove .venv, Dagster's state, all output and caches
	@rm -rf .venv .dagster data/work data/published data/releases data/audit data/pages data/exports build dist *.egg-info
	@rm -rf .coverage .coverage.* coverage.xml htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find slo_assets slo_assets_docs slo_assets_tests -type d -name __pycache__ -prune -exec rm -rf {} +
