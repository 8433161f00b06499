.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
PYTHON ?= python3
STUDY ?= data/sample
VENV := .venv
BIN := $(if $(filter Windows_NT,$(OS)),$(VENV)/Scripts,$(VENV)/bin)
UV := $(shell command -v uv 2>/dev/null)
CX_REAL_DATA ?= $(wildcard ../shared/real)
export CX_REAL_DATA
export OPENBLAS_NUM_THREADS ?= 1
STRIP := --keep-count --extra-keys "metadata.papermill cell.metadata.papermill cell.metadata.execution metadata.language_info"

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1|/' | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

report: $(VENV)/.stamp $(if $(filter tests/real/%,$(STUDY)),real-data)  ## run the notebooks on STUDY (data/sample) and publish the report
	$(BIN)/cx report $(STUDY)

new: $(VENV)/.stamp  ## begin a study, STUDY=data/acme, empty with a questionnaire; or around an export, FROM=export.csv
	$(BIN)/cx new $(STUDY) $(if $(FROM),--from "$(FROM)")

check: $(VENV)/.stamp  ## say how the files of STUDY are read, what is set aside and what to doubt; runs nothing
	$(BIN)/cx check $(STUDY)

test: $(VENV)/.stamp-test  ## all tests, the notebooks too; needs Chromium for the browser tests
	$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder

fuzz: $(VENV)/.stamp-test  ## read 20,000 broken files: each is refused with a sentence, or every row of it accounted for
	$(BIN)/python -m tests.fuzz.run --cases 20000 --seed 1

proof: $(VENV)/.stamp-test  ## measure again, by simulation, all that docs/proof.md says of the statistics (a quarter of an hour)
	$(BIN)/python -m tests.proof --seed 1 --write docs/proof.md

mutants: $(VENV)/.stamp-test  ## put wrong formulas into a copy of the code, one at a time: the tests must notice each (8 minutes)
	$(BIN)/python -m tests.mutants.run

properties: $(VENV)/.stamp-test  ## every property of every statistic, on twenty drawn studies
	CX_EXAMPLES=20 $(BIN)/python -m pytest -n 2 tests/references/properties.py tests/test_properties.py tests/test_gap_properties.py

benchmark: $(VENV)/.stamp  ## 10 million ratings read, checked and explored, beside DuckDB's own GROUP BY and the sample; drivers, beside regressions
	$(BIN)/python benchmarks/checking.py
	$(BIN)/python benchmarks/drivers.py
	$(BIN)/python benchmarks/exploring.py

lab: $(VENV)/.stamp  ## open the notebooks in JupyterLab
	$(BIN)/cx lab

dashboard: $(VENV)/.stamp-test  ## open the explorer of STUDY as a page, without code, under Voilà
	$(BIN)/cx dashboard $(STUDY)

sample: $(VENV)/.stamp  ## make data/sample again from its generator: the same bytes every time
	$(BIN)/python data/sample/generate.py data/sample

pin: $(VENV)/.stamp-test  ## run the notebooks on the sample and keep the answers that tests compare
	$(BIN)/jupyter nbconvert --execute --inplace --log-level ERROR notebooks/*.ipynb
	$(BIN)/nbstripout $(STRIP) notebooks/*.ipynb

hooks: $(VENV)/.stamp-test  ## strip notebooks of their outputs on every commit (as .gitattributes asks)
	git config filter.nbstripout.clean '"$(abspath $(BIN))/nbstripout" $(STRIP)'

docs: $(VENV)/.stamp  ## write docs/data-dictionary.md again from the code
	$(BIN)/python -m cxlib.dictionary docs/data-dictionary.md

sentences: $(VENV)/.stamp  ## write cxlib/languages/messages.pot again: every sentence and label, to be translated
	$(BIN)/python -m cxlib.sentences cxlib/languages/messages.pot

lock:  ## pin the tested versions again from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group build --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --group build --group test --all-extras -c requirements.lock --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements-dev.lock

clean:  ## remove the environment; reports stay
	rm -rf $(VENV)

real-data:  # the real surveys are not part of this repository: copy one into its study before its report
	@test -d "$(CX_REAL_DATA)" || { echo "set CX_REAL_DATA to the folder with the real data"; exit 2; }
	mkdir -p $(STUDY)/raw && cp $(CX_REAL_DATA)/$(notdir $(STUDY))/* $(STUDY)/raw/

ifdef UV
install = uv pip install --quiet --python $(VENV) --compile-bytecode --require-hashes -r $(1)
itself = uv pip install --quiet --python $(VENV) --no-build-isolation --no-deps -e .
else
install = $(BIN)/python -m pip install --quiet --require-hashes -r $(1)
itself = $(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
endif

$(VENV)/.stamp: requirements.lock pyproject.toml
	$(if $(UV),uv venv --quiet --allow-existing --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV))
	$(call install,requirements.lock)
	$(itself)
	$(BIN)/python -m compileall -q cxlib
	touch $@

$(VENV)/.stamp-test: requirements-dev.lock $(VENV)/.stamp
	$(call install,requirements-dev.lock)
	touch $@

.PHONY: help report new check fuzz proof mutants properties benchmark test lab dashboard sentences sample docs lock clean real-data pin hooks
