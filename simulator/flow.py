"""The flow of one item in one community, as a LangGraph: retrieve, generate, judge, discuss, aggregate.

A step that fails returns an error record instead of raising; the item then ends with abstentions and the
record, and the others go on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from simulator.aggregate import aggregate
from simulator.deliberate import deliberate
from simulator.item import Ballot, Item, Preference
from simulator.retrieval import Retrieved, retrieve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from numpy.typing import NDArray

    from personas.embedding import Embedder
    from personas.norms import NormStore
    from personas.persona import Panel
    from simulator.generate import Generator
    from simulator.judge import Judge

__all__ = ["ErrorRecord", "Flow", "Outcome", "Query", "Room"]


@dataclass(frozen=True, kw_only=True)
class Query:
    """An item that has no options yet: the flow lets its community write ``count`` of them."""

    item: str
    query: str
    count: int = 4


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a community brings to a judgement.

    Args:
        panel: its p personas.
        store: its norms.
        ties: (p, p) bond weights among the personas' members, zero where there are none.
        susceptibility: how far a persona follows its neighbours instead of the norms, in [0, 1].
    """

    panel: Panel
    store: NormStore
    ties: NDArray[np.float64]
    susceptibility: float


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
    """

    item: Item | None
    ballots: tuple[Ballot, ...] = ()
    preference: Preference | None = None
    rounds: int = 0
    settled: bool = True
    errors: tuple[ErrorRecord, ...] = ()


class _State(TypedDict, total=False):
    asked: Item | Query
    room: Room
    item: Item | None
    norms: Retrieved
    ballots: list[list[Ballot]]
    settled: bool
    preference: Preference
    errors: list[ErrorRecord]


class Flow:
    """The steps that an item goes through; build it once and run it for every item and community.

    Args:
        judge: what makes the ballots.
        generator: what writes options for a ``Query``.
        embedder: by what options and norms are compared.
        keep: how many norms a persona judges by, at the most.
        rounds: how many rounds of discussion there may be.
        prior: the Dirichlet prior of each option.
    """

    def __init__(
        self,
        *,
        judge: Judge,
        generator: Generator,
        embedder: Embedder,
        keep: int,
        rounds: int,
        prior: float = 0.5,
    ) -> None:
        self.judge = judge
        self.generator = generator
        self.embedder = embedder
        self.keep = keep
        self.rounds = rounds
        self.prior = prior
        self._graph: Any = None

    async def run(self, asked: Item | Query, room: Room) -> Outcome:
        """Take one item through all steps in one community."""
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
        options = await self.generator.generate(asked.query, room.store, count=asked.count)
        community = room.panel.community
        return {"item": Item(item=asked.item, query=asked.query, options=tuple(options), community=community)}

    async def _retrieve(self, state: _State) -> _State:
        return {"norms": retrieve(_item(state), state["room"].store, self.embedder, keep=self.keep)}

    async def _judge(self, state: _State) -> _State:
        if "norms" not in state:
            return {}
        return {"ballots": [await self.judge.judge(_item(state), state["room"].panel, state["norms"])]}

    async def _discuss(self, state: _State) -> _State:
        room, cast = state["room"], state.get("ballots", [])
        if not self.rounds or not cast or not room.susceptibility or not room.ties.any():
            return {}
        voting = [number for number, ballot in enumerate(cast[0]) if ballot.choice is not None]
        ties = room.ties[np.ix_(voting, voting)]
        if not ties.any():
            return {}
        opinions = np.array([cast[0][number].shares for number in voting])
        moved = deliberate(opinions, ties, np.full(len(voting), room.susceptibility), rounds=self.rounds)
        later = [
            _revised(cast[0], voting, moved.opinions[number], number)
            for number in range(1, moved.rounds_used + 1)
        ]
        return {"ballots": [*cast, *later], "settled": moved.settled}

    async def _aggregate(self, state: _State) -> _State:
        cast = state.get("ballots") or [_abstentions(state)]
        return {"preference": aggregate(cast[-1], _item(state).size, prior=self.prior), "ballots": cast}


def _recorded(
    name: str, step: Callable[[_State], Awaitable[_State]]
) -> Callable[[_State], Awaitable[dict[str, Any]]]:
    """Return the step with its failures turned into error records."""

    async def run(state: _State) -> dict[str, Any]:
        try:
            return dict(await step(state))
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
        Ballot(persona=persona.persona, choice=None, reason=why) for persona in state["room"].panel.personas
    ]


def _revised(
    first: list[Ballot], voting: list[int], opinions: NDArray[np.float64], number: int
) -> list[Ballot]:
    """Return the ballots after a round: those who voted hold their new shares, the others still abstain."""
    after = dict(zip(voting, opinions, strict=True))
    return [
        _with_shares(ballot, after[place], number) if place in after else replace(ballot, round=number)
        for place, ballot in enumerate(first)
    ]


def _with_shares(ballot: Ballot, shares: NDArray[np.float64], number: int) -> Ballot:
    choice = max(ballot.order, key=lambda option: shares[option])
    moved = choice != ballot.choice
    reason = "moved by its neighbours in discussion" if moved else ballot.reason
    return replace(
        ballot,
        choice=int(choice),
        shares=tuple(float(share) for share in shares),
        reason=reason,
        round=number,
    )
