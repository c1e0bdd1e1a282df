# Two commands: `make run` and `make test`. Each creates what it needs in .venv; nothing else on the machine is touched.
SHELL  := /bin/sh
PYTHON ?= python3
TARGET ?=
ARGS   ?=

.PHONY: run test lint format bench acceptance lock clean help
.DEFAULT_GOAL := help

help: ## these lines
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: .venv/run.stamp ## the loop on examples/sample-repo, or on TARGET=/path or https://…; ARGS="--dry-run"
	@sh scripts/try_it.sh "$(TARGET)" $(ARGS)

test: .venv/dev.stamp ## every check: format, lint, types, tests
	.venv/bin/ruff format --check -q .
	.venv/bin/ruff check -q .
	.venv/bin/mypy
	.venv/bin/python -m pytest -n 2 --dist worksteal

lint: .venv/dev.stamp ## format, lint and types only
	.venv/bin/ruff format --check -q .
	.venv/bin/ruff check -q .
	.venv/bin/mypy

format: .venv/dev.stamp ## rewrite the files as the linter wants them
	.venv/bin/ruff format -q .
	.venv/bin/ruff check -q --fix .

bench: .venv/dev.stamp ## speed, as ratios within one run
	@PYTHONPATH=scripts:. .venv/bin/python -m bench

acceptance: .venv/dev.stamp ## foreign clients (zod schemas, glab, Renovate, python-gitlab) judge the simulated GitLab
	@.ci/acceptance

lock: ## resolve pyproject.toml again into the lock files (needs uv)
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header -o requirements.lock pyproject.toml
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --extra llm -c requirements.lock -o requirements-llm.lock pyproject.toml
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --all-extras -c requirements-llm.lock -o requirements-dev.lock pyproject.toml

clean: ## remove .venv and caches
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis

.venv/run.stamp: requirements.lock
	@sh scripts/make_venv.sh requirements.lock "$(PYTHON)"
	@touch $@

.venv/dev.stamp: requirements-dev.lock
	@sh scripts/make_venv.sh requirements-dev.lock "$(PYTHON)"
	@touch $@
