# The two commands: `make up` (everything, then serve) and `make test`.
# A fresh machine needs Python 3.11 and make; all else goes into .venv.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.9
MERITLINE_HOME ?= $(CURDIR)/data
export MERITLINE_HOME
# Known passwords are for simulated people only.
DEMO_USERS = $$(test -f "$(MERITLINE_HOME)/demo_truths.json" && echo --demo-users)

BIN := .venv/bin
INSTALLED := .venv/.installed
CODE := dagster_project expectations demo bench tests superset

.PHONY: install up down run test test-fast drill bench lint format dagster

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip sync --quiet --compile-bytecode requirements.lock
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps --editable .
	touch $@

# Safe to repeat: what is there is not made again, and each step says so. A run that is held back
# keeps the last good publication on the screen.
up: install
	$(BIN)/meritline demo --if-empty
	@$(BIN)/meritline run || { code=$$?; \
		test $$code -ne 1 || $(BIN)/meritline serve $(DEMO_USERS); exit $$code; }
	$(BIN)/meritline serve $(DEMO_USERS)

down: install
	$(BIN)/meritline serve stop

run: install
	$(BIN)/meritline run

# Two workers, since most of a test's time is one process that runs the line.
test: install
	sh tests/browser/install_chromium.sh
	sh tests/pipeline/install_postgresql.sh
	$(BIN)/python -m pytest -m "not drill" -n 2 --dist loadfile

test-fast: install
	$(BIN)/python -m pytest -m "not slow and not drill"

drill: install
	$(BIN)/python -m pytest -m drill

# Contacts of the simulated centres, in millions. 20M is for large machines, on request.
SIZES ?= 0.3M 0.5M 1M 5M

bench: install
	sh tests/browser/install_chromium.sh
	$(BIN)/python -m bench $(SIZES)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	mkdir -p build/lint/build
	MERITLINE_HOME=$(CURDIR)/build/lint $(BIN)/sqlfluff lint --disable-progress-bar dbt_models/models
	$(BIN)/yamllint --strict $$(git ls-files '*.yml' '*.yaml')

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

dagster: install
	$(BIN)/meritline dagster
