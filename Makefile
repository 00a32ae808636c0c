# make demo and make test need nothing but Debian (or alike) with Python 3.11, git and Node 20.
PYTHON ?= $(shell .ci/python)
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(patsubst %,%/node_modules,examples/wwebjs examples/baileys tests/bots tests/pm2)

# Tests start Python a thousand times, which is not to compile all of wagit each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-long lint bench docs setup lock clean

demo: setup ## Run the main job for real, in a throw-away repository
	$(BIN)/wagit demo --bot examples/wwebjs

# Three at once on two cores: tests wait for processes a good deal.
test: setup lint ## Run every check and every test
	.ci/newer-git || true # optional: tests that need it say so and skip
	.ci/redis
	.ci/s3-server
	.ci/age
	.ci/sshd
	$(BIN)/python -m pytest -n 3 --dist worksteal

test-long: setup ## The damage matrix, the fuzzers and the kill rounds, whole: an hour or so
	TEST_LONG=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m long --timeout 3600

lint: $(VENV)/ready ## Formatting, types, layers
	$(BIN)/ruff format --check wagit tests benchmarks examples
	$(BIN)/ruff check wagit tests benchmarks examples
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## Print one table: our figures beside their peers'
	.ci/peers
	$(BIN)/python -m benchmarks

docs: $(VENV)/ready ## Build the documentation
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

setup: $(VENV)/ready $(PACKAGES:%=%/.ready)
	.ci/browser

$(VENV)/ready: requirements.lock pyproject.toml
	.ci/venv '$(PYTHON)' $(VENV)
	touch $@

%/node_modules/.ready: %/package-lock.json
	cd $* && PUPPETEER_SKIP_DOWNLOAD=1 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

lock: ## Pin the newest releases that pyproject.toml allows
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --upgrade pyproject.toml --all-extras --universal --python-version 3.11 --no-header -o requirements.lock

clean:
	rm -rf $(VENV) .cache $(PACKAGES)
