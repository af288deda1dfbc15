# Four verbs: demo, test, check, bench. The others are their parts.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
JOBS ?= auto
MINUTES ?= 0.4
SEED ?= 1
SECONDS ?= 60

.PHONY: help install install-run demo test test-quick test-browser test-shared check format fuzz test-api faults bench lock clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(VENV)/.dev ## the virtual environment with everything locked in it, tools of the tests too

install-run: $(VENV)/.run

$(VENV)/.run: locks/run.txt locks/build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else "Snapshelf needs Python 3.11, 3.12 or 3.13; this is %d.%d. Name another: make PYTHON=python3.12 ..." % v[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what locks/run.txt names into $(VENV) ..."
	@$(PIP) install --require-hashes -r locks/build.txt -r locks/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run locks/dev.txt
	@echo "Installing what locks/dev.txt names into $(VENV) ..."
	@$(PIP) install --require-hashes -r locks/dev.txt
	@touch $@

$(VENV)/.browser: $(VENV)/.dev locks/browser.txt
	@$(PIP) install --require-hashes -r locks/browser.txt
	@touch $@

demo: install-run ## draw a catalogue, index it and open a web chat over it
	@$(BIN)/snapshelf demo

test: install ## every test that needs neither a browser nor ../shared
	$(BIN)/pytest -n $(JOBS) --ignore tests/browser -m "not shared"

test-quick: install ## the tests without the slow ones
	$(BIN)/pytest -n $(JOBS) --ignore tests/browser -m "not slow and not shared"

test-browser: $(VENV)/.browser ## the web chat in headless Chromium
	$(BIN)/pytest -n 0 -m browser

test-shared: install ## what needs ../shared: real catalogues and photos
	$(BIN)/pytest -n $(JOBS) --ignore tests/browser -m shared

check: $(VENV)/.browser ## ruff, mypy, import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install ## let ruff put the code into its form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

$(VENV)/.fuzz: $(VENV)/.dev locks/fuzz.txt
	@$(PIP) install --require-hashes -r locks/fuzz.txt
	@touch $@

$(VENV)/.api: $(VENV)/.dev locks/api.txt
	@$(PIP) install --require-hashes -r locks/api.txt
	@touch $@

fuzz: $(VENV)/.fuzz ## every fuzz target for SECONDS (60) each, beginning with the kept corpus
	nice -n 10 $(BIN)/python -m tests.fuzz.run --seconds $(SECONDS)

test-api: $(VENV)/.api ## the search API against its own OpenAPI document
	$(BIN)/pytest -n 0 -m api

faults: install ## kill, starve and lie to the service under load, and account for every photo (MINUTES=60, SEED=7)
	$(BIN)/python -m tests.faults --minutes $(MINUTES) --seed $(SEED)

$(VENV)/.bench: $(VENV)/.dev locks/bench.txt
	@$(PIP) install --require-hashes -r locks/bench.txt && touch $@ || echo "The libraries that we compare with cannot be built here (they need a C++ compiler): they are left out."

bench: install $(VENV)/.bench ## the figures that the README quotes
	$(BIN)/python -m benchmarks

lock: ## write the lock files anew (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml -o locks/bots.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml --extra embedded --extra worker --extra export -c locks/bots.txt -o locks/run.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml --extra traces -c locks/run.txt -o locks/traces.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml --extra embedded --extra worker --extra export --extra traces --group dev -c locks/run.txt -o locks/dev.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group browser -c locks/dev.txt -o locks/browser.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group fuzz -c locks/dev.txt -o locks/fuzz.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group api -c locks/dev.txt -o locks/api.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group bench -c locks/dev.txt -o locks/bench.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group build -c locks/dev.txt -o locks/build.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group gpu -c locks/run.txt -o locks/gpu.txt

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build *.egg-info
