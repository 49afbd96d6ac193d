"""What is written trains, as it stands, in TRL's trainers of reward models, of DPO and of KTO."""

from __future__ import annotations

import importlib
import inspect
import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from made_preferences import TASTES, TRAITS, made_run
from small_models import small_model

from simulator.export.export import export_run
from simulator.export.selection import Selection, Shape
from simulator.export.writing.formats import COLUMNS
from simulator.run import Run

if TYPE_CHECKING:
    from pathlib import Path

READ_AS_MEANT = {"prompt", "chosen", "rejected", "completion", "label"}
READ_BY_TRANSFORMERS = {"labels", "label_ids", "length", "input_ids", "attention_mask"}
HELD = (
    r"\b(?:example|examples|first_example|dataset_sample|sample|inputs|batch|dataset|column_names)(?:\[0\])?"
)
READING = re.compile(rf'{HELD}(?:\[\s*|\.(?:get|pop)\(\s*)"(\w+)"|"(\w+)"\s+(?:not\s+)?in\s+{HELD}')
LISTED = re.compile(
    r"(?:_signature_columns|supported_keys|_non_model_keys)\s*=\s*[\[{(](.*?)[\])}]", re.DOTALL
)
"""How TRL's sources name the columns that they read."""
SETTINGS: dict[str, Any] = {
    "use_cpu": True,
    "bf16": False,
    "report_to": "none",
    "save_strategy": "no",
    "disable_tqdm": True,
    "per_device_train_batch_size": 16,
    "logging_steps": 1,
    "dataloader_pin_memory": False,
    "seed": 7,
}


@pytest.fixture(scope="module", autouse=True)
def _quiet(tmp_path_factory):
    """Keep caches out of the user's home, and what is trained out of the terminal."""
    import datasets
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a model is done before several threads have met
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("datasets"))
        datasets.disable_progress_bars()
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def one_taste(tmp_path_factory) -> Path:
    """Data of one community, whose taste stands in the first word of each candidate."""
    out = tmp_path_factory.mktemp("one") / "prefs"
    run = made_run(out / "run", prompts=100, communities=("tea",), panel=60)
    return export_run(Run.open(run), out, selection=Selection(test_share=0.2)).folder


@pytest.fixture(scope="module")
def steered(tmp_path_factory) -> Path:
    """Data of two communities in JSON Lines, each named by a system message that carries its profile."""
    out = tmp_path_factory.mktemp("steered") / "prefs"
    run = made_run(out / "run", prompts=40, panel=60)
    shape = Shape(steering="system", files="jsonl", shard_rows=50)
    return export_run(Run.open(run), out, shape=shape).folder


def loaded(folder: Path, name: str, split: str = "train", **choices: Any):
    from datasets import load_dataset

    return load_dataset(str(folder), name, split=split, **choices)


def words(rows) -> list[str]:
    columns = [name for name in ("prompt", "chosen", "rejected", "completion") if name in rows.column_names]
    return [message["content"] for row in rows for column in columns for message in row[column]]


@pytest.fixture(scope="module")
def model(one_taste, steered, tmp_path_factory) -> str:
    """An untrained model that knows the words of the planted data."""
    texts = [text for data in (one_taste, steered) for text in words(loaded(data, "preference"))]
    return str(small_model(tmp_path_factory.mktemp("model"), texts))


def settings_of(kind: str, out: Path, *, steps: int = 2) -> Any:
    import trl

    config = getattr(trl, f"{kind}Config")
    return config(output_dir=str(out), max_steps=steps, learning_rate=1e-2, **SETTINGS)


def trainer_of(kind: str, model: str, rows: Any, out: Path, *, steps: int = 2, **parts: Any) -> Any:
    """Return a trainer of a model by its name, and of the rows as they were loaded."""
    import trl

    trainer = getattr(trl, f"{kind}Trainer")
    return trainer(model=model, args=settings_of(kind, out, steps=steps), train_dataset=rows, **parts)


CONFIGURATIONS = {"Reward": "preference", "DPO": "preference", "KTO": "unpaired"}
MEASURED = {
    "Reward": (80, "eval_margin", "eval_accuracy"),
    "DPO": (70, "eval_rewards/margins", "eval_rewards/accuracies"),
    "KTO": (50, "eval_rewards/margins", None),
}
"""How many steps are enough, and by which names each says how far and how often the chosen is ahead of the rejected."""


def losses(trainer) -> list[float]:
    """Train, and return the loss at each step."""
    trainer.train()
    return [step["loss"] for step in trainer.state.log_history if "loss" in step]


def weights(trainer) -> list[Any]:
    return [weight.detach().clone() for weight in trainer.model.parameters()]


@pytest.mark.parametrize("kind", CONFIGURATIONS)
@pytest.mark.parametrize("data", ["one_taste", "steered"])
def test_rows_train_with_their_columns_unchanged(kind, data, model, request, tmp_path):
    name = CONFIGURATIONS[kind]
    rows = loaded(request.getfixturevalue(data), name)
    assert rows.column_names == list(COLUMNS[name])
    trainer = trainer_of(kind, model, rows, tmp_path)
    assert len(trainer.train_dataset) == len(rows), "a row was left out by the trainer"
    before = weights(trainer)
    found = losses(trainer)
    assert len(found) == 2 and all(math.isfinite(loss) and loss > 0 for loss in found)
    assert any((old != new).any() for old, new in zip(before, trainer.model.parameters(), strict=True))


@pytest.mark.parametrize("kind", CONFIGURATIONS)
def test_what_is_learnt_holds_on_the_prompts_held_out(kind, one_taste, model, tmp_path):
    train, test = (loaded(one_taste, CONFIGURATIONS[kind], split) for split in ("train", "test"))
    steps, ahead, right = MEASURED[kind]
    trainer = trainer_of(kind, model, train, tmp_path, steps=steps, eval_dataset=test)
    before, _, after = trainer.evaluate(), trainer.train(), trainer.evaluate()
    assert abs(before[ahead]) < 0.1 and after[ahead] > 1, (before, after)
    if right:
        assert before[right] < 0.75 and after[right] > 0.8, (before, after)


def test_the_chosen_are_those_that_the_community_was_made_to_like(one_taste):
    rows = loaded(one_taste, "preference")
    liked = [
        [TASTES[TRAITS.index(row[name][0]["content"].split()[0].lower())] for name in ("chosen", "rejected")]
        for row in rows
    ]
    right = sum(chosen > rejected for chosen, rejected in liked)
    assert len(rows) > 300 and right > 0.97 * len(rows), (
        "more than the ballots drawn by chance can turn round"
    )


@pytest.mark.parametrize("kind", CONFIGURATIONS)
def test_data_larger_than_the_disk_can_be_streamed(kind, one_taste, model, tmp_path):
    rows = loaded(one_taste, CONFIGURATIONS[kind], streaming=True)
    assert all(math.isfinite(loss) for loss in losses(trainer_of(kind, model, rows, tmp_path)))


@pytest.mark.parametrize("kind", CONFIGURATIONS)
def test_no_column_changes_what_is_trained(kind, steered, model, tmp_path):
    rows = loaded(steered, CONFIGURATIONS[kind])
    bare = rows.select_columns([name for name in rows.column_names if name in READ_AS_MEANT])
    assert bare.num_columns < rows.num_columns
    assert losses(trainer_of(kind, model, rows, tmp_path)) == losses(trainer_of(kind, model, bare, tmp_path))


def test_a_column_named_margin_would_have_changed_what_is_trained(one_taste, model, tmp_path):
    rows = loaded(one_taste, "preference")
    ahead = [row["share_chosen"] - row["share_rejected"] for row in rows]
    named = rows.add_column("margin", ahead)
    ours, theirs = (losses(trainer_of("Reward", model, data, tmp_path)) for data in (rows, named))
    assert theirs[0] > ours[0] + 0.05


@pytest.mark.parametrize("module", ["reward_trainer", "dpo_trainer", "kto_trainer"])
def test_the_trainers_read_no_column_of_ours_that_is_not_meant_for_them(module):
    source = inspect.getsource(importlib.import_module(f"trl.trainer.{module}"))
    source += inspect.getsource(importlib.import_module("trl.data_utils"))
    code = re.sub(r'""".*?"""', "", source, flags=re.DOTALL)
    read = {name for names in READING.findall(code) for name in names if name}
    read |= {name for names in LISTED.findall(code) for name in re.findall(r'"(\w+)"', names)}
    assert {"prompt", "tools", "messages", "chat_template_kwargs"} < read, (
        "the patterns find nothing any more"
    )
    assert ("margin" in read) == (module == "reward_trainer")
    for columns in COLUMNS.values():
        assert columns.keys() & (read | READ_BY_TRANSFORMERS) <= READ_AS_MEANT


def test_the_system_message_reaches_the_model_and_tells_the_communities_apart(steered, model, tmp_path):
    rows = loaded(steered, "preference")
    trainer = trainer_of("DPO", model, rows, tmp_path)
    begins = {
        (row["community"], trainer.processing_class.decode(row["prompt_ids"]).split("<|end|>")[0])
        for row in trainer.train_dataset
    }
    assert len(begins) == 2 and all(text.startswith("<|start|> system Answer as suits") for _, text in begins)
    assert all(f"{name} value what is whole." in text for name, text in begins)


def test_the_lines_on_the_card_make_trainers_that_train(one_taste, model, tmp_path, monkeypatch):
    import trl

    made: dict[str, Any] = {}
    for kind in CONFIGURATIONS:
        real = getattr(trl, f"{kind}Trainer")

        def make(model: str, train_dataset: Any, kind: str = kind, real: Any = real) -> None:
            args = settings_of(kind, tmp_path)  # else it looks for a graphics card
            made[kind] = real(model=model, args=args, train_dataset=train_dataset)

        monkeypatch.setattr(trl, f"{kind}Trainer", make)
    card = (one_taste / "README.md").read_text()
    for lines in re.findall(r"```python\n(.*?)```", card, flags=re.DOTALL):
        exec(lines.replace("THIS/REPOSITORY", str(one_taste)), {"model": model})
    assert made.keys() == CONFIGURATIONS.keys()
    assert all(math.isfinite(loss) for one in made.values() for loss in losses(one))
    # KTO reads the rows in their order and needs, beside each prompt, an answer to another one: that of the row
    # before. So the card has to mix them.
    prompts = made["KTO"].train_dataset["prompt_id"]
    assert sum(one == before for before, one in pairwise(prompts)) < 0.1 * len(prompts)
