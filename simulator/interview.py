"""Asking a language-model persona of a run why it chose as it did, in the conversation in which it chose.

The answer is one call more in the run's own journal: it counts against the run's limits, and asked again it
costs nothing. It is what the model says of itself afterwards, which need not be what moved it (Turpin et al. 2023).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from personas.seeds import derived_seed
from simulator.engine import complete
from simulator.journal import Journal
from simulator.models.model import Call, Message, ModelError
from simulator.prompts.fencing import Fence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from simulator.journal.calls import CallRecord
    from simulator.models.choices import ModelChoices
    from simulator.models.model import Model, Reply, Usage

__all__ = ["USUAL", "Answered", "answers_before", "interview", "reach_of"]

USUAL = "Why did you choose as you did?"
"""What is asked where nothing else is."""
LONGEST = 2_000
"""Characters of a question."""
BALLOTS = ("judge", "discuss")
"""Phases of which a persona's ballots come."""
SEED_BITS = 0x7FFFFFFF
ASKED = """One of those who asked you wants to know more, after you have answered:

{question}

Answer as the same member, in two to five plain sentences and without JSON. Name what you remember or were shown \
that weighed most, and do not invent anything that is not above. Your answer above stays as it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A question to a persona, and what it said.

    Args:
        question: what was asked. ``text``: the answer, as it came.
        model: who answered. ``usage``: what the call took. ``finish``: whether it ended by itself.
        kept: whether it was in the journal already, so that nothing was asked anew.
        messages: the conversation that it continues, the question last.
    """

    question: str
    text: str
    model: str
    usage: Usage
    finish: str
    kept: bool
    messages: tuple[Message, ...]


def interview(
    folder: Path,
    item: str,
    community: str,
    persona: str,
    *,
    question: str = USUAL,
    reach: ModelChoices | None = None,
    own: Model | None = None,
) -> Answered:
    """Ask a persona of the run in ``folder`` about its ballot, or find its answer in the journal.

    Args:
        item: what it judged. ``community``: whose panel it is of.
        question: what it is asked.
        reach: how the model is reached, and what the run may use up in all; as in the run where None.
        own: a model made by the caller, used in place of the one that ``reach`` names.

    Raises:
        InputError: no model judged here, the persona was never answered for, the question is empty, or another
            engine is at work on the run.
        StoppedError: the run's limits are used up, or the model cannot be reached.
    """
    asked = _checked(question)
    with Journal.read(folder) as journal:
        call, model = _call(journal, item, community, persona, asked)
        known = journal.ledger.found(call.key(model))
        reach = reach or reach_of(journal)
    if known is not None:
        assert not isinstance(known, ModelError)
        return _answered(asked, known, call, model, kept=True)
    with Journal.create(folder) as journal:
        reply = complete(_ask(journal, call, reach, own))
    return _answered(asked, reply, call, model, kept=False)


def answers_before(
    journal: Journal, item: str, community: str, persona: str
) -> tuple[tuple[str, CallRecord], ...]:
    """Return what a persona was asked about its ballot before, with the calls that answered, the earliest first."""
    return tuple(
        (question, call)
        for call in journal.ledger.calls_of(item, community, persona)
        if call.phase == "why" and (question := _question_in(call.messages)) is not None
    )


def reach_of(journal: Journal) -> ModelChoices:
    """Return how the run's model is reached, as the journal has it.

    Raises:
        InputError: the run has none.
    """
    from simulator.models.choices import Limits, ModelChoices, Price

    known: dict[str, Any] | None = journal.fact("reach")
    if known is None:
        raise InputError(
            "no language model judged in this run",
            where=str(journal.folder),
            remedy="the offline engine's account needs none",
        )
    price, limits = known["price"], known["limits"]
    return ModelChoices(
        **{**known, "price": Price(**price) if price else None, "limits": Limits(**(limits or {}))}
    )


def _checked(question: str) -> str:
    # No token is to be taken out, only what nobody sees.
    asked = Fence("\0").clean(question, LONGEST)
    if not asked:
        raise InputError("the question is empty", where="--question", remedy="ask something")
    return asked


def _call(journal: Journal, item: str, community: str, persona: str, question: str) -> tuple[Call, str]:
    """Return the call that goes on with a persona's conversation, and the model that it was held with."""
    last, settings = _last(journal, item, community, persona), journal.fact("settings") or {}
    assert last.reply is not None
    said = Message(role="assistant", blocks=(last.reply.text or "(nothing)",))
    told = Message(role="user", blocks=(ASKED.format(question=question),))
    call = Call(
        messages=(*last.messages, said, told),
        temperature=float(settings.get("temperature", 1.0)),
        max_tokens=int(settings.get("reply_tokens", 400)),
        seed=derived_seed(int(settings.get("seed", 0)), "why", persona, item) & SEED_BITS,
        phase="why",
        item=item,
        community=community,
        persona=persona,
    )
    while isinstance(journal.ledger.found(call.key(last.model)), ModelError):
        call = replace(call, draw=call.draw + 1)  # it failed then, which need not be so now
    return call, last.model


def _last(journal: Journal, item: str, community: str, persona: str) -> CallRecord:
    """Return the call that brought a persona's last ballot: the last judgement, or the repair of its reply.

    Raises:
        InputError: none was answered.
    """
    calls = [call for call in journal.ledger.calls_of(item, community, persona) if call.reply is not None]
    judged = [call for call in calls if call.phase in BALLOTS]
    if not judged:
        raise InputError(
            f"no answered call of {persona!r} on {item!r} in {community!r} is in the journal",
            where=str(journal.folder),
            remedy="ask one that cast a ballot through a language model",
        )
    sent = judged[-1].messages
    mended = [call for call in calls if call.phase == "repair" and call.messages[: len(sent)] == sent]
    return (mended or judged)[-1]


async def _ask(journal: Journal, call: Call, reach: ModelChoices, own: Model | None) -> Reply:
    from simulator.models.ladder import Capabilities
    from simulator.models.named import model_named
    from simulator.models.prices import price_of
    from simulator.models.stack import assemble

    priced = replace(reach, price=reach.price or price_of(reach.model))
    known = journal.fact("capabilities")
    stack = assemble(
        own or model_named(priced),
        priced,
        journal.ledger,
        seed=int((journal.fact("settings") or {}).get("seed", 0)),
        capabilities=None if known is None else Capabilities(**known),
        remember=lambda found: journal.set_facts({"capabilities": found.as_data()}),
        price=priced.price,
    )
    try:
        return await stack.model.complete(call)
    except ModelError as error:
        raise InputError(
            f"the model did not answer: {error}", where=reach.model, remedy="ask again in a while"
        ) from error
    finally:
        await stack.model.close()


def _answered(question: str, reply: Reply, call: Call, model: str, *, kept: bool) -> Answered:
    return Answered(
        question=question,
        text=reply.text,
        model=model,
        usage=reply.usage,
        finish=reply.finish,
        kept=kept,
        messages=call.messages,
    )


def _question_in(messages: Sequence[Message]) -> str | None:
    """Return the question that a conversation ends with; None where it does not end with one of ours."""
    head, _, tail = ASKED.partition("{question}")
    text = messages[-1].text if messages else ""
    if not (text.startswith(head) and text.endswith(tail)):
        return None
    return text[len(head) : len(text) - len(tail)]
