# make run    serve the digits example at http://127.0.0.1:5000
# make test   set up all that the tests need, and run them
# make clients   set up the clients of tests/foreign alone
# make lint   format, lint and type checks
# make audit  ask whether anything in the image's lock has known vulnerabilities
# make lock   pin what the container image installs
# make docs   build the documentation into doc/build/html
# make bench  measure this server beside others (takes long)

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet
EXAMPLES := examples/digits examples/diabetes examples/languages examples/writer
SETUP := pyproject.toml hatch_build.py $(wildcard deepaas/api/kserve/rpc/*.proto) \
    $(EXAMPLES:%=%/pyproject.toml)
PORT ?= 5000

CLIENTS := $(VENV)/clients
LOCK := deploy/requirements.lock
LOCKED := flaat grpc otel postgres
AUDIT := $(VENV)/audit.md

.PHONY: run test clients lint audit lock docs sample bench clean

run: $(VENV)/.run
	$(BIN)/deepaas-run --model-name digits --listen-port $(PORT)

# Of the thousands of processes that the tests start, none is to compile what all of them import.
test: $(VENV)/.test $(CLIENTS)/.made
	$(BIN)/python -m compileall -q deepaas tests
	$(BIN)/pytest -n auto --cov --cov-report=term

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/bandit -q -c pyproject.toml -r deepaas hatch_build.py pytest_deepaas.py

# Where the advisories cannot be had, as on a machine without a network, that is said and no failure.
audit: $(VENV)/.test
	@rm -f $(AUDIT)
	@$(BIN)/pip-audit --progress-spinner off --timeout 20 --disable-pip --require-hashes -r $(LOCK) \
	    -f markdown -o $(AUDIT) && cat $(AUDIT) || \
	    if [ -e $(AUDIT) ]; then cat $(AUDIT); exit 1; \
	    else echo 'Advisories could not be had: the lock was not audited.'; fi

lock: | $(BIN)/python
	$(PIP) uv
	$(BIN)/uv pip compile -q pyproject.toml $(LOCKED:%=--extra %) --python-version 3.12 \
	    --upgrade --generate-hashes --no-annotate --custom-compile-command 'make lock' -o $(LOCK)

docs: $(VENV)/.docs
	$(BIN)/sphinx-build -W --keep-going -b html doc/source doc/build/html

sample: $(VENV)/.run
	$(BIN)/oslo-config-generator --config-file etc/oslo-config-generator.conf

clients: $(CLIENTS)/.made

bench: $(VENV)/.run
	$(BIN)/python benchmarks/run.py throughput

clean:
	rm -rf $(VENV) .benchmarks doc/build .pytest_cache .mypy_cache .ruff_cache .coverage*

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(SETUP) | $(BIN)/python
	$(PIP) --editable . --editable examples/digits
	touch $@

$(VENV)/.test: $(SETUP) | $(BIN)/python
	$(PIP) --editable '.[flaat,grpc,legacy,otel,postgres,test,lint,doc]' $(EXAMPLES:%=--editable %)
	touch $@ $(VENV)/.run

# What others have written, which the tests ask the server with.
$(CLIENTS)/.made: tests/foreign/requirements.txt | $(BIN)/python
	$(PYTHON) -m venv $(CLIENTS)
	$(CLIENTS)/bin/pip --disable-pip-version-check install --quiet -r $<
	touch $@

$(VENV)/.docs: $(VENV)/.test
	touch $@
