"""Make the fictional forum of Fern Hollow from its hand-written texts: who said what, when, and who voted how.

The texts in ``data/forum/source`` are written by hand, each with the value stance that it takes. This script
adds what no hand could write evenly: authors, dates and some four thousand votes. The same seed gives the
same files, byte for byte. Run ``python examples/build_forum.py`` to write them anew.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.random import Generator

FOLDER = Path(__file__).parent / "data" / "forum"
SEED = 1994
FIRST = datetime(2024, 1, 8, tzinfo=UTC)
DAYS = 530
"""Threads begin within this many days of ``FIRST``; their votes end three weeks and some days later."""

VIEWS = ("keep", "build")
TITLES = {
    "seed-swap": "Fern Hollow seed swap (fictional)",
    "night-walkers": "Fern Hollow night walkers (fictional)",
    "repair-cafe": "Fern Hollow repair café (fictional)",
    "commons-meeting": "Fern Hollow commons meeting (fictional)",
}


@dataclass(frozen=True, kw_only=True)
class Character:
    """How a community behaves.

    Args:
        letter: the first letter of its posts' identities.
        norm: how strongly members vote by the community's norm.
        friends: how much more members like a text whose author they talk with.
        returning: how much likelier members answer those who answered them; negative where they spread out.
        guests: the share of replies that come from villagers who are no members.
        turnout: the share of members who vote on a reply.
    """

    letter: str
    norm: float
    friends: float
    returning: float
    guests: float
    turnout: float


CHARACTERS = {
    "seed-swap": Character(letter="s", norm=1.1, friends=0.0, returning=-0.8, guests=0.15, turnout=0.5),
    "night-walkers": Character(letter="n", norm=0.5, friends=1.2, returning=3.0, guests=0.0, turnout=0.6),
    "repair-cafe": Character(letter="r", norm=1.0, friends=0.5, returning=2.0, guests=0.05, turnout=0.5),
    "commons-meeting": Character(letter="c", norm=0.9, friends=0.0, returning=-0.5, guests=0.3, turnout=0.5),
}


@dataclass(frozen=True)
class Member:
    """A villager: memberships, published attributes and a view that is not published."""

    name: str
    communities: tuple[str, ...]
    attributes: dict[str, str]
    view: str


@dataclass(kw_only=True)
class Text:
    """A post or a reply: what was written by hand, then what the generator adds."""

    words: str
    stance: tuple[float, float]
    depth: int = 0
    by_asker: bool = False
    parent: Text | None = None
    author: str = ""
    created: datetime = FIRST
    identity: str = ""


@dataclass(kw_only=True)
class Thread:
    """A post with its replies, in the order of the source."""

    title: str
    tags: list[str] = field(default_factory=list)
    month: int = 0
    post: Text
    replies: list[Text] = field(default_factory=list)


REPLY = re.compile(r"(?P<depth>>*)(?P<asker>\*?) ?(?P<stance>[+-]?\d(?:/[+-]?\d)?) (?P<words>.+)")


def stance_of(mark: str) -> tuple[float, float]:
    """Return how far a text follows the norm for either view; one number stands for both.

    >>> stance_of("+2"), stance_of("+1/-2")
    ((2.0, 2.0), (1.0, -2.0))
    """
    first, _, second = mark.partition("/")
    return float(first), float(second or first)


def read_threads(path: Path) -> list[Thread]:
    """Read one community's texts.

    Raises:
        InputError: a line is neither a title, a row of tags, a body nor a reply.
    """
    threads: list[Thread] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("= "):
            _, mark, title = line.split(" ", 2)
            threads.append(Thread(title=title, post=Text(words="", stance=stance_of(mark))))
        elif line.startswith("# "):
            marks = line[2:].split()
            threads[-1].tags = [mark for mark in marks if not mark.startswith("@")]
            threads[-1].month = next((int(mark[1:]) for mark in marks if mark.startswith("@")), 0)
        elif not threads[-1].post.words:
            threads[-1].post.words = line
        else:
            add_reply(threads[-1], line, f"{path.name}, line {number}")
    return threads


def add_reply(thread: Thread, line: str, where: str) -> None:
    """Add a reply to the latest text that is one step less deep."""
    found = REPLY.fullmatch(line)
    if found is None:
        raise InputError(f"{line!r} is no reply", where=where, remedy="begin it with its stance, as in '+2 '")
    depth = len(found["depth"])
    parent = next((text for text in reversed(thread.replies) if text.depth == depth - 1), thread.post)
    thread.replies.append(
        Text(
            words=found["words"],
            stance=stance_of(found["stance"]),
            depth=depth,
            by_asker=bool(found["asker"]),
            parent=parent,
        )
    )


def read_members(path: Path) -> list[Member]:
    """Read the villagers from a table with a header, columns parted by tabs."""
    header, *rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    found = [dict(zip(header, row, strict=True)) for row in rows]
    return [
        Member(
            name=row["member"],
            communities=tuple(row["communities"].split()),
            attributes={name: row[name] for name in ("trade", "lives", "years")},
            view=row["view"],
        )
        for row in found
    ]


def pick(rng: Generator, candidates: Sequence[str], weigh: Callable[[str], float]) -> str:
    """Draw one candidate by weight; only ``random()`` is used, whose stream NumPy keeps stable."""
    weights = [weigh(name) for name in candidates]
    mark = rng.random() * math.fsum(weights)
    for name, weight in zip(candidates, weights, strict=True):
        mark -= weight
        if mark < 0:
            return name
    return candidates[-1]


class Village:
    """The members, and how often each of them has answered each other so far."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = {member.name: member for member in members}
        self.answered: Counter[tuple[str, str]] = Counter()
        self.asked: Counter[tuple[str, str]] = Counter()

    def of(self, community: str) -> list[str]:
        """Return the members of a community."""
        return [name for name, member in self.members.items() if community in member.communities]

    def holds(self, name: str, text: Text) -> float:
        """Return the weight of a member as the author of a text: people write what they stand for."""
        member = self.members[name]
        leaning = text.stance[0] - text.stance[1]
        if leaning:
            return 1.0 if (leaning > 0) == (member.view == "keep") else 0.04
        new = member.attributes["years"] == "under 3"
        return 2.5 if new and text.stance[0] < 0 else 0.5 if new else 1.0

    def asker(self, rng: Generator, community: str, text: Text) -> str:
        """Draw who begins a thread: mostly those who have not begun one for long."""

        def weigh(name: str) -> float:
            return self.holds(name, text) / float(1 + 4 * self.asked[community, name])

        name = pick(rng, self.of(community), weigh)
        self.asked[community, name] += 1
        return name

    def replier(self, rng: Generator, community: str, text: Text, taken: set[str]) -> str:
        """Draw who answers a text, by the community's character."""
        character = CHARACTERS[community]
        assert text.parent is not None
        target = text.parent.author
        members = self.of(community)
        if rng.random() < character.guests:
            members = [name for name in self.members if community not in self.members[name].communities]
        free = [name for name in members if name not in taken and name != target]

        def weigh(name: str) -> float:
            back, known = self.answered[target, name], self.answered[name, target]
            if character.returning < 0:
                habit = math.exp(character.returning * 2 * (back + known))
            else:
                habit = 0.15 + character.returning * (1.5 * back + 0.5 * known)
            return habit * self.holds(name, text)

        return pick(rng, free, weigh)


def assign_authors(village: Village, community: str, threads: Iterable[Thread]) -> None:
    """Give every text its author: nested replies go back and forth between the same two."""
    for thread in threads:
        rng = derived_rng(SEED, "authors", community, thread.title)
        thread.post.author = village.asker(rng, community, thread.post)
        taken = {thread.post.author}
        for text in thread.replies:
            parent = text.parent
            assert parent is not None
            above = parent.parent.author if parent.parent is not None else ""
            if text.by_asker:
                text.author = thread.post.author
            elif text.depth >= 2 and above != parent.author:
                text.author = above
            else:
                text.author = village.replier(rng, community, text, taken)
            taken.add(text.author)
            village.answered[text.author, parent.author] += 1


def begin(rng: Generator, month: int) -> datetime:
    """Draw when a thread begins; in its month where it belongs to one."""
    while True:
        start = FIRST + timedelta(days=int(rng.random() * DAYS), minutes=360 + int(rng.random() * 1000))
        if month in (0, start.month):
            return start


def assign_dates(community: str, threads: Iterable[Thread]) -> None:
    """Date every text; direct replies come in an order that has nothing to do with their stance."""
    for thread in threads:
        rng = derived_rng(SEED, "dates", community, thread.title)
        thread.post.created = begin(rng, thread.month)
        for text in thread.replies:
            assert text.parent is not None
            hours = 0.4 + 60 * rng.random() ** 2 if text.depth == 0 else 0.1 + 7 * rng.random()
            delay = timedelta(minutes=int(hours * 60), seconds=int(rng.random() * 60))
            text.created = text.parent.created + delay


def name_posts(community: str, threads: list[Thread]) -> None:
    """Number the threads and their replies by date."""
    threads.sort(key=lambda thread: thread.post.created)
    for number, thread in enumerate(threads, start=1):
        thread.post.identity = f"{CHARACTERS[community].letter}{number:02d}"
        thread.replies.sort(key=lambda text: text.created)
        for count, text in enumerate(thread.replies, start=1):
            text.identity = f"{thread.post.identity}-{count}"


def bell(rng: Generator) -> float:
    """Draw from a bell curve with mean 0 and variance 1: twelve uniform numbers, added up."""
    return math.fsum(rng.random() for _ in range(12)) - 6.0


def vote(village: Village, community: str, voter: str, text: Text) -> int:
    """Return 1, -1 or 0 for no vote: the norm as this voter follows it, friendship, and taste."""
    character = CHARACTERS[community]
    own = derived_rng(SEED, "voter", voter)
    conformity, kindness = 1 + 0.3 * bell(own), 0.3 + 0.25 * bell(own)
    rng = derived_rng(SEED, "vote", voter, text.identity)
    turnout = character.turnout if text.parent is not None else 0.6 * character.turnout
    if rng.random() > turnout * (0.6 + 0.8 * own.random()):
        return 0
    stance = text.stance[VIEWS.index(village.members[voter].view)]
    ties = min(village.answered[voter, text.author] + village.answered[text.author, voter], 4)
    liking = character.norm * conformity * stance + character.friends * ties / 4 + kindness + bell(rng)
    return 0 if abs(liking) < 0.2 else 1 if liking > 0 else -1


def votes_on(village: Village, community: str, thread: Thread) -> list[dict[str, Any]]:
    """Return the votes on a thread, all of them cast after its last reply."""
    last = max(text.created for text in (thread.post, *thread.replies))
    rows = []
    for text in (thread.post, *thread.replies):
        for voter in village.of(community):
            value = vote(village, community, voter, text) if voter != text.author else 0
            if value:
                rng = derived_rng(SEED, "voted", voter, text.identity)
                delay = timedelta(minutes=5 + int(30_000 * rng.random() ** 3), seconds=int(60 * rng.random()))
                rows.append(
                    {
                        "voter": voter,
                        "community": community,
                        "post": text.identity,
                        "value": value,
                        "created": stamp(last + delay),
                    }
                )
    return rows


def stamp(moment: datetime) -> str:
    """Return a moment as ISO 8601 with Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def post_row(community: str, thread: Thread) -> dict[str, Any]:
    """Return the row of a thread's first post."""
    return {
        "post": thread.post.identity,
        "community": community,
        "author": thread.post.author,
        "title": thread.title,
        "text": thread.post.words,
        "tags": thread.tags,
        "created": stamp(thread.post.created),
    }


def reply_row(community: str, thread: Thread, text: Text) -> dict[str, Any]:
    """Return the row of a reply."""
    assert text.parent is not None
    return {
        "post": text.identity,
        "community": community,
        "author": text.author,
        "parent": text.parent.identity,
        "thread": thread.post.identity,
        "kind": "answer" if text.parent is thread.post else "comment",
        "text": text.words,
        "created": stamp(text.created),
    }


def tables(source: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every file, posts, replies and votes by date."""
    village = Village(read_members(source / "members.tsv"))
    rows: dict[str, list[dict[str, Any]]] = {"posts": [], "replies": [], "votes": []}
    for community in TITLES:
        threads = read_threads(source / f"{community}.txt")
        assign_dates(community, threads)
        name_posts(community, threads)
        assign_authors(village, community, threads)
        for thread in threads:
            rows["posts"].append(post_row(community, thread))
            rows["replies"] += [reply_row(community, thread, text) for text in thread.replies]
            rows["votes"] += votes_on(village, community, thread)
    for found in rows.values():
        found.sort(key=lambda row: (row["created"], row["post"], row.get("voter", "")))
    rows["members"] = [
        {"member": member.name, "community": community, **member.attributes}
        for community in TITLES
        for member in village.members.values()
        if community in member.communities
    ]
    rows["communities"] = [{"community": name, "title": title} for name, title in TITLES.items()]
    return rows


def build(source: Path, out: Path) -> dict[str, int]:
    """Write the forum's JSON Lines files into ``out`` and return how many rows each has."""
    rows = tables(source)
    for name, found in rows.items():
        lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in found]
        (out / f"{name}.jsonl").write_bytes(("\n".join(lines) + "\n").encode())
    return {name: len(found) for name, found in rows.items()}


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    print(json.dumps(build(FOLDER / "source", target)))
