# Everything a person types here:
#   make demo       a database with the demo network, served (PORT=8000); prints the address and the logins
#   make test       all tests, the browser's and PostgreSQL's among them
#   make check      style, types, migrations, translations and locks
#   make bench      speed and memory, each figure beside its target
#   make messages   gather the sentences to translate into lmis/locale
#   make lock       pin every package again, with hashes
#   make clean      remove what the others made

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PORT ?= 8000
MAIL := lmis-demo-mail
PINNED := --universal --generate-hashes --no-emit-index-url --quiet
RUN_LOCK := requirements/run.txt
DEV_LOCK := requirements/dev.txt

.DELETE_ON_ERROR:
.PHONY: demo test check bench messages lock clean

demo: .venv/run | lmis-demo.sqlite3
	@LMIS_DATABASE_URL=sqlite:///lmis-demo.sqlite3 $(BIN)/lmis demo --logins
	@echo "Forecasts are made in the background, then the nightly jobs run; e-mails are written to $(MAIL)/."
	@LMIS_DATABASE_URL=sqlite:///lmis-demo.sqlite3 LMIS_ADDRESS=http://127.0.0.1:$(PORT) LMIS_MAIL_FOLDER=$(MAIL) \
	    $(BIN)/lmis serve --port $(PORT) --with-worker

lmis-demo.sqlite3: | .venv/run
	@echo "Filling the demo database $@ …"
	@rm -f $@.part*
	@LMIS_DATABASE_URL=sqlite:///$@.part $(BIN)/lmis demo >/dev/null
	@mv $@.part $@

test: .venv/dev
	@$(BIN)/python -m tests.machine
	$(BIN)/python -m pytest -n auto

check: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m tests.catalogue check
	$(BIN)/python -m tests.locks
	@fresh=$$(mktemp -d); export LMIS_DATABASE_URL=sqlite:///$$fresh/lmis.sqlite3; \
	    $(BIN)/alembic upgrade head && $(BIN)/alembic check; status=$$?; rm -r $$fresh; exit $$status

bench: .venv/dev
	$(BIN)/python -m tests.bench

messages: .venv/dev
	$(BIN)/python -m tests.catalogue update

lock: .venv/dev
	@command -v uv >/dev/null || $(PIP) install uv
	PATH="$$PATH:$(BIN)" uv pip compile pyproject.toml --all-extras $(PINNED) -o $(DEV_LOCK)
	PATH="$$PATH:$(BIN)" uv pip compile pyproject.toml --extra build --extra forecast $(PINNED) -c $(DEV_LOCK) -o $(RUN_LOCK)

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis lmis-demo.sqlite3* $(MAIL)
	find lmis tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "lmis needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	    echo "Install a newer one beside it and name it:"; \
	    echo "    sudo apt-get install python3.11 python3.11-venv && make demo PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "Python's venv module is missing. Install it and run make again:"; \
	    echo "    sudo apt-get install python3-venv"; exit 1; }
	@echo "Making the virtual environment .venv …"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run: $(RUN_LOCK) pyproject.toml | .venv/made
	@echo "Installing the packages of $(RUN_LOCK) …"
	@$(PIP) install --require-hashes -r $(RUN_LOCK)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: $(DEV_LOCK) .venv/run
	@echo "Installing the packages of $(DEV_LOCK) …"
	@$(PIP) install --require-hashes -r $(DEV_LOCK)
	@touch $@
