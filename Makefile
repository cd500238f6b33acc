# `make run` shows the portal; `make test` proves it. Both set up what they need first.
.DEFAULT_GOAL := help
PORT ?= 8000
# Empty: the first of python3, python3.11, python3.12, python3.13 that suits.
PYTHON ?=
BIN := .venv/bin

.PHONY: help
help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

.PHONY: setup
setup: ## Create .venv and install what running needs (quick when nothing changed)
	@PYTHON="$(PYTHON)" sh scripts/setup.sh

.PHONY: setup-dev
setup-dev:
	@PYTHON="$(PYTHON)" sh scripts/setup.sh dev

.PHONY: run
run: setup ## Load the demo and start web, worker and beat (PORT=8000); Ctrl-C stops all
	@$(BIN)/python scripts/run.py --port $(PORT)

.PHONY: test
test: setup-dev ## Everything once, on PostgreSQL and Redis and where it matters on SQLite, with a browser
	@sh scripts/test.sh

.PHONY: test-quick
test-quick: setup-dev ## What needs neither services nor a browser, in three minutes
	@sh scripts/test.sh quick

.PHONY: test-long
test-long: setup-dev ## Both databases whole, random examples, every width and theme, kills and loads
	@sh scripts/test.sh long

.PHONY: check
check: setup-dev ## Lint, types, imports, templates, migrations, deployment, other Pythons
	@sh scripts/check.sh

.PHONY: cases
cases: setup ## Run the worked examples of the terms
	@$(BIN)/python -m terms.workbench cases tests/terms/cases/*.yaml

.PHONY: terms
terms: setup ## Write docs/terms from the profiles and cases; gaps fail
	@$(BIN)/python -m terms.workbench docs

.PHONY: mutate-terms
mutate-terms: setup-dev ## Change each figure of each profile; say which changes no case notices
	@$(BIN)/python -m tests.terms.mutate

.PHONY: holidays
holidays: setup-dev ## Write the working calendar anew from its sources
	@$(BIN)/python -m tests.terms.make_holidays

.PHONY: bench
bench: setup-dev ## Print performance as ratios taken in one run
	@$(BIN)/python -m bench

.PHONY: bench-large
bench-large: setup-dev ## The same for 100,000 complaints, 1,000,000 deadlines and 200,000 bills, on PostgreSQL
	@$(BIN)/python scripts/with_services.py $(BIN)/python -m bench.large
	@BENCH_LARGE=1 $(BIN)/python scripts/with_services.py $(BIN)/python -m bench

.PHONY: audit
audit: setup-dev ## Ask whether the lock has known weaknesses; without data it says so and fails
	@$(BIN)/python scripts/audit.py

.PHONY: lock
lock: setup-dev ## Pin requirements*.in with hashes, and install each lock from nothing by uv and pip
	@sh scripts/lock.sh

.PHONY: clean
clean: ## Remove the demo's data (var/); the next run builds it anew
	rm -rf var
