"""The experiment with reward models runs as it stands on a conversation made here, and counts what it should."""

from __future__ import annotations

import csv
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from word_embedder import WordEmbedder

pytest.importorskip("trl", reason="the extra `train` is not installed")
EXAMPLES = Path(__file__).parents[2] / "examples"
TOPICS = ("bridges", "buses", "trees", "markets", "lamps", "benches")
PLACES = ("harbour", "station", "school", "square", "river", "hill", "library", "mill", "gate", "park")
WANTED = ("want", "need", "could use")


@pytest.fixture(scope="module")
def parts():
    """Import the helpers beside the example, as the example itself does, and the example."""
    import torch

    sys.path.insert(0, str(EXAMPLES))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # models as small as these are slower on several
    try:
        spec = importlib.util.spec_from_file_location("reward_example", EXAMPLES / "05_reward_model.py")
        example = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(example)
        from reward_model import experiment, learner, measuring, preferences

        yield {
            each.__name__.rpartition(".")[2]: each
            for each in (example, experiment, learner, measuring, preferences)
        }
    finally:
        torch.set_num_threads(threads)
        sys.path.remove(str(EXAMPLES))


def made_conversation(folder: Path, *, statements: int = 150, people: int = 40) -> None:
    """Write a conversation of two camps: one agrees with what is said of the first three topics, one with the rest."""
    folder.mkdir(parents=True)
    texts = [
        f"{place} {wanted} {topic} number{number}"
        for number, (topic, place, wanted) in enumerate(
            (topic, place, wanted) for topic in TOPICS for place in PLACES for wanted in WANTED
        )
    ][:statements]
    (folder / "summary.csv").write_text("topic,The town\n", encoding="utf-8")
    with (folder / "comments.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(
            ["timestamp", "comment-id", "author-id", "agrees", "disagrees", "moderated", "comment-body"]
        )
        out.writerows([0, number, 0, 0, 0, 1, text] for number, text in enumerate(texts))
    rng = np.random.default_rng(7)
    with (folder / "participants-votes.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        head = ["participant", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree"]
        out.writerow([*head, *range(len(texts))])
        for person in range(people):
            camp = person * 3 >= people * 2
            votes = [
                (1 if (any(topic in text for topic in TOPICS[3:]) == camp) ^ (rng.random() < 0.1) else -1)
                for text in texts
            ]
            out.writerow([person, 0, 0, len(texts), 0, 0, *votes])


def small_weights(folder: Path) -> Path:
    """Write an untrained BERT of two layers with the words of the made conversation."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = {word for text in (*TOPICS, *PLACES, *WANTED) for word in text.split()}
    folder.mkdir()
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(words)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=256,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def learner(parts, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("learner")
    recipe = parts["learner"].Recipe(frozen=1, rate=1e-2, epochs=4)
    return parts["learner"].Learner(small_weights(scratch / "weights"), recipe, scratch / "trainer")


@pytest.fixture(scope="module")
def page(parts, learner, tmp_path_factory):
    folder = tmp_path_factory.mktemp("experiment")
    made_conversation(folder / "data" / "town")
    made_conversation(folder / "data" / "village", statements=20)
    size = parts["experiment"].Size(rounds=2, learned=6, tested=6, panel=8, smallest=5)
    return parts["reward_example"].made(folder / "data", folder, learner, WordEmbedder(), size=size)


def test_it_writes_a_table_for_each_claim_with_every_arm_and_interval(page):
    for told in (
        "## Does a community's data teach what that community prefers?",
        "## Which candidate sets teach a minority's preferences?",
        "| its own pairs |", "| another community's pairs |", "| all communities pooled, as many pairs |",
        "| shuffled communities, as many pairs |", "| *nothing: the simulation itself* |", "| *chance* |",
        "| independent |", "| negatively-correlated |", "| farthest |", "## town",
    ):  # fmt: skip
        assert told in page
    assert "nan" not in page
    assert "36 pairs a model; 36 test pairs a community" in page


def test_it_says_what_it_left_out_and_that_no_language_model_judged(page):
    assert "Left out: village, 10 statements to learn from and to test on, fewer than 40." in page
    assert "norm judge (offline, no language model)" in page


def test_a_reward_model_learns_an_order_that_is_in_its_rows(learner):
    import datasets

    def said(role, content):
        return [{"role": role, "content": content}]

    better, worse = "harbour want bridges", "harbour want trees"
    row = {
        "prompt": said("user", "station need lamps"), "chosen": said("assistant", better),
        "rejected": said("assistant", worse), "community": "town/1", "soft_label": 0.6,
    }  # fmt: skip
    chats = [[*row["prompt"], *said("assistant", text)] for text in (better, worse)]
    model = learner.trained(datasets.Dataset.from_list([row] * 32), seed=1)
    first, second = learner.rewards(model, chats)
    assert first > second
    turned = {**row, "chosen": row["rejected"], "rejected": row["chosen"]}
    first, second = learner.rewards(learner.trained(datasets.Dataset.from_list([turned] * 32), seed=1), chats)
    assert first < second


def test_a_chat_is_parted_before_its_last_text_whatever_came_before(parts):
    parted = parts["learner"]._parted
    assert parted([1, 5, 6, 3, 7, 8, 3], 3) == ((1, 5, 6, 3), (1, 7, 8, 3))
    assert parted([1, 5, 3, 6, 3, 7, 3], 3) == ((1, 5, 3, 6, 3), (1, 7, 3))


def test_a_reward_does_not_depend_on_what_else_is_in_the_batch_and_does_on_prompt_and_answer(learner):
    import torch

    model = learner._new(1)
    torch.manual_seed(7)
    torch.nn.init.normal_(model.score.weight)
    chats = [
        [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
        for prompt, answer in (
            ("station need lamps", "harbour want trees"),
            ("station need lamps", "gate"),
            ("mill", "harbour want trees"),
        )
    ]
    together = learner.rewards(model.eval(), chats)
    assert together == pytest.approx([learner.rewards(model, [chat])[0] for chat in chats], abs=1e-4)
    assert len({round(reward, 3) for reward in together}) == 3


def test_shuffled_rows_hold_every_pair_of_candidates_once_and_come_from_several_communities(parts):
    pairs = {
        "item": [f"q{number}" for number in range(40) for _ in range(2)],
        "chosen_index": [0, 1] * 40,
        "rejected_index": [1, 0] * 40,
    }
    rows = parts["preferences"].shuffled_rows(pairs, 7)
    assert [pairs["item"][row] for row in rows] == [f"q{number}" for number in range(40)]
    assert 5 < sum(row % 2 for row in rows) < 35
    assert rows != parts["preferences"].shuffled_rows(pairs, 8)


def record(item, community, shares, texts=("a", "b"), ballots=None):
    return {
        "item": item, "community": community, "prompt": [{"role": "user", "content": "?"}],
        "candidates": [{"text": text, "share": share} for text, share in zip(texts, shares, strict=True)],
        "ballots": [{"shares": each} for each in (ballots or [shares, shares])],
    }  # fmt: skip


def test_orders_disputes_real_orders_and_halves_of_a_panel_are_told_from_the_records(parts):
    full = [
        record("1", "tea", (0.6, 0.4)), record("1", "milk", (0.3, 0.7)),
        record("2", "tea", (0.2, 0.8), ("a", "c"), [(0.9, 0.1), (0.1, 0.9)]),
        record("2", "milk", (0.4, 0.6), ("a", "c")),
    ]  # fmt: skip
    votes = {"tea": {"a": (50, 2), "b": (2, 50), "c": (49, 2)}}
    found = parts["measuring"].trial(full, votes, seed=7)
    assert found.simulated["tea"].tolist() == [1, -1]
    assert found.wanted("tea", "disputed").tolist() == [1, 0]
    assert found.real["tea"].tolist() == [1, 0]  # "a" and "c" are too close to call
    assert found.real["milk"].tolist() == [0, 0]  # nobody voted
    assert found.steady["tea"].tolist() == [1, 0]
    right = found.right([2.0, 1.0, 2.0, 2.0], "tea", "simulated")
    assert right.tolist() == [1.0, 0.5]


def test_an_interval_holds_its_figure_and_pairs_with_one_statement_in_common_make_it_wider(parts):
    rng = np.random.default_rng(7)
    right = (rng.random(300) < 0.7).astype(float)
    apart = np.arange(600).reshape(300, 2)
    shared = np.stack([np.repeat(np.arange(6), 50), 6 + np.arange(300)], axis=1)
    right[:100] = 1.0  # two of the six shared statements are easy, the rest are not
    measuring = parts["measuring"]
    weights = [measuring.pair_weights(each, seed=7, name="x") for each in (apart, shared)]
    figures = [measuring.figure(right, each).figure for each in weights]
    assert all(each.low < each.mean < each.high for each in figures)
    assert figures[1].high - figures[1].low > 1.5 * (figures[0].high - figures[0].low)


def test_a_pair_that_does_not_count_changes_no_figure(parts):
    statements = np.array([[0, 1], [2, 3], [4, 5]])
    right = np.array([1.0, 0.0, np.nan])
    weights = parts["measuring"].pair_weights(statements, seed=7, name="x")
    found = parts["measuring"].figure(right, weights)
    without = parts["measuring"].figure(right[:2], weights[:, :2])
    assert found.mean == 0.5
    assert np.array_equal(found.drawn, without.drawn, equal_nan=True)
