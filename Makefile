# Set-up on a fresh machine with Python 3.11+ is `make demo` and `make test`; the rest is for work.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Tests start hundreds of processes: none of them is to compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check docs coverage bench constraints clean

demo: $(VENV)/installed
	@$(BIN)/python demo.py

# Two at a time: half of what the tests do is wait for processes and disks. Without a new order,
# the long files come before the short ones of tests/unit, and both workers end together.
test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-cache
	$(MAKE) docs
	$(BIN)/python -m pytest -n 2 tests/acceptance/test_docs.py

# The site, in site/. A warning, a dead link or a file from another address is an error.
docs: $(VENV)/installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

coverage: $(VENV)/installed-dev
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine
	$(BIN)/coverage report

# The peers go into a venv of their own; everything is measured there, in one run.
bench: .bench/installed
	.bench/bin/python -m benchmarks

# Renew the pins: names, versions and hashes for every platform, and no address of a registry.
constraints: $(VENV)/installed-dev
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 \
		--no-emit-index-url --no-header --no-annotate --output-file constraints.txt \
		pyproject.toml build-requirements.in
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 \
		--no-emit-index-url --no-header --no-annotate --constraint constraints.txt \
		--output-file constraints-dev.txt --group dev
	for file in constraints.txt constraints-dev.txt; do \
		sed -i.bak '1i # Pinned by name, version and hash. Renew with: make constraints' $$file; \
		rm $$file.bak; \
	done

$(VENV)/installed: constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r constraints.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed constraints-dev.txt
	$(PIP) --require-hashes -r constraints-dev.txt
	@touch $@

.bench/installed: constraints.txt pyproject.toml benchmarks/requirements-peers.txt
	$(PYTHON) -m venv .bench
	.bench/bin/python -m pip install --quiet --disable-pip-version-check \
		-r build-requirements.in
	.bench/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation \
		-e ".[pgserver]"
	.bench/bin/python -m pip install --quiet --disable-pip-version-check \
		-r benchmarks/requirements-peers.txt
	@touch $@

clean:
	rm -rf $(VENV) .bench build dist site .coverage* .pytest_cache .ruff_cache .hypothesis
