"""The dataset card: what the data is, how to load it, what was left out and why, and what it must not be taken for.

Its front matter is what ``datasets`` and the Hugging Face Hub read; a split without a row is not in it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from simulator.export.choosing.decided import SPLITS
from simulator.export.manifest import MANIFEST
from simulator.export.writing.card_tables import told_of_biases, told_of_decided
from simulator.export.writing.formats import COLUMNS, feature_list
from simulator.export.writing.licences import hub_licence
from simulator.export.writing.markdown import one_line, plain, section_of, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.export.manifest import Manifest

__all__ = ["as_card"]

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
MORE_SIZES = ((10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"))
PURPOSE = {
    "preference": "pairs: `prompt`, `chosen`, `rejected`",
    "unpaired": "single answers: `prompt`, `completion`, `label`",
    "full": "the records that both derive from: all candidates with shares and intervals, and each persona's "
    "last ballot",
}
TRAINERS = {"preference": ("RewardTrainer", "DPOTrainer"), "unpaired": ("KTOTrainer",), "full": ()}
NAMED = {
    "prompts": "prompts",
    "sets": "candidate sets",
    "candidates": "candidates",
    "written_by_nobody": "of them written by nobody in particular",
    "written_by_communities": "of them written by the communities' personas",
    "taken_from_posts": "of them taken from the communities' posts",
    "given": "of them given with their prompts",
    "records": "judgements of a set by a community",
    "lost": "judgements that came to nothing",
    "ballots": "ballots",
    "abstentions": "abstentions",
    "failures": "failed judgements",
}


def as_card(manifest: Manifest) -> str:
    """Return the card of an export, as Markdown that begins with its front matter in YAML."""
    sections = (
        _head(manifest),
        _loading(manifest),
        _making(manifest),
        _reading(manifest),
        _left_out(manifest),
        _biases(manifest),
        _tracing(manifest),
        _limits(manifest),
    )
    body = "\n\n".join("\n".join(lines).strip("\n") for lines in sections)
    return f"---\n{_front_matter(manifest)}\n---\n\n{body}\n"


def _front_matter(manifest: Manifest) -> str:
    from huggingface_hub import DatasetCardData

    told: dict[str, Any] = {
        **hub_licence(str(manifest.corpus["licence"])),
        "tags": _tags(manifest),
        "task_categories": ["text-generation"],
        "annotations_creators": ["machine-generated"],
        "size_categories": [_size(max(map(manifest.rows, COLUMNS)))],
        "pretty_name": _title(manifest),
        "configs": list(_configs(manifest)),
        "dataset_info": [
            {"config_name": config, "features": feature_list(COLUMNS[config])}
            for config in COLUMNS
            if manifest.rows(config)
        ],
    }
    if manifest.language:
        told["language"] = list(manifest.language)
    return str(DatasetCardData(**told).to_yaml())


def _configs(manifest: Manifest) -> Iterator[dict[str, Any]]:
    default = True
    for config in COLUMNS:
        splits = _splits(manifest, config)
        if splits:
            ending = manifest.shape.files
            yield {
                "config_name": config,
                **({"default": True} if default else {}),
                # ``datasets`` keeps what it has read of a folder by its name and this front matter alone.
                "description": _digest(manifest, config),
                "data_files": [
                    {"split": split, "path": f"data/{config}/{split}-*.{ending}"} for split in splits
                ],
            }
            default = False


def _digest(manifest: Manifest, config: str) -> str:
    """Return what tells these files from any others: a digest of their run and all their bytes."""
    files = sorted((path, facts.sha256) for path, facts in manifest.files.items() if f"/{config}/" in path)
    told = json.dumps([manifest.run["identity"], files])
    return f"data {hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _splits(manifest: Manifest, config: str) -> list[str]:
    counts = manifest.counts.get(config, {})
    return [split for split in SPLITS if counts.get(split)]


def _tags(manifest: Manifest) -> list[str]:
    tags = ["synthetic", "preference", "reward-modeling", "dpo", "kto", "trl", "commonbond"]
    return [*tags, "fictional"] if manifest.corpus["fictional"] else tags


def _size(rows: int) -> str:
    return next(
        (name for most, name in SIZES + MORE_SIZES if rows < most), "n>1T" if rows >= 10**12 else "1B<n<10B"
    )


def _title(manifest: Manifest) -> str:
    return f"Synthetic preferences: {one_line(manifest.corpus['title'] or 'a corpus without a title', 100)}"


def _head(manifest: Manifest) -> Iterable[str]:
    corpus, judged = manifest.corpus, manifest.judged
    yield f"# {plain(_title(manifest))}"
    yield ""
    yield (
        "**This data is synthetic.** No person judged these answers: simulated members of communities did, by "
        f"{plain(manifest.run['predictor'])}."
    )
    if corpus["fictional"]:
        yield ""
        yield "**The communities and their posts are invented**, too: nothing here says anything of real people."
    yield ""
    yield f"- Simulated from: {plain(corpus['title'] or 'a corpus without a title')} ({plain(corpus['source'])})."
    yield f"- Licence of that corpus: {plain(corpus['licence'])}. It binds whoever passes on what is taken from it."
    if hub_licence(str(corpus["licence"]))["license"] == "unknown":
        yield "- **The source names no licence: do not pass this on before you know that you may.**"
    yield (
        f"- Made by commonbond {plain(manifest.run['version'])}, run {plain(manifest.run['identity'])}; texts "
        f"compared by {plain(manifest.run['embedder'])}."
    )
    if judged:
        known = list(NAMED)
        ordered = sorted(judged, key=lambda name: known.index(name) if name in NAMED else len(known))
        counts = (f"{NAMED.get(name, plain(name))} {judged[name]:,}" for name in ordered)
        yield f"- How much was judged: {', '.join(counts)}."
    for note in manifest.notes:
        yield f"- {plain(note, begins=True)}"


def _loading(manifest: Manifest) -> Iterable[str]:
    yield "## How to load it"
    rows = [
        [config, PURPOSE[config], *(manifest.counts.get(config, {}).get(split, 0) for split in SPLITS)]
        for config in COLUMNS
    ]
    yield ""
    yield "| configuration | what a row is | train | test |"
    yield "| --- | --- | --- | --- |"
    for config, purpose, train, test in rows:
        yield f"| `{config}` | {purpose} | {train:,} | {test:,} |"
    for config in COLUMNS:
        splits = _splits(manifest, config)
        if splits:
            yield ""
            yield "```python"
            yield "from datasets import load_dataset"
            if TRAINERS[config]:
                yield f"from trl import {', '.join(sorted(TRAINERS[config]))}"
            yield ""
            shuffled = ".shuffle(seed=7)" if config == "unpaired" else ""
            yield f'data = load_dataset("THIS/REPOSITORY", "{config}", split="{splits[0]}"){shuffled}'
            yield from (f"{trainer}(model, train_dataset=data)" for trainer in TRAINERS[config])
            yield "```"
    yield ""
    yield "The name of a local folder does as well. All columns may stay in: TRL's trainers read the ones above only."
    if manifest.rows("preference"):
        yield "RewardTrainer leaves out rows that are longer than its `max_length`."
    if manifest.rows("unpaired"):
        yield "KTOTrainer holds each answer against the one before it, so the rows, which go prompt by prompt, are"
        yield "shuffled; its `desirable_weight` and `undesirable_weight` make up for unequal numbers of labels."


def _making(manifest: Manifest) -> Iterable[str]:
    yield "## How it was made"
    yield ""
    yield (
        "For each prompt there is a set of candidate answers. A panel of simulated members of each community judged "
        "it, and what the ballots say of the community is a Dirichlet posterior over the candidates."
    )
    steered = manifest.shape.steering == "system"
    yield ""
    yield (
        "A row names its community in the column `community`"
        + (
            ", and its prompt begins with a system message that carries the community's profile."
            if steered
            else "."
        )
    )
    yield from table(["setting of the run", "value"], list(manifest.run["settings"].items()))
    if manifest.diversity:
        yield ""
        yield (
            "How different the candidates of one set are: their mean pairwise cosine similarity, and the Vendi "
            "score, the effective number of different ones (Friedman & Dieng 2023)."
        )
        yield from section_of(dict(manifest.diversity))


def _reading(manifest: Manifest) -> Iterable[str]:
    yield "## What the columns mean"
    yield ""
    told = {
        "soft_label": "in `preference`, how probable it is, given the ballots, that the community's share of the "
        "chosen answer is the larger one; in `unpaired`, that the answer's share is above an even one. It is about "
        "how sure the order is. A candidate's α is the setting `prior` and the shares that the ballots gave it; the "
        "label is `P(Beta(α chosen, α rejected) > 1/2)`. Empty where the judge gives no posterior.",
        "vote_share": "the share of the community's members that are expected to take the chosen answer, of these "
        "two alone. It is about how many prefer it: a large community can be sure of a narrow preference.",
        "share_chosen, share_rejected, share": "the posterior mean share of all candidates in the set.",
        "tie": "the order falls short of the thresholds below; such rows are there only where ties were kept.",
        "disputed, against, judged_by": "whether, and how many, other communities hold the opposite order by the "
        "same thresholds, of how many that judged the set.",
        "row": "the row's name, from which it can be traced.",
    }
    for name, meaning in told.items():
        names = ", ".join(f"`{part}`" for part in name.split(", "))
        yield f"- {names}: {meaning}"


def _left_out(manifest: Manifest) -> Iterable[str]:
    yield "## What was filtered, and why"
    yield from table(["choice", "value"], [[name, value] for name, value in _choices(manifest)])
    if manifest.left_out:
        yield ""
        yield "Prompts that were left out:"
        yield from table(["reason", "prompts"], [[name, count] for name, count in manifest.left_out.items()])
    decided = {key: value for key, value in manifest.decided.items() if key != "notes"}
    if decided:
        yield from told_of_decided(decided)
    yield ""
    yield "Prompts that say nearly the same are in one split together."


def _choices(manifest: Manifest) -> Iterator[tuple[str, object]]:
    from dataclasses import asdict

    yield from asdict(manifest.selection).items()
    yield from asdict(manifest.shape).items()


def _biases(manifest: Manifest) -> Iterable[str]:
    yield "## Known biases, measured"
    if not manifest.biases:
        yield ""
        yield "None was measured."
        return
    yield ""
    yield (
        "Of all pairs that have an order, and of those that were kept. A reward model learns to prefer what is "
        "longer, or what stood first in its set, where that is what was chosen."
    )
    yield from told_of_biases(manifest.biases)


def _tracing(manifest: Manifest) -> Iterable[str]:
    yield "## Where a row comes from"
    yield ""
    yield "Where the run's journal is at hand, this shows a row's ballots, prompts and model calls:"
    yield ""
    yield "    commonbond explain FOLDER 'ITEM/COMMUNITY/CHOSEN-REJECTED'"
    yield ""
    yield f"`{MANIFEST}` holds all figures of this card, and the SHA-256 of every file."


def _limits(manifest: Manifest) -> Iterable[str]:
    yield "## Limits"
    yield ""
    yield "- It says what a simulation of a community prefers, which is not what the community prefers."
    yield "- How near this simulation comes to real people's votes is not in here: `commonbond bench` measures that."
    if manifest.judged.get("taken_from_posts"):
        yield (
            "- Candidates taken from posts are what members wrote, word for word: the corpus's licence goes with "
            "them, and the `full` rows name each one's post."
        )
    yield "- It is not for decisions about people or communities, nor for speaking in their name."
    yield "- Intervals and soft labels are of the simulated ballots: they know nothing of how far a simulation errs."
    yield "- What the judge and the writers were taught shows in what they prefer and write."
