# Everything one does with this course. `make` alone lists the targets.

PYTHON ?= python3
VENV   ?= .venv

BIN    := $(VENV)/bin
UV     := $(BIN)/uv pip install --python $(BIN)/python
JB     := $(BIN)/jupyter-book build -W -n --keep-going
STAGE  := bash .ci/stage
EXTRAS := book photos serve tensorboard tune teach test  # all but `scale`: who has no cluster needs no Ray
# A file's tests stay together, as they share what is slow to make. A worker grows to 5 GB.
OF_BOOK := $(addprefix tests/book/test_,book.py interview_pages.py in_browser.py accessibility.py pdf.py)
UNIT   := $(BIN)/pytest -q --durations=10 -n auto --maxprocesses=4 --dist loadfile \
          $(addprefix --ignore=,$(OF_BOOK))
# Measuring costs a third more time where Python, not TensorFlow, does the work.
COVER  := --cov=prodimg_lib --cov-report
MAKEFLAGS += --no-print-directory
PAGE   := $(CURDIR)/_build/html/index.html

# TensorFlow reports every device it does not find. (Do not silence it with
# TF_ENABLE_ONEDNN_OPTS=0: a small convolutional net then takes 1.6 times the processor time.)
export TF_CPP_MIN_LOG_LEVEL ?= 3

.DEFAULT_GOAL := help
.PHONY: help book slides editions exam pdf test wheel offline coverage notebooks environment lint format requirements clean

help: ## list the targets
	@echo "usage: make TARGET [PYTHON=python3.12]"
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' Makefile

book: $(VENV)/.book ## build the HTML book from the stored notebook outputs
	$(JB) .
	@echo
	@echo "The book is built. Open it in a browser: file://$(PAGE)"

# None of these needs TensorFlow or changes a notebook.
TOOL := PYTHONPATH=. $(BIN)/python book/tools

slides: $(VENV)/.book ## a deck of slides for each chapter, with notes and minutes (ARGS="02 13" for some)
	@$(TOOL)/slides.py $(ARGS)

editions: $(VENV)/.book ## notebooks for students, for teachers, and for nbgrader
	@$(TOOL)/editions.py $(ARGS)

exam: $(VENV)/.all ## a sheet of questions and its key, other numbers for each seed (ARGS="--seed 7")
	@$(TOOL)/variants.py $(ARGS)

pdf: $(VENV)/.all book ## print every page and the whole book, by headless Chromium
	@$(TOOL)/pdf.py $(ARGS)

test: ## install the rest and run every check: lint, unit tests, notebooks, book
	@$(STAGE) --start
	@$(STAGE) "environment" $(MAKE) environment
	@$(STAGE) "lint" $(MAKE) lint
	@$(STAGE) "unit tests" $(UNIT) $(if $(CI),$(COVER)=term:skip-covered) tests
	@$(STAGE) "wheel" $(MAKE) wheel
	@$(STAGE) "notebooks" $(BIN)/pytest -q --durations=10 -n auto --maxprocesses=2 --dist loadfile notebooks
	@rm -rf _build/html _build/.doctrees
	@$(STAGE) "book, new" $(JB) .
	@$(STAGE) "book, again" $(JB) . # some Sphinx warnings only appear in a second build
	@$(STAGE) "book, offline" env PRODIMG_BOOK_BUILT=1 $(BIN)/pytest -q $(OF_BOOK)
	@$(STAGE) --summary

wheel: $(VENV)/.all ## build what `pip install prodimg-lib` would get into dist/, and check it
	rm -rf dist
	$(BIN)/uv build --quiet --wheel --out-dir dist
	$(BIN)/twine check --strict dist/*.whl
	$(BIN)/check-wheel-contents dist/*.whl

offline: wheel ## run a chapter from that wheel in a bare kernel, with the network off (ARGS=06)
	@$(TOOL)/from_wheel.py dist/*.whl $(ARGS)

coverage: $(VENV)/.all ## the unit tests, and which lines of the library they did not reach
	$(UNIT) $(COVER)=term-missing:skip-covered tests

notebooks: $(VENV)/.all ## execute and store the notebooks whose code or library changed (ARGS=--all for every one)
	$(BIN)/python book/tools/notebooks.py execute $(ARGS)

environment: $(VENV)/.all ## install everything, without running anything

lint: $(VENV)/.all ## check style, format, types, and which folder imports which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.all ## repair style and format where that can be done
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

requirements: $(VENV)/.made ## resolve pyproject.toml again into requirements.txt, newest versions
	@$(BIN)/uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install uv
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --fork-strategy fewest \
	  $(EXTRAS:%=--extra %) pyproject.toml --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make requirements" --output-file requirements.txt

clean: ## remove the built book, caches and the environment (runs/ stays)
	rm -rf _build .pytest_cache .coverage .ruff_cache .mypy_cache .import_linter_cache .hypothesis *.egg-info $(VENV)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. Each stamp file says that a step is done; it is done again when its inputs change.

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || \
	  { echo "make: $(PYTHON) is not Python 3.11, 3.12 or 3.13; name one that is: make book PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "make: $(PYTHON) has no venv module; install it (Debian, Ubuntu: apt install python3-venv)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -c requirements.txt uv
	@touch $@

# Only what the `book` extra of pyproject.toml names, in the versions of requirements.txt.
$(VENV)/.book: $(VENV)/.made pyproject.toml requirements.txt
	@$(BIN)/python -c 'import tomllib; \
	  project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	  print("\n".join(project["optional-dependencies"]["book"]))' > $(VENV)/book.in
	$(UV) -r $(VENV)/book.in -c requirements.txt
	@touch $@

# Bytecode at once: where Python may not write it (PYTHONDONTWRITEBYTECODE), every process would compile
# TensorFlow again, which takes longer than loading it.
$(VENV)/.all: $(VENV)/.made pyproject.toml requirements.txt
	$(UV) --compile-bytecode -r requirements.txt
	$(UV) --no-deps --editable .
	@touch $(VENV)/.book $@
