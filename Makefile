# Every command people type. `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup book pdf offline serve lab board test test-offline test-processors test-classroom fault-table hostile-table bench results measure-pages lint format execute lock notebook-diffs clean

# The first Python that is new enough; PYTHON=… chooses another. Only setup needs it.
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.14 python
FIND_PYTHON = for p in $(CANDIDATES); do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && { echo $$p; exit; }; done
PYTHON ?= $(shell $(FIND_PYTHON))
RUN := .venv/bin/python

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## make or update .venv (every other command does this first)
	@[ -n "$(PYTHON)" ] || { echo "setup: no Python 3.11 or newer found. Install one, or say PYTHON=/path/to/it" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "setup: $(PYTHON) isn't Python 3.11 or newer. Say PYTHON=/path/to/one that is" >&2; exit 1; }
	@"$(PYTHON)" tools/setup_environment.py

book: setup  ## build the site into _build/html
	@$(RUN) tools/build_book.py

pdf: book  ## print the whole book into one PDF, through Chromium (minutes; OPTIONS="--paper Letter")
	@$(RUN) tools/print_book.py $(OPTIONS)

offline: book  ## pack the site, and the notebooks for a class without git, into zip archives
	@$(RUN) tools/pack_offline.py

serve: book  ## build the site and show it at localhost, port 8000
	@$(RUN) tools/serve_site.py

# nbgrader's parts of the server stay away: in a folder that is no course of its own they only complain.
lab: setup  ## open JupyterLab at the course, or at FOLDER="/my folder" (OPTIONS="--no-browser" and others are handed on)
	@$(if $(findstring command,$(origin FOLDER)),[ -d "$$FOLDER" ] || { echo "lab: there is no folder $$FOLDER" >&2; exit 1; };) \
		JUPYTER_CONFIG_PATH="$(CURDIR)/tools/lab_settings$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}" \
		PATH="$(CURDIR)/.venv/bin:$$PATH" $(RUN) -m jupyter lab --LabApp.app_settings_dir=tools/lab_settings \
		$(OPTIONS) $(if $(findstring command,$(origin FOLDER)),"$$FOLDER")

board: setup  ## start a Visdom board for training curves (OPTIONS="--port 9000" are handed on)
	@$(RUN) -m d2lutils.visdom_board $(OPTIONS)

test: book  ## build the site, run every lesson and every test, compare all outputs
	@$(RUN) -m pytest

test-offline: setup  ## the same with every way out of this machine closed
	@$(RUN) tools/run_offline.py $(MAKE) --no-print-directory test

# What older processors can't do is switched off, and two threads add in another order. Waiting threads must
# sleep: on a busy machine of two cores they would otherwise be ten times slower.
OTHER_PROCESSOR := ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 MKL_ENABLE_INSTRUCTIONS=SSE4_2 \
	OPENBLAS_CORETYPE=Nehalem OMP_NUM_THREADS=2 MKL_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 OMP_WAIT_POLICY=PASSIVE

test-processors: setup  ## run the lessons as on an older processor, with two threads
	@$(OTHER_PROCESSOR) $(RUN) -m pytest notebooks -n 1

test-classroom: setup  ## grade every assignment's planted mistakes and all hostile hand-ins (minutes)
	@$(RUN) -m pytest tests -m classroom -n 1

hostile-table: setup  ## grade all hostile hand-ins and write the book's table of them
	@HOSTILE_TABLE=write $(RUN) -m pytest tests/test_hostile.py -m classroom -n 0

fault-table: setup  ## run every fault of a download and write the book's table of them
	@FAULT_TABLE=write $(RUN) -m pytest tests/test_download.py -n 0

bench: setup  ## measure the package's speed and record it (minutes)
	@$(RUN) benchmarks/run.py

results: setup  ## train what is new over five seeds, record it, write the page of results (OPTIONS=--fresh: all, 45 minutes)
	@$(RUN) benchmarks/trained_models.py $(OPTIONS) && $(RUN) benchmarks/trained_models.py --timings $(OPTIONS) && \
		$(RUN) book/figures/draw_results.py && $(RUN) benchmarks/results_page.py

measure-pages: book  ## measure the site's pages: weight, layout shift, Lighthouse, valid HTML (minutes)
	@$(RUN) benchmarks/pages.py

lint: setup  ## check the code's style, in lessons too
	@$(RUN) -m ruff check . && $(RUN) -m ruff format --check .

format: setup  ## mend what lint can mend
	@$(RUN) -m ruff check --fix . && $(RUN) -m ruff format .

execute: setup  ## run lessons and store their outputs: all, or LESSON=path
	@$(RUN) tools/execute_lessons.py $(LESSON)

lock: setup  ## choose the newest versions anew: constraints.txt, environment.yml
	@$(RUN) tools/lock_versions.py && $(RUN) tools/write_environment.py

notebook-diffs: setup  ## let git show changes of notebooks cell by cell (nbdime), in this clone
	@$(RUN) -m nbdime config-git --enable

clean:  ## remove the site; .venv stays
	rm -rf _build
