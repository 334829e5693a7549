# Two commands matter: `make demo` shows what hadrill does, `make test` proves that it works.
.DEFAULT_GOAL := help
BIN := .venv/bin
# As users have it: modules are compiled once, and not by each of the many programs that tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-test python demo unit test test-all sabotage lint bench lock clean

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## install what is missing on this computer
	@tools/setup.sh

python:
	@tools/setup.sh python

setup-test:
	@tools/setup.sh test

demo: setup ## build the lab, install the whole data stack on it, prove it: 13/13, and kill the Redis master
	@$(BIN)/hadrill lab up --profile data
	@$(BIN)/fab all
	@$(BIN)/pytest -q tests/basic "tests/failover/test_redis.py::test_drill[master-container-kill]"

# More workers than processors: tests wait for much of their time. What is made once for a file's tests is made in one worker.
unit: python ## unit tests alone: no lab, and nothing of this computer's network is touched
	@$(BIN)/pytest tests/selftest/unit -n 4 --dist loadgroup

# One worker has the tests of the stack, one those aside of it (Kubernetes, other machines), one the unit tests.
WORKERS := -n 3 --dist loadgroup

test: setup-test ## the project's own tests, on the lab too; its data does not survive them. Slow cases take turns
	@$(BIN)/pytest tests/selftest $(WORKERS) --durations 60

test-all: setup-test ## the same with the slow cases of every turn
	@$(BIN)/pytest tests/selftest $(WORKERS) --durations 60 --rotation all

sabotage: setup-test ## misconfigure the lab on purpose, one cause at a time: each must be named
	@$(BIN)/pytest --rotation all tests/selftest/sabotage tests/selftest/kubernetes/test_b_causes.py tests/selftest/kubernetes/test_c_red_losses.py tests/selftest/lab/test_y_red_backends.py

lint: python ## formatting rules, types
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: setup ## measure beside what one would use instead
	@bench/setup.sh
	@$(BIN)/python -m bench

lock: ## pin the dependencies anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements.lock bench/requirements.in -o bench/requirements.lock

clean: ## remove what was built in this checkout; the lab stays (hadrill lab destroy)
	rm -rf .venv .venv-bench tools/allure/node_modules reports/2* reports/latest reports/allure-history.jsonl .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
