"""``commonbond prompt``: exactly what a language-model persona would be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from simulator.asking import question
from tui.cli.output import print_json, progress
from tui.cli.parts import held_out, open_corpus, provenance, simulation_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from personas.corpus import Corpus
    from simulator.item import Item
    from simulator.models.model import Message
    from simulator.simulation import Simulation

__all__ = ["run", "shared_prefix"]


def run(options: argparse.Namespace) -> int:
    """Print what one persona of a panel would be sent to judge an item."""
    own = question(options.question, options.option) if options.question else None
    if own is None and options.option:
        raise InputError("options of no question", where="--option", remedy="ask one with --question")
    if own is not None and options.item:
        raise InputError("two items to judge", where="--item", remedy="give it or --question, not both")
    with open_corpus(options) as corpus, progress() as bars:
        simulation, item = _asked(corpus, options, own, bars.advance("embedding"))
        panel = simulation.settings.panel
        if options.persona >= panel:
            raise InputError(
                f"there is no persona {options.persona}",
                where="--persona",
                remedy=f"the panel's are 0 to {panel - 1}; --panel makes it larger",
            )
        sent = simulation.prompts_for(item, options.community)
        messages = sent[options.persona]
        others = [other for number, other in enumerate(sent) if number != options.persona]
        found = {
            **provenance(corpus, simulation),
            "community": options.community,
            "persona": options.persona,
            "item": item.item,
            "messages": [{"role": message.role, "content": message.text} for message in messages],
            "shared": max((shared_prefix(messages, other) for other in others), default=0),
        }
    if options.json:
        print_json({"command": "prompt", **found})
    else:
        _print(found)
    return 0


def shared_prefix(one: Sequence[Message], other: Sequence[Message]) -> int:
    """Return how many characters two prompts share from their beginning.

    >>> from simulator.models.model import Message
    >>> one, other = (Message(role="user", blocks=("What then?", text)) for text in ("A. now", "A. never"))
    >>> shared_prefix([one], [other])
    14
    """
    count = 0
    for first, second in zip(one, other, strict=False):
        if (first.role, first.text) != (second.role, second.text):
            same = first.role == second.role
            return count + (len(_common((first.text, second.text))) if same else 0)
        count += len(first.text)
    return count


def _common(texts: tuple[str, str]) -> str:
    """Return what two texts begin with."""
    low, high = 0, min(map(len, texts))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if texts[0][:middle] == texts[1][:middle] else (low, middle - 1)
    return texts[0][:low]


def _asked(
    corpus: Corpus, options: argparse.Namespace, own: Item | None, embedding: Any
) -> tuple[Simulation, Item]:
    """Return the simulation and the item; a held-out item is judged by what was not held out, as in a run."""
    if own is not None:
        return simulation_of(corpus, options, embedding), own
    split = held_out(corpus, options)
    simulation = simulation_of(split.train, options, embedding)
    simulation.setting.membership[options.community]
    concerned = [
        item
        for item in split.items(simulation.setting.membership).items
        if options.community in item.votes or item.community == options.community
    ]
    item = next((item for item in concerned if options.item in (None, item.item)), None)
    if item is None:
        named = f"{options.item!r} is no held-out item" if options.item else "there is no held-out item"
        raise InputError(
            f"{named} of {options.community}", where="--item", remedy="ask one of your own with --question"
        )
    return simulation, item


def _print(found: dict[str, Any]) -> None:
    """Print the prompt to the letter; what could steer a terminal was taken out of it when it was made."""
    total = sum(len(message["content"]) for message in found["messages"])
    for message in found["messages"]:
        print(f"===== {message['role']} =====")
        print(message["content"])
    print(
        f"===== {total:,} characters, {found['shared']:,} of them shared with another persona of the panel ====="
    )
