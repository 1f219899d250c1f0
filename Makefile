# The one door: people, .ci/run and the documentation call these targets. `make` alone prints them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

export UV_PYTHON_DOWNLOADS := never
# Where images set it, every one of the many starts would compile every library anew: two seconds each.
unexport PYTHONDONTWRITEBYTECODE
UV_VERSION := 0.13.9
UV := .tools/bin/uv
UV_READY := .tools/.uv-$(UV_VERSION)
RUN := .venv/bin/
say = @printf '\033[1m==> %s\033[0m\n' "$(1)"

# A name on PATH proves nothing (a pyenv shim may exist and fail), so each candidate is run.
CANDIDATES := python3.12 python3.11 python3.13 python3 $(wildcard $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/3.1[123].*/bin/python)
PYTHON ?= $(shell for p in $(CANDIDATES); do \
            "$$p" -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
              && { "$$p" -c 'import sys; print(sys.executable)'; break; }; done)

MEMBERS := $(wildcard */pyproject.toml */*/pyproject.toml)
FOLDERS := $(patsubst %/pyproject.toml,%,$(MEMBERS))
NAMES := $(shell sed -n 's/^name = "\(.*\)"/\1/p' $(MEMBERS))
LOCK ?= requirements.lock
# Tests run in one process more than there are cores, for they wait a lot; tests/together.py says which stay in one.
BESIDE := -n $(shell echo $$(($$(nproc) + 1))) --dist loadscope

.PHONY: help setup demo ci test test-real test-extra lint types trino prestodb bench evals mutants conformance lock pants \
        arrows lock-check standard wheels browser npm fmt clean platform spark-lab alone

help:
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready  ## uv and every library, from requirements.lock, into this folder

demo: platform .venv/.ready  ## start everything and show one real call; stays up (ONCE=1 exits)
	@ONCE=$(ONCE) $(RUN)python -m deploy.local.demo

ci: lock-check lint types arrows standard wheels  ## every check that is not a test of behaviour

test: .venv/.ready  ## the quick tests, against real processes: under ten minutes
	$(call say,tests)
	@$(RUN)pytest $(BESIDE)

test-real: .venv/.ready browser npm  ## the slow ones: browser, npm clients, conformance, Trino, Airflow
	$(call say,slow tests)
	@$(RUN)pytest -m real $(BESIDE)

alone: .venv/.ready
	$(call say,what failed beside others is asked once more, alone)
	@$(RUN)python -m tests.alone

test-extra: .venv/.ready  ## tests that need more than this repository brings
	$(call say,extra tests)
	@$(RUN)pytest -m extra

lint: .venv/.ready  ## style
	$(call say,style)
	@$(RUN)ruff format --check . && $(RUN)ruff check .

types: .venv/.ready  ## types, strict
	$(call say,types)
	@$(RUN)basedpyright

trino: .venv/.ready  ## a real Trino to point the Presto server at; stays up (STOP=1 ends it)
	@$(RUN)python -m tests.servers.presto.lab $(if $(STOP),down,up)

prestodb: .venv/.ready  ## the Presto server on a real PrestoDB; two gigabytes are fetched at the first time
	$(call say,PrestoDB)
	@$(RUN)pytest -m extra tests/servers/presto/test_on_prestodb.py

bench: .venv/.ready  ## our cost beside the bare SDK's, into build/bench.json (ONLY=part)
	$(call say,bench)
	@ONLY=$(ONLY) $(RUN)python -m tests.bench

evals: .venv/.ready  ## how well Knowledge finds what people ask for
	$(call say,evals)
	@$(RUN)python -m tests.evals

mutants: .venv/.ready  ## break the checks of who may what on purpose: a test must notice
	$(call say,mutants)
	@$(RUN)pytest -m extra tests/mutants

conformance: .venv/.ready npm  ## the protocol's own conformance suite, both revisions
	$(call say,conformance)
	@$(RUN)pytest -m conformance tests/conformance

lock: $(UV_READY)  ## write requirements.lock; keeps the pins it finds (UPGRADE=name moves one)
	@$(UV) pip compile pyproject.toml -q --universal --generate-hashes --group dev --group browser --no-header \
	  --no-annotate $(NAMES:%=--no-emit-package %) $(UPGRADE:%=--upgrade-package %) -o $(LOCK)

spark-lab: .venv/.ready  ## a real Spark in the user's cache folder: the sick jobs again, and it as the judge of ours
	$(call say,Spark lab)
	@$(RUN)python -m tests.servers.spark.lab && $(RUN)pytest -m spark tests/servers/spark

PANTS := .tools/pants/bin/pants --no-pantsd
PANTS_PYTHON = $(shell for p in python3.9 $(wildcard $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/3.9.*/bin/python); do \
                 "$$p" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 9))' 2>/dev/null && { echo "$$p"; break; }; done)
pants:  ## the rules in the BUILD files, by Pants 2.17.1 (runs on CPython 3.9 alone)
	$(call say,Pants)
	@py='$(PANTS_PYTHON)'; \
	if [ -z "$$py" ]; then echo "skipped: no CPython 3.9 here; make arrows checks the same arrows"; exit 0; fi; \
	[ -x .tools/pants/bin/pants ] || { "$$py" -m venv .tools/pants && .tools/pants/bin/pip install -q pantsbuild.pants==2.17.1; }; \
	$(PANTS) tailor --check :: && $(PANTS) dependencies :: >/dev/null && echo "the BUILD rules hold"

# Helpers of the targets above.

platform:
	@case "$$(uname -s)-$$(uname -m)" in Linux-x86_64|Linux-aarch64) ;; \
	  *) echo "Seedbed's demo needs Linux on x86-64 or arm64, where Envoy's wheel exists; this is $$(uname -sm)."; exit 1 ;; esac

$(UV_READY):
	$(call say,uv $(UV_VERSION) into .tools)
	@python='$(PYTHON)'; \
	if [ -z "$$python" ]; then \
	  echo "Seedbed needs Python 3.11, 3.12 or 3.13 with venv (Debian: apt-get install python3-venv), or PYTHON=/path/to/it"; exit 2; fi; \
	"$$python" -m venv .tools
	@.tools/bin/pip install -q --disable-pip-version-check uv==$(UV_VERSION) && touch $@

.venv/.ready: requirements.lock $(MEMBERS) | $(UV_READY)
	$(call say,libraries into .venv)
	@$(UV) venv -q --allow-existing --python '$(PYTHON)' .venv
	@$(UV) pip sync -q --require-hashes requirements.lock
	@$(UV) pip install -q --no-deps $(FOLDERS:%=-e %) && touch $@

arrows: .venv/.ready
	$(call say,arrows)
	@NO_COLOR=1 $(RUN)lint-imports | sed -n '/^Contracts$$/,$$p'

standard: .venv/.ready
	$(call say,security standard)
	@$(RUN)seedbed check

lock-check: .venv/.ready
	$(call say,lock)
	@cp requirements.lock .venv/check.lock && $(MAKE) lock LOCK=.venv/check.lock && diff requirements.lock .venv/check.lock \
	  || { echo "requirements.lock is stale: make lock"; exit 1; }

wheels: .venv/.ready
	$(call say,wheels: each builds and installs and starts alone)
	@$(RUN)pytest -m wheels tests/repo

browser: .venv/.ready
	$(call say,Chromium for browser tests)
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	else echo "no Chromium (Debian: apt-get install chromium): browser tests will be skipped"; fi

npm: .venv/.ready
	$(call say,npm programs into the user's cache folder)
	@$(RUN)python -m tests.npm

fmt: .venv/.ready
	@$(RUN)ruff format . && $(RUN)ruff check --fix .

clean:
	@rm -rf .venv build dist .coverage .pytest_cache .ruff_cache .hypothesis .import_linter_cache .pants.d
	@find . -name __pycache__ -prune -exec rm -rf {} +
