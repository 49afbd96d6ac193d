# Everything runs in a virtual environment of its own; PYTHON names the interpreter that makes it.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test lint check speed scale results reward-model pictures clean

demo: $(INSTALLED)
	$(BIN)/commonbond demo

test: $(INSTALLED)
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

speed: $(INSTALLED)
	$(BIN)/python tests/speed/startup.py
	$(BIN)/python tests/speed/ingestion.py
	$(BIN)/python tests/speed/graph_growth.py
	$(BIN)/python tests/speed/norm_retrieval.py
	$(BIN)/python tests/speed/pipeline_growth.py
	$(BIN)/python tests/speed/model_calls.py
	$(BIN)/python tests/speed/community_alignment.py
	$(BIN)/python tests/speed/preference_data.py
	$(BIN)/python tests/speed/first_paint.py
	$(BIN)/python tests/speed/event_loop.py
	$(BIN)/python tests/speed/large_run.py
	$(BIN)/python tests/speed/large_corpus.py
	$(BIN)/python tests/speed/large_corpus.py --communities 1
	$(BIN)/python tests/speed/replay_memory.py

scale: $(INSTALLED)
	$(BIN)/python tests/scale/faults.py
	$(BIN)/python tests/scale/kills.py
	$(BIN)/python tests/scale/planted.py

results: $(INSTALLED)
	test -n "$(DATA)" || { echo "name the folder of the dumps: make results DATA=../shared/data"; exit 1; }
	$(BIN)/python examples/results.py $(DATA)

reward-model: $(INSTALLED)
	test -n "$(DATA)" || { echo "name the folder of the dumps: make reward-model DATA=../shared/data"; exit 1; }
	$(BIN)/python examples/05_reward_model.py $(DATA)/polis

pictures: $(INSTALLED)
	$(BIN)/commonbond demo --no-interface >/dev/null
	$(BIN)/commonbond communities demo-output/forum.corpus >/dev/null
	$(BIN)/commonbond ask demo-output/forum.corpus "What should the village do with the old mill?" \
		--option "Restore it as a working mill." --option "Turn it into a community hall." \
		--option "Sell it and mend the roads." --out demo-output/forum-ask1 >/dev/null
	$(BIN)/python examples/screenshots.py demo-output --run forum-run

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[offline,dev]'
	touch $(INSTALLED)

clean:
	rm -rf $(VENV) demo-output .pytest_cache .mypy_cache .ruff_cache .hypothesis
