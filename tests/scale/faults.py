"""A run against a server that fails in every way at once: every ballot is accounted for, every request counted.

Run as ``python tests/scale/faults.py [--items 2000] [--each]``; prints the accounts beside what they must be, and
exits with 1 where one does not hold. ``--each`` has one kind of fault at a time take the whole share.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent))

from study import Figures, forum_corpus, forum_items, forum_simulation, outcomes  # isort: skip  (it sets the path)
from stand_in import FAULTS, stand_in

from simulator.models.model import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personas import Corpus

__all__ = ["Account", "account_of"]

PANEL = 16


@dataclass(frozen=True, kw_only=True)
class Account:
    """What a run says of itself beside what the server says of it.

    Args:
        wanted: ballots that there must be. ``answered``, ``abstained``, ``failed``: those that there are.
        requests: by the journal. ``tokens``: (of prompts, of replies) by the journal, without
            what it had to estimate.
        server: the server's counts.
        seconds: that the run took. ``problems``: of requests. ``engine``: what was settled on with the server.
    """

    wanted: int
    answered: int
    abstained: int
    failed: Mapping[str, int]
    requests: int
    tokens: tuple[int, int]
    server: Mapping[str, Any]
    seconds: float
    problems: Mapping[str, int] = field(default_factory=dict)
    engine: Mapping[str, Any] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether every ballot is accounted for."""
        return self.answered + self.abstained + sum(self.failed.values()) == self.wanted

    @property
    def server_tokens(self) -> tuple[int, int]:
        """What the server told its client, of prompts and of replies."""
        usage = self.server["usage"]
        return usage["prompt_tokens"], usage["completion_tokens"]


def account_of(
    corpus: Corpus,
    out: Path,
    faults: Mapping[str, float],
    *,
    items: int,
    processes: int = 0,
    first: int | None = None,
    **choices: Any,
) -> Account:
    """Run items against a server with faults, and account for all that came of it.

    Args:
        faults: the share of the requests that each befalls.
        processes: of the server; a thread of this one where 0.
        first: only so many requests of each prompt meet faults; all where None.
        choices: of the simulation.
    """
    given = {"timeout": 2.0, "at_once": 64, "attempts": 6, **choices}
    with stand_in(processes=processes, faults=faults, first=first, latency=0.01) as server:
        begun = time.perf_counter()
        simulation = forum_simulation(corpus, api_base=server.api_base, **given)
        run = simulation.run(forum_items(items), out=out)
        seconds = time.perf_counter() - begun
        time.sleep(0.2)  # a request that was given up counts until the server sees that nobody listens
        counted = server.count()
    said, usage, engine = run.reliability(), run.usage(), run.journal.fact("engine")
    run.journal.close()
    guessed = estimated_tokens(out)
    problems: Counter[str] = Counter()
    for row in usage:
        problems.update(row.problems)
    return Account(
        wanted=items * simulation.settings.panel,
        answered=said.ballots,
        abstained=said.abstentions,
        failed=dict(said.failures),
        requests=sum(row.requests for row in usage),
        tokens=(
            sum(row.prompt_tokens for row in usage) - guessed[0],
            sum(row.completion_tokens for row in usage) - guessed[1],
        ),
        server=counted,
        seconds=seconds,
        problems=dict(problems),
        engine=engine or {},
    )


def estimated_tokens(run: Path) -> tuple[int, int]:
    """Return the tokens of prompts and of replies in a journal that are estimates, as the server told nothing."""
    guessed = [reply.usage for reply in outcomes(run).values() if isinstance(reply, Reply)]
    guessed = [usage for usage in guessed if usage.estimated]
    return sum(usage.prompt_tokens for usage in guessed), sum(usage.completion_tokens for usage in guessed)


def report(figures: Figures, name: str, account: Account) -> None:
    """Print an account in four rows."""
    failed = sum(account.failed.values())
    parts = f"{account.answered:,}+{account.abstained:,}+{failed:,}"
    figures.row(f"{name}: answered + abstained + failed", parts, f"{account.wanted:,}", met=account.whole)
    figures.row("  requests by the journal; by the server", f"{account.requests:,}",
                f"{account.server['requests']:,}", met=account.requests == account.server["requests"])  # fmt: skip
    figures.row("  tokens by the journal; by the server", f"{sum(account.tokens):,}",
                f"{sum(account.server_tokens):,}", met=account.tokens == account.server_tokens)  # fmt: skip
    figures.row("  requests in flight settled on", f"{account.engine.get('settled')}")
    figures.row(f"  seconds; failures {dict(account.failed)}", f"{account.seconds:.1f}")


def main() -> int:
    """Print the accounts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--share", type=float, default=0.2, help="of the requests that meet a fault")
    parser.add_argument("--each", action="store_true", help="one kind of fault at a time")
    parser.add_argument("--processes", type=int, default=1, help="of the server")
    given = parser.parse_args()
    figures = Figures()
    together = {"all at once": {fault: given.share / len(FAULTS) for fault in FAULTS}}
    kinds = {fault: {fault: given.share} for fault in FAULTS} if given.each else together
    with tempfile.TemporaryDirectory() as folder, forum_corpus(Path(folder)) as corpus:
        for name, faults in kinds.items():
            out = Path(folder) / name
            account = account_of(corpus, out, faults, items=given.items, processes=given.processes)
            report(figures, name, account)
            if not given.each:
                figures.row(f"  faults {account.server['faults']}", "")
                figures.row(f"  problems {account.problems}", "")
    return 1 if figures.missed else 0


if __name__ == "__main__":
    sys.exit(main())
