"""How much a run would judge, counted in a process of its own: the same as the command then judges."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from personas.errors import InputError
from tui.ordering.counting import count_judgements, main
from tui.ordering.engine import Order
from tui.ordering.estimating import counted, estimated


def test_the_held_out_items_of_a_corpus_are_counted(made):
    from bench.split import hold_out
    from personas.corpus import Corpus

    with Corpus.open(made / "tea.corpus") as corpus:
        items = hold_out(corpus, share=0.25, seed=7, by="auto").items(corpus.given()).items
    found = count_judgements(made / "tea.corpus", share=0.25)
    assert found["items"] == found["judgements"] == len(items) > 1
    assert found["communities"] == [["cats", 8], ["tea", 8]]
    assert count_judgements(made / "tea.corpus", share=0.25, items=1)["items"] == 1


def test_found_communities_leave_the_judgements_open(made):
    found = count_judgements(made / "tea.corpus", communities="found")
    assert found["found"] and found["judgements"] is None and found["items"]


def test_prompts_are_counted_and_broken_lines_named(made, tmp_path):
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('{"prompt": "Tea?"}\nno json\n{"prompt": "Cats?"}\n')
    found = count_judgements(made / "tea.corpus", prompts=prompts)
    assert found["items"] == 2 and found["left_out"] == {"lines that hold no prompt": 1}
    assert found["notes"][0].startswith("line 2: ")


def test_what_cannot_be_counted_is_an_error_as_the_command_line_prints_it(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["what"] == "no corpus is here"
    with pytest.raises(InputError, match="no corpus is here"):
        counted(tmp_path, (), cancelled=lambda: False)


def test_a_count_that_is_wanted_no_more_ends_at_once_with_its_process(made):
    begun = time.monotonic()
    assert counted(made / "tea.corpus", (), cancelled=lambda: True) is None
    assert time.monotonic() - begun < 3


def test_an_estimate_that_the_command_refuses_raises_its_reason(tmp_path):
    order = Order(kind="simulate", place=Path(tmp_path), out=tmp_path / "x", given=("--dry-run",))
    with pytest.raises(InputError, match="no corpus is here"):
        estimated(order, cancelled=lambda: False, told=lambda line: None)
