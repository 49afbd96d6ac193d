"""Every choice of the experiment in words, beside its figures."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from reward_model.conversation import ALIKE, LEARNED, NEAR
from reward_model.measuring import CREDIBLE, REPLICATES
from reward_model.preferences import CANDIDATES, POOL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reward_model.experiment import Outcome, Size
    from reward_model.learner import Recipe

__all__ = ["choices"]

LAYERS = 6
PACKAGES = ("commonbond", "trl", "transformers", "torch", "datasets")


def choices(example: Outcome, left_out: Mapping[str, str], size: Size, recipe: Recipe) -> Iterator[str]:
    """Yield one choice after the other."""
    yield from _simulated(example, size)
    yield from _trained(recipe, size)
    yield (
        f"A real order is credible where its probability is {CREDIBLE:g} or more, by the Beta posteriors (prior 1/2, "
        "1/2) of the two shares of agreement among the community's real members who agreed or disagreed; passes do "
        "not count. Votes are as pol.is published them: who saw which statement was not drawn at random."
    )
    yield (
        f"Intervals: the central 95 % of {REPLICATES:,} bootstrap replicates that draw the rounds of a conversation "
        "and, within each, its test statements (a pair counts as often as both of its statements were drawn, "
        "multiplied). A round has its own hidden half, communities, panels, candidates and training seed, so all "
        f"these are in the interval as far as {size.rounds} rounds show them. Not in it: other conversations."
    )
    yield from (f"Left out: {name}, {why}." for name, why in left_out.items())


def _simulated(example: Outcome, size: Size) -> Iterator[str]:
    talk = example.talk
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    yield (
        f"Simulated by: {talk.simulation.predictor}. No language model wrote or judged anything. "
        f"Seeds from {example.talk.split.seed} on, one a round. "
        f"Versions: {versions}."
    )
    yield (
        "Half of a conversation's statements are hidden from the simulation with all votes on them. The communities "
        f"(found in the graph, as many as it shows, of {size.smallest} members or more), their norms and their "
        f"panels ({size.panel} personas, no discussion) come from the other half, so the judge knows no vote on a "
        "candidate."
    )
    yield (
        f"Candidates are hidden statements: {LEARNED:.0%} of them may be learned from, the others are tested on. One "
        f"that repeats a known or an earlier one is in neither (by its letters, Jaccard {ALIKE:g} and more; by its "
        f"meaning, cosine {NEAR:g} and more)."
    )
    yield (
        "A prompt names the topic and quotes a statement that the judge knows, others in training than in the test. "
        f"For training, {CANDIDATES} candidates are drawn from the {POOL} statements nearest to the prompt; for the "
        "test from all test statements, each alike probable. No vote has a say in what is drawn."
    )


def _trained(recipe: Recipe, size: Size) -> Iterator[str]:
    frozen = "all" if recipe.frozen == LAYERS else f"{recipe.frozen} of its {LAYERS}"
    yield (
        f"All communities judge the same sets, {size.learned} where there are prompts enough. A model is trained by "
        "TRL's RewardTrainer on rows of the exported `preference` data as they are, with all six pairs of a set "
        "however small their margin (`min_margin=0`, `min_probability=None`): the offline engine's ballots are "
        "graded and nearly even, so that a panel's posterior calls hardly any order probable, and a threshold of "
        "probability would leave nothing."
    )
    yield (
        "*As many pairs*: as many rows as one community has, drawn from all communities of the conversation, or, "
        "*shuffled*, for each pair of candidates the row of one community drawn at random. *All their pairs*: the "
        "rows of all communities at once."
    )
    yield (
        f"Recipe, chosen on the conversation set aside and used everywhere: all-MiniLM-L6-v2 with {frozen} layers "
        "and its embeddings frozen; a linear head that begins at zero, on the embedding of the answer and its "
        f"product with that of the prompt; {recipe.epochs} epochs in batches of {recipe.batch} pairs, a learning "
        f"rate of {recipe.rate:g} falling to 0, no dropout. Tried there: 4, 5 and 6 frozen layers; rates of 5e-5 "
        "to 5e-4 for layers and of 1e-3 to 2e-2 for the head alone; 2 and 4 epochs; 60 and 120 sets; and prompt "
        "and answer embedded as one text (.68 to .71 of the simulated orders in its first round, against .70 to "
        ".74)."
    )
    yield (
        "How it came to this: a first learner, which embedded prompt and answer as one text and trained MiniLM's "
        "last layer, was tried on the first round of american-assembly.bowling-green and "
        "scoop-hivemind.biodiversity. There its own pairs were ahead of pooled ones by +0.005 [-0.045, +0.057] "
        "(disputed pairs: +0.083 [+0.034, +0.127]), and it did worse than a logistic regression on the answers' "
        "embeddings. So the learner was changed, by the figures of the conversation set aside alone, and four more "
        "rounds were added; on scoop-hivemind.taxes nothing had been trained before."
    )
