# Everything here works on a fresh Debian or Ubuntu with python3 (3.11 or newer) and make: each target
# builds what it needs first. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

ARGS ?=
DIST ?= dist
BUILD ?= build
VENV := .venv
BIN := $(VENV)/bin

export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(VENV)
unexport VIRTUAL_ENV
# An advertisement of the theme's next generation, at every build.
export NO_MKDOCS_2_WARNING := 1

# The environment's own interpreter once there is one, else the newest usable; a name on PATH is not enough
# (version managers put names there that do not run), so each is asked.
FIND_PYTHON = for python in $(BIN)/python python3.13 python3.12 python3.11 python3; do \
	  path=$$(command -v "$$python" 2>/dev/null) || continue; \
	  "$$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
	  echo "$$path"; exit 0; \
	done; \
	echo "queuewatch needs Python 3.11 or newer and found none: apt-get install python3" >&2; exit 1

.PHONY: help
help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/.runtime  ## the whole thing against a simulated contact centre: make demo ARGS="--for 75s"
	@exec $(BIN)/queuewatch demo $(ARGS)

.PHONY: test
test: $(VENV)/.dev servers  ## every test, with real servers: make test ARGS="-k outbox"
	@exec $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev  ## ruff, its formatter, mypy and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: bench
bench: $(VENV)/.dev  ## the benchmarks, on this machine
	@exec $(BIN)/python -m tests.benchmarks $(ARGS)

.PHONY: screenshots
screenshots: $(VENV)/.dev servers  ## the pictures of the page in docs/images, made anew
	@exec $(BIN)/python -m tests.browser $(ARGS)

.PHONY: generate
generate: $(VENV)/.dev  ## what is made out of the code: the reference, dashboards, Kubernetes rules, licences
	@$(BIN)/python -m docs.generating
	@$(BIN)/python -m deploy.grafana
	@$(BIN)/python -m deploy.kubernetes
	@$(BIN)/python -m deploy.licences

.PHONY: docs
docs: $(VENV)/.dev  ## the documentation as a site, in build/site
	@$(BIN)/mkdocs build --strict

.PHONY: docs-serve
docs-serve: $(VENV)/.dev  ## the same on http://127.0.0.1:8000, made anew as you write
	@exec $(BIN)/mkdocs serve --strict $(ARGS)

.PHONY: dist
dist: $(VENV)/.dev | .venv-uv/uv  ## wheel and sdist in dist/: the same bytes from the same files, anywhere
	@.venv-uv/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir $(DIST)

.PHONY: sbom
sbom: $(VENV)/.dev | .venv-uv/uv  ## the bill of materials of what it needs to run, in dist/ (CycloneDX)
	@mkdir -p $(BUILD) $(DIST)
	@UV_PROJECT_ENVIRONMENT=$(BUILD)/runtime .venv-uv/uv sync --frozen --quiet --no-dev --all-extras --no-install-project \
	  --python $(BIN)/python
	@$(BIN)/cyclonedx-py environment --output-reproducible --no-validate --pyproject pyproject.toml \
	  --output-file $(BUILD)/sbom.json $(BUILD)/runtime/bin/python 2>/dev/null
	@$(BIN)/python -m deploy.licences.bom <$(BUILD)/sbom.json >$(DIST)/queuewatch.cdx.json

.PHONY: servers
servers:  ## install the servers that tests talk to (Debian, as root; NO_INSTALL=1 leaves them out)
	@.ci/servers

.PHONY: venv
venv: $(VENV)/.dev  ## the development environment in .venv, from uv.lock
	@:

.PHONY: clean
clean:  ## remove the environments and every cache
	@rm -rf $(VENV) .venv-uv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist site
	@find deploy docs monitor tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps, so that a second call costs nothing.
$(VENV)/.dev: uv.lock pyproject.toml | .venv-uv/uv
	@python=$$($(FIND_PYTHON)); .venv-uv/uv sync --frozen --quiet --python "$$python"
	@touch $(VENV)/.dev $(VENV)/.runtime

$(VENV)/.runtime: uv.lock pyproject.toml | .venv-uv/uv
	@python=$$($(FIND_PYTHON)); .venv-uv/uv sync --frozen --quiet --no-dev --inexact --python "$$python"
	@touch $@

# uv: the one on PATH, or one from PyPI in an environment of its own. Debian's python3 may come without venv:
# as root it is installed, otherwise one line says what to do.
.venv-uv/uv:
	@mkdir -p .venv-uv
	@if uv=$$(command -v uv) && "$$uv" --version >/dev/null 2>&1; then ln -sf "$$uv" $@; exit 0; fi; \
	python=$$($(FIND_PYTHON)); \
	if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	  if [ "$$(id -u)" = 0 ] && [ -z "$${NO_INSTALL:-}" ] && command -v apt-get >/dev/null; then \
	    echo "installing python3-venv"; \
	    { apt-get install -y -qq --no-install-recommends python3-venv || \
	      { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv; }; } \
	      </dev/null >.venv-uv/apt.log 2>&1 || true; \
	  fi; \
	  if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	    echo "$$python comes without venv: apt-get install python3-venv, or install uv, and run make again" >&2; exit 1; \
	  fi; \
	fi; \
	"$$python" -m venv .venv-uv/env; \
	.venv-uv/env/bin/pip install --quiet --disable-pip-version-check "uv>=0.13.9,<0.14"; \
	ln -sf env/bin/uv $@
