"""Build a benchmark from any corpus: clean it, find its communities, choose items, and say what it is worth.

After the construction of CommunityBench (Lin & Wei 2026): cleaning, profiles, responses chosen on three criteria,
endorsements smoothed by a Beta prior. What may be known of a community is made of the training part alone.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.benchmark import PARTS, BenchmarkWriter, KnownCommunity
from bench.construction.choices import Choices
from bench.construction.choosing import choose_items
from bench.construction.cleaning import clean
from bench.construction.cues import Mask, masked_item
from bench.construction.datasheet import Sheet, as_datasheet
from bench.construction.found import people_of, sub_communities
from bench.construction.identification import candidates_of, given_away
from bench.construction.masked import MaskedBenchmark
from bench.construction.splitting import part_threads
from bench.construction.weaknesses import unseen
from bench.instances import TASKS, write_instances
from bench.tasks.community_identification import rivals
from personas.errors import InputError
from personas.near import MEASURE
from personas.seeds import derived_rng
from simulator.setting import map_communities
from simulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bench.benchmark import Benchmark
    from bench.construction.choosing import Chosen
    from bench.construction.cleaning import Cleaned
    from bench.construction.criteria import Judged
    from bench.construction.splitting import Parting
    from personas.community import Community
    from personas.corpus import Corpus
    from personas.embedding import Embedder
    from personas.norms import Norm, NormStore
    from simulator.setting import CorpusSetting

__all__ = ["construct"]

NAME = "construct"
IDENTIFICATION = "community identification"


def construct(
    corpus: Corpus,
    *,
    out: str | Path,
    seed: int,
    embedder: Embedder,
    title: str = "",
    settings: Settings | None = None,
    tasks: bool = True,
    replace: bool = False,
    tell: Callable[[str], object] = str,
    **choices: Any,
) -> Benchmark:
    """Build a benchmark folder from a corpus.

    Args:
        corpus: any; it is not changed.
        out: the folder to make. ``replace``: whether to replace a benchmark that is there.
        seed: what every draw is derived from: the same seed and corpus give the same bytes.
        embedder: for the criteria, the profiles and the predictor that is learned from texts.
        title: what to call it; the corpus's title, or its folder's name, where empty.
        settings: how communities are found and norms kept; its seed and priors are those given here.
        tasks: whether to write the four tasks as instances, too (``bench.instances``).
        tell: called with what is being done.
        choices: the other fields of ``bench.construction.choices.Choices``.

    Raises:
        InputError: a choice is out of its range, ``out`` is taken, or no item is left.
    """
    made = Choices(seed=seed, **choices)
    manifest = corpus.manifest
    named = title or manifest.title or corpus.folder.name
    writer = BenchmarkWriter(
        out,
        name=NAME,
        title=named,
        source=f"{manifest.source} corpus",
        licence=manifest.licence,
        fictional=manifest.fictional,
        replace=replace,
    )
    builder = _Builder(corpus, made, embedder, settings or Settings(seed=seed), tell, title=named)
    with tempfile.TemporaryDirectory(prefix="commonbond-") as folder, writer:
        benchmark = builder.build(Path(folder), writer)
    if tasks:
        tell("writing the four tasks")
        _write_tasks(benchmark, made)
    return benchmark


class _Builder:
    """What one construction works with."""

    def __init__(
        self,
        corpus: Corpus,
        choices: Choices,
        embedder: Embedder,
        settings: Settings,
        tell: Callable[[str], object],
        *,
        title: str,
    ) -> None:
        self.corpus, self.choices, self.embedder = corpus, choices, embedder
        self.tell, self.title = tell, title
        self.settings = replace(settings, seed=choices.seed, up_prior=choices.a0, down_prior=choices.b0)

    def build(self, folder: Path, writer: BenchmarkWriter) -> Benchmark:
        """Write everything but the tasks."""
        self.tell("cleaning: bots, repeated texts, deleted posts")
        cleaned = clean(self.corpus, folder, self.choices)
        with cleaned.corpus:
            parting = part_threads(cleaned.corpus, self.choices)
            try:
                return self._written(cleaned, parting, writer)
            finally:
                parting.close()

    def _written(self, cleaned: Cleaned, parting: Parting, writer: BenchmarkWriter) -> Benchmark:
        self.tell("mapping communities: graph, norms, profiles")
        setting = map_communities(parting.train, self.settings, self.embedder)
        self.tell("choosing items: divergence, polarity, contrast")
        chosen = choose_items(parting, setting.membership, self.embedder, self.choices)
        mask = Mask([text for c in setting.membership.communities for text in (c.name, c.title)])
        left_out = Counter(cleaned.left_out) + Counter(chosen.left_out)
        self._refuse_empty(chosen, left_out)
        self._write_items(chosen, setting, mask, writer)
        for community in setting.membership.communities:
            writer.add_community(self._known(community, setting, parting))
        for reason, count in left_out.items():
            writer.leave_out(reason, count)
        notes = (*parting.notes, *setting.warnings)
        for note in notes:
            writer.note(note)
        self.tell("measuring weaknesses: what is had without the community, and from names alone")
        facts = self._facts(cleaned, parting, setting, chosen, mask)
        sheet = Sheet(
            title=self.title,
            source=self.corpus.manifest.source,
            licence=self.corpus.manifest.licence,
            fictional=self.corpus.manifest.fictional,
            ballot=self.corpus.manifest.ballot,
            parts={part: len(chosen.parts[part]) for part in PARTS},
            left_out=left_out,
            notes=notes,
            facts=facts,
        )
        writer.datasheet(as_datasheet(sheet))
        return writer.finish(**facts)

    def _refuse_empty(self, chosen: Chosen, left_out: Mapping[str, int]) -> None:
        if chosen.parts["test"]:
            return
        reasons = "; ".join(f"{reason}: {count:,}" for reason, count in sorted(left_out.items()))
        raise InputError(
            f"no test item is left ({reasons or 'there are no replies with votes'})",
            where=str(self.corpus.folder),
            remedy="bring scored replies or votes, or give the test more with --parts",
        )

    def _write_items(
        self, chosen: Chosen, setting: CorpusSetting, mask: Mask, writer: BenchmarkWriter
    ) -> None:
        hardest = _rivals(setting)
        for part in PARTS:
            for judged in chosen.parts[part]:
                writer.add(part, judged.item, dict(self._about(judged, hardest, mask)))

    def _about(
        self, judged: Judged, hardest: Mapping[str, list[str]], mask: Mask
    ) -> Iterator[tuple[str, Any]]:
        yield "criteria", judged.criteria.as_data()
        candidates = candidates_of(judged.item, hardest, seed=self.choices.seed)
        if candidates:
            yield "candidates", candidates
        if judged.item.community and not self.choices.keep_cues:
            masked = masked_item(judged.item, mask)
            if masked is not None:
                yield "masked", masked

    def _known(self, community: Community, setting: CorpusSetting, parting: Parting) -> KnownCommunity:
        rng = derived_rng(self.choices.seed, "people", community.name)
        return KnownCommunity(
            community=community.name,
            title=community.title,
            members=len(community.members) or None,
            within=community.within if community.within != community.name else "",
            profile=setting.profiles[community.name],
            norms=_most_supported(setting.stores[community.name], self.choices.norms),
            people=people_of(parting.train, community.members, most=self.choices.people, rng=rng),
        )

    def _facts(
        self, cleaned: Cleaned, parting: Parting, setting: CorpusSetting, chosen: Chosen, mask: Mask
    ) -> dict[str, Any]:
        """Return what the manifest and the datasheet tell besides."""
        manifest = self.corpus.manifest
        return {
            "corpus": {"content": self.corpus.content, "counts": manifest.counts, "kept": dict(cleaned.rows)},
            "choices": self.choices.as_data(),
            "embedder": self.embedder.name,
            "near_texts": MEASURE,
            "split": {"by": parting.by, "notes": list(parting.notes)},
            "communities": {
                "origin": setting.membership.origin,
                "number": len(setting.membership.names),
                "found": sub_communities(setting, seed=self.choices.seed),
            },
            "criteria": dict(chosen.facts),
            "weaknesses": self._weaknesses(setting, chosen, mask),
        }

    def _weaknesses(self, setting: CorpusSetting, chosen: Chosen, mask: Mask) -> dict[str, Any]:
        train, test = chosen.items("train"), chosen.items("test")
        hardest, seed = _rivals(setting), self.choices.seed
        told = {item.item: candidates_of(item, hardest, seed=seed) for item in test}
        titles = {each.name: each.title for each in setting.membership.communities}
        prior = self.choices.a0, self.choices.b0
        return {
            "without_community": unseen(train, test, self.embedder, seed=seed, prior=prior),
            "identification": given_away(train, test, told, mask, titles=titles, seed=seed),
            "cues_masked": not self.choices.keep_cues,
        }


def _rivals(setting: CorpusSetting) -> dict[str, list[str]]:
    """Return all others of each community that has norms, the hardest to tell from it first."""
    names = [name for name in setting.membership.names if setting.stores[name].norms]
    return rivals(setting.stores, setting.membership, names)


def _most_supported(store: NormStore, most: int) -> tuple[Norm, ...]:
    ranked = sorted(store.norms, key=lambda norm: (-norm.support, norm.post))[:most]
    return tuple(sorted(ranked, key=lambda norm: norm.post))


def _write_tasks(benchmark: Benchmark, choices: Choices) -> None:
    """Write the instances of the four tasks; those of community identification from masked texts."""
    masked = benchmark if choices.keep_cues else MaskedBenchmark.open(benchmark.folder)
    for task in TASKS:
        source = masked if task == IDENTIFICATION else benchmark
        write_instances(source, benchmark.folder, tasks=[task], seed=choices.seed)
