# Two commands do everything: `make talk` and `make test`. Each sets itself up first.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
QUESTION ?= examples/question.flac
ANSWER ?= answer.wav

.PHONY: help setup talk test check style types unit clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(READY)  ## make .venv and install everything, system packages included

$(READY): pyproject.toml requirements.lock scripts/system-packages.sh
	bash scripts/system-packages.sh
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the packages of requirements.lock; the first time takes some minutes."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

talk: $(READY)  ## talk with the agent; where there is no microphone, a recorded question is put to it
	@if test -t 0 && $(BIN)/spiketalk devices >/dev/null 2>&1; then \
		$(BIN)/spiketalk chat; \
	else \
		echo "No microphone, loudspeaker or terminal here: a recorded question is put to it instead."; \
		$(BIN)/spiketalk talk $(QUESTION) --output $(ANSWER) --play; \
	fi

test: $(READY) style types unit  ## style, types and all tests

check: test  ## the same as test

style: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

unit: $(READY)
	OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --durations 10

clean:  ## remove caches and the built environment
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
