# The two commands: `make run` (the main job) and `make test` (all checks). Each sets up all it needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: run test bench setup lint coverage test-packages test-compiled test-interpreted test-bounds clean

VENV := .venv
BIN := $(VENV)/bin
# Some environments keep Python from writing what it has compiled. Then every program that a test starts compiles all of
# ours anew, and every worker every test.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= $(shell command -v python3.11 || command -v python3)

run: setup
	$(BIN)/futurepark run future_park --robots 500 --for 30m --seed 1 --audit

test: lint test-compiled test-interpreted test-bounds
	@echo "make test: all checks passed"

bench: setup
	$(BIN)/futurepark bench --plots build/bench

setup: $(VENV)/.installed

# A fresh Debian has python3 without venv: take the system package then, and only then.
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or later is needed, $(PYTHON) is older" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	    $$root apt-get update -q && $$root apt-get install -y -q python3-venv; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt hatchling editables
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation -e '.[dev]'
	touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# A compiler and libraries for the C firmware, a PostgreSQL server, a browser, Prometheus with its promtool, and a display
# without a screen for Bullet's window. Elsewhere than on Debian, tests say what is missing.
TEST_PACKAGES := gcc libc6-dev libzmq3-dev libmsgpack-dev postgresql chromium prometheus \
    xvfb libgl1-mesa-dri
test-packages:
	@if command -v dpkg-query >/dev/null; then \
	    missing=; for package in $(TEST_PACKAGES); do \
	        dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	    done; \
	    if [ -n "$$missing" ]; then \
	        root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	        $$root apt-get update -q && $$root apt-get install -y -q $$missing; \
	    fi; \
	fi

# Every test runs once, compiled as the product is; those that run kernels, and are marked so by tests/conftest.py, run
# twice more.
PYTEST := $(BIN)/python -m pytest -q --dist worksteal --durations=40

# Compiled kernels: everything, with the real command line in real processes. Much of it waits for sockets and processes,
# so there are three workers for two cores.
test-compiled: setup test-packages
	NUMBA_CACHE_DIR=$(CURDIR)/.cache/numba $(PYTEST) -n $$(((3 * $$(nproc) + 1) / 2))

# The same, and how many lines outside of kernels are run. Half as long again: not part of `make test`.
coverage: setup test-packages
	rm -f .coverage
	NUMBA_CACHE_DIR=$(CURDIR)/.cache/numba $(PYTEST) -n $$(((3 * $$(nproc) + 1) / 2)) --cov --cov-report=
	$(BIN)/coverage report --omit='*/_*.py' --fail-under=90

# Interpreted kernels: coverage sees their lines, and numpy warns of numbers that overflow. The limit of 100 % also shows
# that the mark leaves out no kernel.
test-interpreted: setup test-packages
	rm -f .coverage
	NUMBA_DISABLE_JIT=1 $(PYTEST) -n auto -m "kernels and not e2e and not jit and not slow" --cov --cov-report=
	$(BIN)/coverage report --include='*/_*.py' --omit='*/__*.py' --fail-under=100

# Kernels compiled with bounds checks: none reads or writes outside its arrays.
test-bounds: setup test-packages
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(CURDIR)/.cache/numba-bounds $(PYTEST) -n auto -m "kernels and not e2e and not jit"

clean:
	rm -rf $(VENV) .cache .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
