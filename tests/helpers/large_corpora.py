"""A large invented corpus, mapped: its members and ties are drawn, not read, so that a million take seconds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.sparse import coo_matrix, csr_matrix

from personas.community import Community, Membership
from personas.manifest import CommunityCounts, Manifest
from personas.seeds import derived_rng
from personas.tables import schema
from simulator.graph.keeping import keep_graph
from simulator.graph.layers import CommunityGraph

TOPICS = 400
SAID = "What everybody here agrees on is that this is how it is done, and has always been done. "


def described(number, members, rng):
    """Return what a simulation knows of a community: two scores, a profile and 24 norms, some 12 KB."""
    norms = [
        {"post": f"p{number}-{place}", "title": "", "text": SAID * 4, "author": "", "endorsement": 0.9 - place / 40,
         "support": 9, "basis": "votes", "thread": ""}
        for place in range(12)
    ]  # fmt: skip
    score = {
        name: None
        for part in ("entropy", "reciprocity", "inside_share")
        for name in (part, f"{part}_null", f"{part}_null_sd")
    }
    sentence = {"facet": "shared values", "text": SAID, "posts": [f"p{number}-0"]}
    return {
        "title": f"Community number {number}", "origin": "given", "within": "", "members": members, "norms": 12,
        "cohesion": {**score, "identity": float(rng.random()), "bond": float(rng.random()), "notes": []},
        "profile": {"identity": [sentence], "bond": [{**sentence, "facet": "interaction style"}]},
        "mirror": {}, "notices": [], "strongest": norms, "contested": norms[::-1],
    }  # fmt: skip


def drawn_layer(rng, home, ties):
    """Return ties of members, most of them within a community, as (n, n)."""
    n = len(home)
    order = np.argsort(home, kind="stable")
    start = np.searchsorted(home[order], np.arange(home.max() + 2))
    source = rng.integers(0, n, n * ties)
    low, high = start[home[source]], start[home[source] + 1]
    near = order[low + (rng.random(len(source)) ** 2 * (high - low)).astype(np.int64)]
    target = np.where(rng.random(len(source)) < 0.8, near, rng.integers(0, n, len(source)))
    kept = source != target
    return csr_matrix(coo_matrix((np.ones(kept.sum()), (source[kept], target[kept])), shape=(n, n)))


def make_large_corpus(folder, *, members, communities, ties=5, seed=7):
    """Write a corpus with a kept graph; the communities' sizes fall off as those of real ones do."""
    rng = derived_rng(seed, "large")
    chance = 1 / np.arange(1, communities + 1) ** 0.8
    home = np.concatenate(
        [np.arange(communities), rng.choice(communities, members - communities, p=chance / chance.sum())]
    )
    names = [f"m{number:015x}" for number in range(members)]
    bond = drawn_layer(rng, home, ties)
    half = drawn_layer(rng, home, ties)
    identity = csr_matrix((half + half.T) / 20)
    touched = np.repeat(np.arange(members), 3)
    topics = csr_matrix(
        (np.ones(members * 3), (touched, rng.integers(0, TOPICS, members * 3))), shape=(members, TOPICS)
    )
    graph = CommunityGraph(
        members=tuple(names), identity=identity, bond=bond, topics=topics,
        topic_names=tuple(f"topic-{number}" for number in range(TOPICS)), notes={"bond": "drawn", "identity": "drawn"},
    )  # fmt: skip
    order = np.argsort(home, kind="stable")
    parts = np.split(order, np.searchsorted(home[order], np.arange(1, communities)))
    found = Membership(
        communities=tuple(
            Community(name=f"c{number:05d}", title=f"Community number {number}",
                      members=tuple(names[row] for row in part), origin="given", within=f"c{number:05d}")
            for number, part in enumerate(parts)
        ),
        origin="given",
    )  # fmt: skip
    folder.mkdir(parents=True)
    _write_tables(folder, names, home)
    Manifest(
        source="drawn", reader_version="1", licence="CC0", title="A large invented place", fictional=True,
        ballot="endorsement", voters="none", counts={"members": members, "posts": 0, "replies": 0, "votes": 0},
        communities=tuple(CommunityCounts(name=entry.name, members=len(entry.members)) for entry in found.communities),
        key="", files={f"{table}.parquet": "" for table in ("members", "posts", "votes")}, content=f"{members}-{seed}",
    ).save(folder)  # fmt: skip
    bodies = {
        entry.name: described(number, len(entry.members), rng)
        for number, entry in enumerate(found.communities)
    }
    (folder / "communities.json").write_text("{}")
    keep_graph(folder, graph, found, content=f"{members}-{seed}", described=bodies)
    return folder


def _write_tables(folder, names, home):
    none = pa.array([None] * len(names), schema("members").field("attributes").type)
    where = pa.array([f"c{number:05d}" for number in home.tolist()])
    members = pa.table([names, where, none], names=schema("members").names).cast(schema("members"))
    pq.write_table(members, folder / "members.parquet")
    for table in ("posts", "votes"):
        pq.write_table(schema(table).empty_table(), folder / f"{table}.parquet")
    (folder / "broken.jsonl").write_text("")
