# sickleave-on-fhir. Two commands: `make demo` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
BIN := .venv/bin
HAPI := sandbox/hapi/hapi
.DEFAULT_GOAL := help
.PHONY: help environment demo test check bench full hapi hapi-stop lock wheel

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

environment: ## .venv from the hashed lock (done by the others when needed)
	@scripts/environment

# ONCE=1 ends after the first launch; EHR=hapi puts a real HAPI server behind the practice EHR; JSON=1 prints one JSON document
demo: environment ## one real launch from the practice EHR, then a page to open; ONCE=1, EHR=hapi, JSON=1
	@$(if $(filter hapi,$(EHR)),$(HAPI) start >&2)
	@$(BIN)/sickleave demo $(if $(filter 1,$(ONCE)),--once) $(if $(EHR),--ehr $(EHR)) $(if $(filter 1,$(JSON)),--json)

# ARGS="tests/unit -k name" runs a part; REQUIRE=postgres,hapi,chromium makes a skip of these a failure; WORKERS=0: one process
WORKERS ?= 2
test: environment ## the tests; what the machine lacks is skipped and named at the end
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

check: environment ## format, lint, types, import rules, documentation; counts every failure
	@$(BIN)/python scripts/check.py

bench: environment ## the figures: a table, and build/bench.json
	@$(BIN)/python -m bench $(ARGS)

full: environment ## the long ones; writes docs/measured
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-full.lock
	@$(BIN)/python -m pytest -m full $(ARGS)

hapi: ## a real HAPI FHIR R4 server on 127.0.0.1:8090 (Java 17 and Maven)
	@$(HAPI) start

hapi-stop: ## end it
	@$(HAPI) stop

lock: environment ## the four requirements*.lock from pyproject.toml; UPGRADE=1 takes newer versions
	@scripts/lock

wheel: environment ## dist/*.whl
	@$(BIN)/python -m pip wheel -q --no-deps --no-build-isolation --disable-pip-version-check -w dist .
