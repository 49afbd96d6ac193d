"""The rows of each kind: what is in them, under which names, and which names TRL's trainers would take for theirs."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from made_export import FACTS, MadeMark, MadePair, made_record

from simulator.export.writing.formats import (
    COLUMNS,
    Facts,
    arrow_schema,
    feature_list,
    full_row,
    preference_rows,
    unpaired_rows,
)
from simulator.item import Preference

PROMPT = [
    {"role": "user", "content": "Hello."},
    {"role": "assistant", "content": "Hello yourself."},
    {"role": "user", "content": "Green or black?"},
]
ORIGIN = {"community": "tea", "prompt_id": "p1", "item": "p1", "run": FACTS.run, "predictor": "norm judge"}

MEANT = {
    "preference": {"prompt", "chosen", "rejected"},
    "unpaired": {"prompt", "completion", "label"},
    "full": {"prompt"},
}
READ_BY_TRL = {
    *(
        "margin",
        "image",
        "images",
        "tools",
        "chat_template_kwargs",
        "messages",
        "text",
        "completion_mask",
        "use_cache",
    ),
    *(
        "prompt_ids",
        "chosen_ids",
        "rejected_ids",
        "completion_ids",
        "KL_completion_ids",
        "input_ids",
        "conversations",
    ),
    *("attention_mask", "token_type_ids", "mm_token_type_ids", "chosen_input_ids", "rejected_input_ids"),
    *(
        "ref_chosen_logps",
        "ref_rejected_logps",
        "ref_logps",
        "ref_KL_logps",
        "pixel_values",
        "label",
        "labels",
        "length",
    ),
    *("prompt", "chosen", "rejected", "completion"),
}
"""What the reward, DPO and KTO trainers of TRL 1.16 and the Trainer below them read of a row or write into one."""


def test_a_preference_row_says_everything_of_its_pair():
    (row,) = preference_rows(made_record(), [MadePair()], FACTS)
    assert row == {
        "prompt": PROMPT,
        "chosen": [{"role": "assistant", "content": "Green."}],
        "rejected": [{"role": "assistant", "content": "Black."}],
        "soft_label": 0.97,
        "vote_share": 0.75,
        "share_chosen": 0.75,
        "share_rejected": 0.25,
        "tie": False,
        "disputed": True,
        "judged_by": 2,
        "against": 1,
        "row": "p1/tea/1-0",
        "chosen_index": 1,
        "rejected_index": 0,
        **ORIGIN,
    }


def test_an_unpaired_row_says_everything_of_its_mark():
    (row,) = unpaired_rows(made_record(), [MadeMark()], FACTS)
    assert row == {
        "prompt": PROMPT,
        "completion": [{"role": "assistant", "content": "Green."}],
        "label": True,
        "soft_label": 0.9,
        "share": 0.75,
        "row": "p1/tea/1",
        "index": 1,
        **ORIGIN,
    }


def test_a_full_row_has_every_candidate_and_every_ballot():
    row = full_row(made_record(), FACTS)
    assert row == {
        "prompt": PROMPT,
        "candidates": [
            {"text": "Black.", "share": 0.25, "low": 0.1, "high": 0.5, "post": "tea:0", "writer": ""},
            {"text": "Green.", "share": 0.75, "low": 0.5, "high": 0.9, "post": "tea:1", "writer": ""},
        ],
        "ballots": [
            {
                "persona": "tea/1",
                "choice": 1,
                "shares": [0.25, 0.75],
                "order": [1, 0],
                "reason": "Grassy.",
                "round": 1,
                "failure": "",
                "norms": ["tea:7"],
            },
            {
                "persona": "tea/2",
                "choice": None,
                "shares": [],
                "order": [0, 1],
                "reason": "",
                "round": 0,
                "failure": "timeout",
                "norms": [],
            },
        ],
        "community_title": "Tea drinkers",
        "ballots_cast": 1,
        "abstentions": 0,
        "failures": 1,
        "rounds": 1,
        "similarity": 0.5,
        "vendi": 1.5,
        "row": "p1/tea",
        **ORIGIN,
    }


def test_a_candidate_without_an_interval_and_a_set_without_diversity_say_so():
    bare = made_record(preference=Preference(shares=(0.25, 0.75)), diversity=None, ballots=())
    row = full_row(bare, Facts(run="r", predictor="p"))
    assert (
        {candidate["low"] for candidate in row["candidates"]} == {None} == {row["similarity"], row["vendi"]}
    )
    assert (row["ballots"], row["community_title"]) == ([], "")


def test_a_mark_that_says_neither_gives_no_row():
    marks = [MadeMark(label=None), MadeMark(candidate=0, label=False)]
    assert [row["row"] for row in unpaired_rows(made_record(), marks, FACTS)] == ["p1/tea/0"]


def test_without_a_posterior_the_soft_labels_are_empty():
    (pair,) = preference_rows(made_record(), [MadePair(probability=None)], FACTS)
    (mark,) = unpaired_rows(made_record(), [MadeMark(probability=None)], FACTS)
    assert pair["soft_label"] is None is mark["soft_label"]


def test_a_steering_message_begins_the_prompt_of_every_kind():
    record = made_record()
    rows = [
        *preference_rows(record, [MadePair()], FACTS, steering="Be tea."),
        *unpaired_rows(record, [MadeMark()], FACTS, steering="Be tea."),
        full_row(record, FACTS, steering="Be tea."),
    ]
    assert [row["prompt"] for row in rows] == [[{"role": "system", "content": "Be tea."}, *PROMPT]] * 3


def test_a_set_that_a_community_wrote_for_itself_names_its_prompt():
    record = made_record("p1@tea")
    record = replace(record, item=replace(record.item, community="tea"))
    row = full_row(record, FACTS)
    assert (row["prompt_id"], row["item"], row["row"]) == ("p1", "p1@tea", "p1@tea/tea")


@pytest.mark.parametrize("config", COLUMNS)
def test_every_row_has_the_columns_of_its_kind_and_no_other(config):
    record = made_record()
    made = {
        "preference": next(preference_rows(record, [MadePair()], FACTS)),
        "unpaired": next(unpaired_rows(record, [MadeMark()], FACTS)),
        "full": full_row(record, FACTS),
    }
    assert made[config].keys() == COLUMNS[config].keys()


@pytest.mark.parametrize("config", COLUMNS)
def test_the_card_tells_datasets_the_features_that_the_files_have(config):
    datasets = pytest.importorskip("datasets", reason="the extra `hub` is not installed")
    told = datasets.Features._from_yaml_list(feature_list(COLUMNS[config]))
    assert told == datasets.Features.from_arrow_schema(arrow_schema(COLUMNS[config]))


@pytest.mark.parametrize("config", COLUMNS)
def test_no_column_is_one_that_trl_reads_besides_those_that_it_is_meant_to(config):
    assert COLUMNS[config].keys() & READ_BY_TRL == MEANT[config]


@pytest.mark.parametrize("config", COLUMNS)
def test_the_sources_of_trl_name_no_other_column(config):
    trl = pytest.importorskip("trl", reason="TRL is not installed")
    root = Path(trl.__file__).parent
    files = [
        root / "data_utils.py",
        *(root / "trainer" / f"{name}_trainer.py" for name in ("reward", "dpo", "kto")),
    ]
    named = set()
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        named |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    assert {"margin", "ref_KL_logps", "chosen_ids"} <= named, "its sources are to be read"
    assert COLUMNS[config].keys() & named == MEANT[config]
