"""Members that are no people, told by what they do, since their names are hashed: bots.

Three signs: they say that they are bots, they post the same text again and again, or they post faster than
anybody writes. Each is a rule with a threshold that can be chosen, so that what was removed can be explained.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

__all__ = ["DECLARED", "REPEATING", "TOO_FAST", "Habits", "bots", "says_it_is_a_bot"]

DECLARED = "bot: says that it is one"
REPEATING = "bot: most of its posts repeat each other"
TOO_FAST = "bot: posts faster than anybody writes"
_SAYS = re.compile(
    r"""\b(?:i\s*am|i['’]?m|beep\W{1,3}boop\W{1,4}i['’]?m)\s+(?:just\s+)?an?\s+(?:\w+\s+)?bot\b(?=\W*(?:$|,|\.|!|\band\b|\bthat\b))
      | \bthis\s+(?:action|comment|post|reply|message)\s+was\s+(?:performed|posted|made|generated|written)\s+
        (?:automatically|by\s+an?\s+(?:\w+\s+)?bot\b)
      | \bbleep\W{0,3}bloop\b
      | \bbeep\W{0,3}boop\b
      | \bcontact\s+the\s+moderators\s+of\s+this\s+subreddit\b""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass
class Habits:
    """What a member's posts tell of how they were made.

    Args:
        posts: how many there are. ``declared``: how many say that a bot wrote them.
        copies: how many posts of theirs say each text, by the text that they repeat.
        moments: when they were posted, where known.
    """

    posts: int = 0
    declared: int = 0
    copies: Counter[str] = field(default_factory=Counter)
    moments: list[datetime] = field(default_factory=list)

    @property
    def repeated(self) -> int:
        """How many of the posts say what another of the same member says."""
        return sum(count for count in self.copies.values() if count > 1)


def says_it_is_a_bot(text: str) -> bool:
    """Return whether a text says that a bot wrote it.

    >>> says_it_is_a_bot("I am a bot, and this action was performed automatically.")
    True
    >>> says_it_is_a_bot("Do you think I am a bot person? No, I am a human.")
    False
    """
    return _SAYS.search(text) is not None


def bots(
    habits: Mapping[str, Habits], *, least: int = 10, share: float = 0.5, hourly: int = 60
) -> dict[str, str]:
    """Return the members that are bots, with the sign that tells, in order of their identities.

    Args:
        habits: by member.
        least: how many posts it takes to be told by repetition.
        share: of the posts that declare themselves, or repeat each other, from which on a member is a bot.
        hourly: more posts than this within sixty minutes are faster than anybody writes.
    """
    found = {}
    for member, habit in sorted(habits.items()):
        if habit.declared and habit.declared >= share * habit.posts:
            found[member] = DECLARED
        elif habit.posts >= least and habit.repeated >= share * habit.posts:
            found[member] = REPEATING
        elif _busiest_hour(habit.moments) > hourly:
            found[member] = TOO_FAST
    return found


def _busiest_hour(moments: Iterable[datetime]) -> int:
    """Return the most posts within sixty minutes."""
    seconds: Sequence[float] = sorted(moment.timestamp() for moment in moments)
    first = most = 0
    for last, moment in enumerate(seconds):
        while moment - seconds[first] >= 3600:
            first += 1
        most = max(most, last - first + 1)
    return most
