"""How long the community graph and its partition take, against plain networkx in the same run, and how that grows.

    python tests/speed/graph_growth.py [--members 10000 100000] [--limit 100]

It prints times, ratios and growth, and asserts none. networkx gets the same replies and the same pairs of
neighbours, because a full projection of shared topics is quadratic; each of its steps runs in a process of
its own that is ended after ``--limit`` seconds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.graph.cohesion import cohesions
from simulator.graph.layers import CommunityGraph
from simulator.graph.partition import blended, partition
from simulator.graph.ties import bond_layer, identity_layer, topic_counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy.sparse import csr_matrix

Arrays = tuple[np.ndarray, np.ndarray]
TOPICS, TASTES, REPLIES, SEED = 2000, 50, 5, 7


def synthetic(members: int) -> tuple[Arrays, Arrays]:
    """Return replies and touched topics: Zipf-like tags by taste, preferential replies mostly within a taste."""
    rng = np.random.default_rng(SEED)
    taste = rng.integers(TASTES, size=members)
    posts = np.minimum((rng.pareto(1.2, members) + 1).astype(int), 200)
    who = np.repeat(np.arange(members), posts)
    chance = 1 / np.arange(1, TOPICS + 1)
    tags = rng.choice(TOPICS, p=chance / chance.sum(), size=who.size)
    liked = np.array([rng.permutation(TOPICS) for _ in range(TASTES)])
    tags = np.where(rng.random(who.size) < 0.7, liked[taste[who], tags], tags)
    source = rng.choice(who, size=members * REPLIES)
    target = rng.choice(who, size=source.size)
    order = who[np.argsort(taste[who], kind="stable")]
    start = np.searchsorted(taste[order], np.arange(TASTES + 1))
    low, high = start[taste[source]], start[taste[source] + 1]
    alike = order[low + (rng.random(source.size) * (high - low)).astype(int)]
    return (source, np.where(rng.random(source.size) < 0.7, alike, target)), (who, tags)


def networkx_construction(members: int, replies: Arrays, identity: csr_matrix) -> None:
    """Add the same ties to networkx graphs, with a count for each reply."""
    import networkx as nx

    bonds, similar = nx.DiGraph(), nx.Graph()
    bonds.add_nodes_from(range(members))
    similar.add_nodes_from(range(members))
    for source, target in zip(replies[0].tolist(), replies[1].tolist(), strict=True):
        if source == target:
            continue
        if bonds.has_edge(source, target):
            bonds[source][target]["weight"] += 1
        else:
            bonds.add_edge(source, target, weight=1)
    pairs = identity.tocoo()
    similar.add_weighted_edges_from(
        zip(pairs.row.tolist(), pairs.col.tolist(), pairs.data.tolist(), strict=True)
    )


def networkx_partition(ties: csr_matrix) -> None:
    """Run networkx's Louvain, one start; the conversion to a networkx graph is not counted."""
    import networkx as nx

    nx.community.louvain_communities(nx.from_scipy_sparse_array(ties), seed=SEED)


def networkx_conversion(ties: csr_matrix) -> None:
    """Make the networkx graph alone, to take its time off that of the partition."""
    import networkx as nx

    nx.from_scipy_sparse_array(ties)


def timed(call: Callable[..., Any], *given: Any) -> tuple[float, Any]:
    """Return how many seconds the call takes, and what it returns."""
    begun = time.perf_counter()
    result = call(*given)
    return time.perf_counter() - begun, result


def _child(answer: Any, call: Callable[..., Any], given: tuple[Any, ...]) -> None:
    answer.send(timed(call, *given)[0])


def bounded(limit: float, call: Callable[..., Any], *given: Any) -> float | None:
    """Return the seconds that the call takes in a process of its own; None when it exceeds the limit."""
    receive, send = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_child, args=(send, call, given))
    process.start()
    done = receive.poll(limit)
    seconds = receive.recv() if done else None
    process.kill()
    process.join()
    return seconds


def measure(members: int, limit: float) -> dict[str, float]:
    """Print and return the seconds of each of our steps for a number of members."""
    replies, touched = synthetic(members)
    ours: dict[str, float] = {}
    ours["bond ties"], bond = timed(lambda: bond_layer(*replies, members))
    topics = topic_counts(*touched, shape=(members, TOPICS))
    ours["identity ties"], identity = timed(lambda: identity_layer(topics, seed=SEED, weighting="tfidf"))
    graph = CommunityGraph(
        members=tuple(map(str, range(members))),
        identity=identity,
        bond=bond,
        topics=topics,
        topic_names=tuple(map(str, range(TOPICS))),
    )
    ours["partition, three starts"], found = timed(lambda: partition(graph, seed=SEED))
    ours["cohesion, 20 samples"], _ = timed(lambda: cohesions(graph, found.groups(), seed=SEED))
    print(f"\n{members:,} members, {bond.nnz:,} bond ties, {identity.nnz // 2:,} identity ties")
    print(f"  {found.describe()}")
    ties = blended(graph, blend=0.5)[0]
    construction = bounded(limit, networkx_construction, members, replies, identity)
    conversion = bounded(limit, networkx_conversion, ties) or 0.0
    louvain = bounded(limit + conversion, networkx_partition, ties)
    for name, seconds in ours.items():
        print(f"  {name:26}{seconds:8.2f} s")
    compare("construction", ours["bond ties"] + ours["identity ties"], construction, limit, "pairs given")
    louvain = louvain - conversion if louvain is not None else None
    compare("partition", ours["partition, three starts"], louvain, limit, "Louvain, one start")
    return ours


def compare(name: str, ours: float, theirs: float | None, limit: float, what: str) -> None:
    """Print one of our times as a ratio to networkx's, or to its limit."""
    if theirs is None:
        told = f"over {limit:.0f} s, stopped: ours takes less than {ours / limit:.2f} of it"
    else:
        told = f"{theirs:.2f} s: ours takes {ours / theirs:.2f} of it"
    print(f"  {name}: ours {ours:.2f} s, networkx ({what}) {told}")


def main() -> None:
    """Measure each size and print the growth from one to the next."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--members", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--limit", type=float, default=100.0, help="seconds for each networkx step")
    given = parser.parse_args()
    measure(8_000, given.limit)  # so that no import is counted below
    sizes = given.members
    steps = [measure(members, given.limit) for members in sizes]
    for small, large, before, after in zip(sizes, sizes[1:], steps, steps[1:], strict=False):
        print(f"\ngrowth from {small:,} to {large:,} members ({large / small:.0f} times as many)")
        for name in before:
            print(f"  {name:26}{after[name] / before[name]:8.1f} times")


if __name__ == "__main__":
    main()
