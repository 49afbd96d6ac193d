"""The dataset card: valid front matter whatever the titles are, and all that a reader of the data must know."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import yaml
from huggingface_hub import DatasetCard
from hypothesis import example, given
from hypothesis import strategies as st
from made_export import made_manifest

from simulator.export.manifest import FileFacts
from simulator.export.selection import Selection, Shape
from simulator.export.writing.card import as_card
from simulator.export.writing.licences import hub_licence
from simulator.export.writing.markdown import MOST_ROWS, one_line, plain, section_of, table

HOSTILE = [
    "---\nlicense: mit\n---\n",
    "a: b\n- c\n\t# d",
    "null",
    "2024-01-01",
    "{{ x }} %YAML !!python/object:os.system &a *a",
    "'\"`\\",
    "[click](http://x.org) <script>alert(1)</script> ![i](data:x)",
    "| a | b |\n| --- | --- |",
    "# heading\n```\ncode\n```",
    "\x00\x1b[31mred\x07\x85\u2028\u2029\u202eright\ud800",
    "x" * 10_000,
    "משפט עברי 👩🏽‍🚀 日本語",
    "@user www.x.org HTTP://X.org WWW.y.org",
    "...",
    "? - : ,",
]


def of(train=5, test=2, *, config="preference", **changes):
    ending = changes["shape"].files if "shape" in changes else "parquet"
    files = {
        f"data/{config}/{split}-00000.{ending}": FileFacts(sha256="0" * 64, rows=rows, bytes=9)
        for split, rows in (("train", train), ("test", test))
        if rows
    }
    return made_manifest(files, **changes)


def front_matter(card):
    """Read as the Hub's library does and as any reader of YAML does, which must agree."""
    found = DatasetCard(card)
    begins, block, body = card.split("---\n", 2)
    assert begins == ""
    assert yaml.safe_load(block) == found.data.to_dict()
    return found.data.to_dict(), body


def test_the_front_matter_says_what_datasets_and_the_hub_read():
    told, _ = front_matter(as_card(of(language=("en", "de"))))
    features = told.pop("dataset_info")
    assert re.fullmatch("data [0-9a-f]{16}", told["configs"][0].pop("description"))
    assert told == {
        "license": "cc-by-4.0",
        "tags": ["synthetic", "preference", "reward-modeling", "dpo", "kto", "trl", "commonbond"],
        "task_categories": ["text-generation"],
        "annotations_creators": ["machine-generated"],
        "size_categories": ["n<1K"],
        "pretty_name": "Synthetic preferences: Tea",
        "language": ["en", "de"],
        "configs": [
            {
                "config_name": "preference",
                "default": True,
                "data_files": [
                    {"split": "train", "path": "data/preference/train-*.parquet"},
                    {"split": "test", "path": "data/preference/test-*.parquet"},
                ],
            }
        ],
    }
    assert [(info["config_name"], info["features"][3]) for info in features] == [
        ("preference", {"name": "community", "dtype": "string"})
    ]


def test_the_first_kind_that_has_rows_is_the_default():
    told, _ = front_matter(as_card(of(config="full", shape=Shape(files="jsonl"))))
    assert [(config["config_name"], config.get("default")) for config in told["configs"]] == [("full", True)]
    assert told["configs"][0]["data_files"][0]["path"] == "data/full/train-*.jsonl"


def test_an_empty_split_and_an_unknown_language_are_left_out():
    told, _ = front_matter(as_card(of(test=0)))
    assert [file["split"] for file in told["configs"][0]["data_files"]] == ["train"]
    assert "language" not in told


@pytest.mark.parametrize(
    ("rows", "size"),
    [
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (99_999, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
        (10_000_000, "10M<n<100M"),
        (100_000_000, "100M<n<1B"),
    ],
)
def test_sizes_are_told_as_the_hub_does(rows, size):
    assert front_matter(as_card(of(train=rows, test=0)))[0]["size_categories"] == [size]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_text_is_plain_text_wherever_it_stands(hostile):
    quiet, loud = (as_card(everywhere(text)) for text in ("quiet", hostile))
    told, body = front_matter(loud)
    calm, calm_body = front_matter(quiet)
    assert told.keys() - {"license_name"} == calm.keys() - {"license_name"}
    for config in (*told["configs"], *calm["configs"]):
        assert re.fullmatch("data [0-9a-f]{16}", config.pop("description"))
    assert told["configs"] == calm["configs"]
    assert told["license"] in {"other", "unknown"}
    assert len(body.splitlines()) == len(calm_body.splitlines()) == body.count("\n")
    for line, other in zip(body.splitlines(), calm_body.splitlines(), strict=True):
        assert cells(line) == cells(other)
        assert (line[:2] == "- ", line.startswith("#"), line.startswith("```")) == (
            other[:2] == "- ",
            other.startswith("#"),
            other.startswith("```"),
        )
    for sign in ("<script", "://x", "www.x", "WWW.y", "@user"):
        assert sign not in body
    assert not re.search(r"(?<!\\)\]\(", body)
    for sign in ("\x1b", "\u202e", "\ud800", "\x00"):
        assert sign not in loud
    loud.encode()


def everywhere(text):
    return of(
        run={
            "identity": text,
            "folder": "run",
            "predictor": text,
            "version": text,
            "settings": {text: text, "panel": 9},
            "embedder": text,
        },
        corpus={"title": text, "source": text, "licence": text + "z", "fictional": False, "content": ""},
        notes=(text,),
        left_out={text: 3},
        decided={
            **{"judged": 3, "kept": 1, "dropped": {text: 2}, text: {"x": 1}},
            "pairs": [{"split": "train", "community": text, "kept": 1, "dropped": {text: 2}}],
        },
        biases={
            text: {text: 0.5, "interval": [0.1, 0.2]},
            "before": MEASURED,
            "before_by_community": {text: MEASURED},
        },
        diversity={text: {"similarity": 0.5}},
        judged={text: 4},
    )


def cells(line):
    return line.replace("\\|", "").count("|")


@given(st.text())
def test_any_title_gives_a_card_that_can_be_read(title):
    manifest = of()
    card = as_card(replace(manifest, corpus={**manifest.corpus, "title": title, "licence": title}))
    told, body = front_matter(card)
    assert told["pretty_name"].startswith("Synthetic preferences: ")
    assert "\n" not in told["pretty_name"]
    assert body.startswith("\n# Synthetic preferences")


def test_it_says_that_it_is_synthetic_by_what_from_what_and_how_many_ballots():
    card = as_card(of())
    for told in (
        "**This data is synthetic.**",
        "by norm judge",
        "- Simulated from: Tea (table).",
        "- Licence of that corpus: CC BY 4.0.",
        "- How much was judged: prompts 2, candidate sets 2, judgements of a set by a community 4, ballots 36, ",
        'load_dataset("THIS/REPOSITORY", "preference", split="train")',
        "RewardTrainer(model, train_dataset=data)",
        "DPOTrainer(model, train_dataset=data)",
        "| `preference` | pairs: `prompt`, `chosen`, `rejected` | 5 | 2 |",
        "| min probability | 0.9 |",
        "`soft_label`: ",
        "`vote_share`: ",
        "commonbond explain FOLDER",
        "| panel | 9 |",
    ):
        assert told in card
    assert "KTOTrainer" not in card
    assert "KTOTrainer(model, train_dataset=data)" in as_card(of(config="unpaired"))
    assert "invented" not in card
    assert "system message" not in card


def test_invented_people_and_a_missing_licence_are_said_at_its_top():
    corpus = {"title": "", "source": "table", "licence": "unknown", "fictional": True, "content": ""}
    card = as_card(of(corpus=corpus))
    assert "**The communities and their posts are invented**" in card
    assert "**The source names no licence: do not pass this on before you know that you may.**" in card
    assert "fictional" in front_matter(card)[0]["tags"]
    assert "a corpus without a title" in card


RATE = {"true": 61, "count": 100, "effective": 90.0, "share": 0.61234, "low": 0.5, "high": 0.7}
MEASURED = {
    "pairs": 1200,
    "longer": RATE,
    "equal_length": 4,
    "log_length_ratio": 0.25,
    "first": None,
    "disputed": RATE,
}
NONE = {"pairs": 0, "longer": {**RATE, "share": None}, "first": None, "disputed": None}


def test_what_was_filtered_and_the_biases_measured_stand_in_tables():
    card = as_card(
        of(
            selection=Selection(min_probability=None),
            shape=Shape(steering="system"),
            left_out={"in the benchmark's test": 4},
            decided={
                "judged": 16,
                "kept": 13,
                "dropped": {"even": 1, "balance": 2},
                "pairs": [
                    {"split": "train", "community": "tea", "judged": 9, "dropped": {"even": 1, "balance": 1}},
                    {"split": "train", "community": "chai", "judged": 7, "dropped": {}},
                ],
                "by_margin": [{"threshold": 0.1, "pairs": 4}],
                "ordered": 12,
                "notes": ["said elsewhere"],
                "another": {"figure": 3},
            },
            biases={
                "before": MEASURED,
                "before_by_community": {"tea": NONE},
                "after": NONE,
                "other": {"x": 1.5},
            },
            notes=("1. balance was not possible",),
        )
    )
    for told in (
        "| in the benchmark's test | 4 |",
        "| judged | 16 |\n| with an order, by however little | 12 |\n| dropped: neither of the two is ahead | 1 |",
        "| dropped: so that every community has as many | 2 |\n| kept | 13 |",
        "| split | community | judged | dropped |",
        "| train | tea | 9 | 2 |\n| train | chai | 7 | 0 |",
        "| least margin | pairs |\n| --- | --- |\n| 0.1 | 4 |",
        "| another | 3 |",
        "| all with an order | all of them | 1,200 | 61.2% (50.0% to 70.0%) | – | 61.2% (50.0% to 70.0%) | 4 | 0.25 |",
        "| all with an order | tea | 0 | – | – | – | – | – |",
        "| kept | all of them | 0 |",
        "| other | 1.5 |",
        "- 1\\. balance was not possible",
        "| min probability | – |",
        "a system message that carries the community's profile",
    ):
        assert told in card
    assert "said elsewhere" not in card
    assert "None was measured." in as_card(of())


@pytest.mark.parametrize(
    ("licence", "name"),
    [
        ("CC BY 4.0", "cc-by-4.0"),
        ("CC BY-SA 3.0", "cc-by-sa-3.0"),
        ("CC0 1.0", "cc0-1.0"),
        ("CC0", "cc0-1.0"),
        ("PDDL 1.0", "pddl"),
        ("Apache-2.0", "apache-2.0"),
        ("unknown", "unknown"),
        ("", "unknown"),
    ],
)
def test_licences_that_the_hub_knows_get_its_names(licence, name):
    assert hub_licence(licence) == {"license": name}


@given(st.text())
@example(" and".join(["x" * 28] * 9))
def test_any_other_licence_is_other_with_a_name_that_the_hub_takes(licence):
    told = hub_licence(f"mine {licence}")
    assert told["license"] == "other"
    assert set(told["license_name"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert 0 < len(told["license_name"]) <= 60


def test_a_long_table_says_how_much_it_leaves_out():
    lines = list(table(["a"], [[number] for number in range(MOST_ROWS + 1_500)]))
    assert lines[-1] == "And 1,500 more, in the manifest."
    assert len(lines) == 3 + MOST_ROWS + 2


def test_data_that_lies_deep_is_told_under_its_names():
    lines = list(section_of({"after": {"overall": {"rates": {"longer": {"share": 0.5}}}, "few": 3}}))
    assert "**after**" in lines
    assert "**after: overall: rates**" in lines or "**after: overall**" in lines
    assert any("0.5" in line for line in lines)
    assert "| few | 3 |" in lines


def test_a_list_of_words_is_a_table_of_them():
    assert list(section_of(["a", "b|c"]))[-2:] == ["| a |", "| b\\|c |"]


@given(st.text())
def test_plain_text_is_one_line_without_what_markdown_would_take_for_more(text):
    line = plain(text)
    assert len(line.splitlines()) <= 1
    for sign in "<>@":
        assert sign not in line
    assert len(one_line(text)) <= 300
