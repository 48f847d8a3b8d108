# Everything runs from here. On a fresh machine, Python 3.11 or newer and make are all that is needed.
#
# Each virtual environment holds stamps, written last: an installation that was cut short has none and is made
# anew, and one that is complete costs nothing the second time.

PYTHON  ?= python3
WORKERS ?= 2
FLOORS  ?= numeric symbolic
SAMPLE  ?= 600
SEED    ?= 0
PORT    ?= 8000
MODULES ?=
NAMES   ?=
SERVE   ?= yes
TESTS   ?=

PIP    := pip==26.3
# most of what is installed is never imported; what is, Python compiles then, once, whatever a machine's image says
unexport PYTHONDONTWRITEBYTECODE
INSTALL = -m pip install -q --no-compile
VENV   := .venv
SITE   := $(VENV)/.site
TEST   := $(VENV)/.test
LOW    := .venv-lowest/.test
NODE   := node_modules/.stamp
TRAIN  := .venv-train/.train
ORACLE := .venv-oracles/.oracles
EXIT   := .venv-zensical/.zensical
AUDITS := build/lighthouse/.stamp
ENGINES := build/engines/.stamp
NEWEST := constraints/newest.txt
LOWEST := constraints/lowest.txt
GROUPS := --group test --group lint --group bench --group mutation
EVERY  := $(GROUPS) --group train --group zensical
# A worker a core: numpy's own threads would only stand in each other's way. The slow tests stand together, at the end:
# a worker that has nothing left takes half of what another still has.
PYTEST := -m pytest -n $(WORKERS) --dist worksteal $(TESTS)
test test-lowest test-newest: export OPENBLAS_NUM_THREADS := 1
# mutmut is a tool for contributors, in .venv alone; the site is built there, and tested once
USERS  := --ignore=tests/test_mutants.py --ignore=tests/site

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export NO_MKDOCS_2_WARNING := 1

# $(call say,WHAT): a line of progress, after the seconds since the start
STARTED := $(shell date +%s)
say = printf '%4d s  %s\n' "$$((`date +%s` - $(STARTED)))" "$(1)"

# An environment remembers its folder: one that was moved, or whose Python is gone, is made anew.
ALIVE := $(shell test "`cat $(VENV)/.home 2>/dev/null`" = "`pwd -P`" && $(VENV)/bin/python -c '' 2>/dev/null && echo yes)
ifneq ($(ALIVE),yes)
$(shell rm -f $(SITE) $(TEST))
endif

# $(call new-venv,FOLDER): an empty environment there, whatever was there before, or one line that says what is missing
define new-venv
version=`$(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null` || version=none; \
case $$version in \
	3.[0-9]|3.10|[0-2].*) echo "ovlearn needs Python 3.11 or newer; '$(PYTHON)' is $$version. Name another one: make PYTHON=python3.11" >&2; exit 1;; \
	none) echo "ovlearn needs Python 3.11 or newer; '$(PYTHON)' does not run here. Install Python 3, or name one: make PYTHON=python3.11" >&2; exit 1;; \
esac; \
$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	echo "'$(PYTHON)' cannot make virtual environments. On Debian or Ubuntu: apt install python$$version-venv" >&2; exit 1; }; \
$(call say,setting up $(1) with Python $$version); \
$(PYTHON) -m venv --clear $(1) && $(1)/bin/python $(INSTALL) '$(PIP)'
endef

# $(call build-site,FOLDER): the site there, whole or not at all; an interrupted build leaves the one before
define build-site
mkdir -p build && part=`mktemp -d build/site.XXXXXX` && trap "rm -rf $$part" EXIT INT TERM && chmod 755 $$part && \
$(VENV)/bin/python -m mkdocs build --site-dir $$part && rm -rf $(1) && mv $$part $(1)
endef

# Every step of every derivation, with faults planted in each: one core, while the site has the other. What was checked
# and has not changed since is not checked again.
CHECKED = OPENBLAS_NUM_THREADS=1 $(VENV)/bin/python -m rendering.verified

# $(call meanwhile,COMMAND,OTHERS): both at once, and what COMMAND said when all is done; it fails where either does
define meanwhile
mkdir -p build && said=`mktemp build/said.XXXXXX` && { $(1) >$$said 2>&1 & } && one=$$! && \
trap "kill $$one 2>/dev/null; rm -f $$said" EXIT && trap 'exit 130' INT TERM && \
( $(2) ) && { wait $$one; status=$$?; cat $$said; test $$status = 0; }
endef

# what a target needs from npm, in a folder of its own
define get-aside
mkdir -p $(@D) && cp $^ $(@D) && cd $(@D) && \
PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm ci --ignore-scripts --silent && touch $(CURDIR)/$@
endef

# The language model that the course reads: fetched once, and kept in the platform's folder for caches.
define fetch-model
$(VENV)/bin/ovlearn zoo fetch smollm2 >/dev/null || echo "without smollm2, what needs it is left out"
endef

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help course site site-offline site-zensical test lint node test-lowest test-newest test-zensical bench oracles mutants train excerpt constraints clean

help: ## list these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "make %-13s  %s\n", $$1, $$2 }' Makefile

course: $(SITE) $(NODE) ## set up, check every step of every equation, build the site and serve it (PORT, SERVE=no)
	@test "$(SERVE)" != yes || $(VENV)/bin/python -m rendering.serving --port "$(PORT)"
	@$(fetch-model)
	@$(call say,building the site; meanwhile every step of every equation is checked)
	@export OVLEARN_SITE_URL="http://127.0.0.1:$(PORT)/"; $(call meanwhile,$(CHECKED),$(call build-site,build/course))
	@$(call say,all steps hold and the site is built)
	@test "$(SERVE)" != yes || $(VENV)/bin/python -m rendering.serving build/course --port "$(PORT)"

site: $(SITE) $(NODE) ## the site, in site/
	@$(call build-site,site)
	@echo "the site is in site/"

site-offline: $(SITE) $(NODE) ## a copy to read from disk, search included: build/site-offline/index.html
	@export OVLEARN_OFFLINE=true OVLEARN_SITE_URL=; $(call build-site,build/site-offline)
	@echo "open build/site-offline/index.html"

site-zensical: $(EXIT) $(NODE) ## the same pages without Material for MkDocs, in build/site-zensical
	@.venv-zensical/bin/python docs/with_zensical.py build/site-zensical
	@echo "the site is in build/site-zensical/"

test: $(TEST) $(NODE) $(ENGINES) lint ## set up, lint, and run the tests, or some of them (TESTS=tests/numeric)
	@$(VENV)/bin/python -m tests.site.browser
	@$(fetch-model)
	@$(call say,building the site)
	@export OVLEARN_SITE_URL=http://ovlearn.localhost/; $(call build-site,build/test-site)
	@$(call say,running the tests)
	@$(VENV)/bin/python $(PYTEST)

lint: $(TEST) ## style and types alone
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy

node: $(NODE) ## KaTeX, the fonts and Python for the page from npm, with the node of .venv

test-lowest: $(LOW) $(NODE) ## the tests with the lowest supported versions (Python 3.11 or 3.12)
	@.venv-lowest/bin/python $(PYTEST) $(USERS)

test-newest: $(NODE) ## the tests with the newest versions to be had today
	@test -x .venv-newest/bin/pip || { $(call new-venv,.venv-newest); }
	@.venv-newest/bin/python $(INSTALL) --upgrade --upgrade-strategy eager -e '.[course,weights]' --group test
	@.venv-newest/bin/python -m pip list --format=freeze --exclude-editable
	@.venv-newest/bin/python $(PYTEST) $(USERS)

test-zensical: $(SITE) $(EXIT) $(NODE) ## build the site with MkDocs and with Zensical, and compare them, page by page
	@$(fetch-model)
	@$(call say,building the site with MkDocs)
	@export OVLEARN_SITE_URL=http://ovlearn.localhost/; $(call build-site,build/test-site)
	@$(call say,building it with Zensical)
	@OVLEARN_SITE_URL=http://ovlearn.localhost/ .venv-zensical/bin/python docs/with_zensical.py build/test-site-zensical
	@$(call say,comparing them)
	@.venv-zensical/bin/python -m pytest -q --noconftest -rP -p no:cacheprovider tests/zensical docs/with_zensical.py

oracles: $(ORACLE) ## compare with transformers and TransformerLens, and record their answers for the tests
	@.venv-oracles/bin/python -m pytest -q --noconftest -rP -p no:cacheprovider tests/oracles -W ignore
	@.venv-oracles/bin/python -m tests.oracles.record

bench: $(TEST) $(NODE) $(AUDITS) $(ORACLE) ## the promised speeds, and the site's weight (MODULES=site measures that alone)
	@$(VENV)/bin/python -m tests.site.browser
	@$(VENV)/bin/python -m tests.benchmarks $(MODULES)

mutants: $(TEST) $(NODE) ## break the code in small ways; the tests must notice (FLOORS, SAMPLE, SEED)
	@$(VENV)/bin/python -m tests.mutants $(FLOORS) --sample $(SAMPLE) --seed $(SEED)

train: $(TRAIN) ## train the models of the zoo anew, into build/zoo, and hold them to their bounds (NAMES)
	@.venv-train/bin/python -m training $(NAMES)

excerpt: $(TEST) ## take the zoo's excerpt of SmolLM2 from the real file, which is fetched if need be
	@$(VENV)/bin/python -m training.excerpt

constraints: ## pin today's newest versions in constraints/newest.txt; run it with the oldest Python
	@$(call new-venv,build/constraints)
	@build/constraints/bin/python $(INSTALL) -e '.[course,weights]' $(EVERY)
	@build/constraints/bin/python -m pip list --format=freeze --exclude-editable --exclude pip --exclude setuptools | LC_ALL=C sort -f > build/newest.txt
	@! grep -v '^[A-Za-z0-9._-]*==[^ ]*$$' build/newest.txt
	@mv build/newest.txt $(NEWEST)
	@rm -rf build/constraints

clean: ## remove everything that was made here
	rm -rf .venv .venv-lowest .venv-train .venv-oracles .venv-newest .venv-zensical node_modules build site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find ovlearn exercises lessons rendering live training docs tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Either makes the environment where there is none that is up to date; the tests add to what is there.
$(SITE): pyproject.toml $(NEWEST)
	@$(call new-venv,$(VENV))
	@$(VENV)/bin/python $(INSTALL) -c $(NEWEST) -e '.[course,weights]' --group site
	@pwd -P > $(VENV)/.home
	@touch $@

# While this adds to the environment, the stamp of its first part is away: if it is cut short, all begins again.
$(TEST): pyproject.toml $(NEWEST)
	@if test -e $(SITE) && test $(SITE) -nt pyproject.toml && test $(SITE) -nt $(NEWEST); \
	then $(call say,adding the tools for tests and lint); else $(call new-venv,$(VENV)); fi
	@rm -f $(SITE)
	@$(VENV)/bin/python $(INSTALL) -c $(NEWEST) -e '.[course,weights]' $(GROUPS)
	@pwd -P > $(VENV)/.home
	@touch $(SITE) $@

$(TRAIN): pyproject.toml $(NEWEST)
	@$(call new-venv,.venv-train)
	@.venv-train/bin/python $(INSTALL) -c $(NEWEST) -e . --group train
	@touch $@

$(ORACLE): pyproject.toml tests/oracles/constraints.txt
	@$(call new-venv,.venv-oracles)
	@$(call say,adding torch, transformers and TransformerLens)
	@.venv-oracles/bin/python $(INSTALL) -c tests/oracles/constraints.txt torch
	@.venv-oracles/bin/python $(INSTALL) -c tests/oracles/constraints.txt -e '.[weights]' --group oracles
	@touch $@

$(EXIT): pyproject.toml $(NEWEST)
	@$(call new-venv,.venv-zensical)
	@.venv-zensical/bin/python $(INSTALL) -c $(NEWEST) -e '.[course,weights]' --group zensical
	@touch $@

$(LOW): pyproject.toml $(LOWEST) $(NEWEST)
	@$(call new-venv,.venv-lowest)
	@mkdir -p build
	@awk -F== '/^#/ { next } NR == FNR { held[$$1]; print; next } !($$1 in held)' $(LOWEST) $(NEWEST) > build/lowest.txt
	@.venv-lowest/bin/python $(INSTALL) -c build/lowest.txt -e '.[course,weights]' --group test
	@touch $@

$(NODE): package.json package-lock.json .npmrc | $(SITE)
	@$(call say,getting KaTeX and the rest of what the site needs from npm)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm ci --ignore-scripts --silent
	@touch $@

$(AUDITS): $(addprefix tests/benchmarks/lighthouse/,package.json package-lock.json .npmrc) | $(SITE)
	@$(call say,adding Lighthouse)
	@$(get-aside)

$(ENGINES): tests/site/engines/package.json tests/site/engines/package-lock.json .npmrc | $(SITE)
	@$(call say,adding what drives Firefox)
	@$(get-aside)
