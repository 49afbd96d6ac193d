"""The flow of one item in one community, as a LangGraph: retrieve, generate, judge, discuss, aggregate.

A step that fails returns an error record instead of raising; the item then ends with abstentions and the
record, and the others go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from simulator.aggregate import aggregate
from simulator.diversity import Diversity, diversity
from simulator.item import Ballot, Item, Preference, Query
from simulator.models.model import StoppedError
from simulator.retrieval import Retrieved, retrieve
from simulator.room import Room  # noqa: TC001  LangGraph reads the annotations of the state

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from personas.embedding import Embedder
    from simulator.discuss import Discussion
    from simulator.generate import Generator
    from simulator.judge import Judge

__all__ = ["ErrorRecord", "Flow", "Outcome"]


@dataclass(frozen=True, kw_only=True)
class ErrorRecord:
    """A step that failed: which, and why."""

    step: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one item in one community.

    Args:
        item: the item, with its generated options where it had none; None where none could be generated.
        ballots: of all rounds, the first round's first.
        preference: of the last round; None where there is no item.
        rounds: how many rounds of discussion there were.
        settled: whether opinions had stopped moving.
        diversity: of the options, where they were generated.
    """

    item: Item | None
    ballots: tuple[Ballot, ...] = ()
    preference: Preference | None = None
    rounds: int = 0
    settled: bool = True
    diversity: Diversity | None = None
    errors: tuple[ErrorRecord, ...] = ()


class _State(TypedDict, total=False):
    asked: Item | Query
    room: Room
    item: Item | None
    norms: Retrieved
    ballots: list[list[Ballot]]
    settled: bool
    diversity: Diversity
    preference: Preference
    errors: list[ErrorRecord]


class Flow:
    """The steps that an item goes through; build it once and run it for every item and community.

    Args:
        judge: what makes the ballots.
        generator: what writes options for a ``Query``.
        discussion: how a panel's ballots move.
        embedder: by what options and norms are compared.
        keep: how many norms a persona judges by, at the most.
        rounds: how many rounds of discussion there may be.
        prior: the Dirichlet prior of each option.
        tally: what makes a preference of ballots and a number of options; ``aggregate`` with the prior where None.
    """

    def __init__(
        self,
        *,
        judge: Judge,
        generator: Generator,
        discussion: Discussion,
        embedder: Embedder,
        keep: int,
        rounds: int,
        prior: float = 0.5,
        tally: Callable[[Sequence[Ballot], int], Preference] | None = None,
    ) -> None:
        self.judge = judge
        self.generator = generator
        self.discussion = discussion
        self.embedder = embedder
        self.keep = keep
        self.rounds = rounds
        self.tally = tally or partial(aggregate, prior=prior)
        self._graph: Any = None

    async def run(self, asked: Item | Query, room: Room) -> Outcome:
        """Take one item through all steps in one community.

        Raises:
            StoppedError: the run must not go on.
        """
        if self._graph is None:
            self._graph = self._compile()
        state: _State = await self._graph.ainvoke({"asked": asked, "room": room, "errors": []})
        ballots = state.get("ballots", [])
        return Outcome(
            item=state.get("item"),
            ballots=tuple(ballot for cast in ballots for ballot in cast),
            preference=state.get("preference"),
            rounds=max(0, len(ballots) - 1),
            settled=state.get("settled", True),
            diversity=state.get("diversity"),
            errors=tuple(state["errors"]),
        )

    def _compile(self) -> Any:
        from langgraph.graph import END, START, StateGraph

        graph = StateGraph(_State)
        steps = {
            "generate": self._generate,
            "retrieve": self._retrieve,
            "judge": self._judge,
            "discuss": self._discuss,
            "aggregate": self._aggregate,
        }
        for name, step in steps.items():
            graph.add_node(name, _recorded(name, step))
        graph.add_edge(START, "generate")
        graph.add_conditional_edges("generate", lambda state: "retrieve" if state.get("item") else END)
        graph.add_edge("retrieve", "judge")
        graph.add_edge("judge", "discuss")
        graph.add_edge("discuss", "aggregate")
        graph.add_edge("aggregate", END)
        return graph.compile()

    async def _generate(self, state: _State) -> _State:
        asked, room = state["asked"], state["room"]
        if isinstance(asked, Item):
            return {"item": asked}
        options = await self.generator.generate(asked, room)
        item = Item(
            item=asked.item,
            query=asked.query,
            options=tuple(options),
            community=room.community if asked.writer is None else asked.writer,
            turns=asked.turns,
        )
        return {"item": item, "diversity": diversity(self.embedder.embed([o.text for o in options]))}

    async def _retrieve(self, state: _State) -> _State:
        return {"norms": retrieve(_item(state), state["room"].store, self.embedder, keep=self.keep)}

    async def _judge(self, state: _State) -> _State:
        if "norms" not in state:
            return {}
        return {"ballots": [await self.judge.judge(_item(state), state["room"], state["norms"])]}

    async def _discuss(self, state: _State) -> _State:
        cast, rounds = state.get("ballots", []), self.rounds
        if not rounds or not cast or all(ballot.choice is None for ballot in cast[0]):
            return {}
        held = await self.discussion.discuss(
            _item(state), state["room"], state["norms"], cast[0], rounds=rounds
        )
        return {
            "ballots": [*cast, *map(list, held.rounds)],
            "settled": held.settled,
            "errors": [
                *state["errors"],
                *(ErrorRecord(step="discuss", problem=each) for each in held.problems),
            ],
        }

    async def _aggregate(self, state: _State) -> _State:
        cast = state.get("ballots") or [_abstentions(state)]
        return {"preference": self.tally(cast[-1], _item(state).size), "ballots": cast}


def _recorded(
    name: str, step: Callable[[_State], Awaitable[_State]]
) -> Callable[[_State], Awaitable[dict[str, Any]]]:
    """Return the step with its failures turned into error records."""

    async def run(state: _State) -> dict[str, Any]:
        try:
            return dict(await step(state))
        except StoppedError:
            raise
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            return {"errors": [*state["errors"], ErrorRecord(step=name, problem=problem)]}

    return run


def _item(state: _State) -> Item:
    item = state.get("item")
    if item is None:
        raise ValueError("the flow went on without an item")
    return item


def _abstentions(state: _State) -> list[Ballot]:
    why = "; ".join(f"{error.step} failed: {error.problem}" for error in state["errors"])
    return [
        Ballot(persona=persona.persona, choice=None, reason=why, failure=state["errors"][0].step)
        for persona in state["room"].panel.personas
    ]
