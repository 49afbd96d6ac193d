"""What can be chosen for each kind of run, in the sections in which it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tui.ordering.choices import Choice

__all__ = ["ONLY_OF_BENCHMARKS", "ONLY_OF_CORPORA", "ON_A_MODEL", "OUT", "RunKind", "Section", "sections"]

RunKind = Literal["simulate", "bench", "generate"]
ONLY_OF_CORPORA = ("share", "split", "communities", "groups", "smallest", "blend", "neighbours")
"""A benchmark brings its communities, and what is held out."""
ONLY_OF_BENCHMARKS = ("part",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """Choices that stand together; ``folded`` ones are opened by who wants them."""

    name: str
    title: str
    choices: tuple[Choice, ...]
    folded: bool = True


PANEL = Choice(
    name="panel",
    label="Panel",
    hint="personas in each community's panel",
    kind="whole",
    default="32",
    least=1,
)
SEED = Choice(
    name="seed", label="Seed", hint="the same seed gives the same run", kind="whole", default="7", least=0
)
ITEMS = Choice(name="items", label="Items", hint="at the most", empty="all", kind="whole", least=1)
OUT = Choice(name="out", label="Folder", kind="path", needed=True)
PROMPTS = Choice(
    name="prompt_file",
    label="Prompts",
    kind="path",
    empty='a file; each line {"prompt": "…"}',
    needed=True,
)
CANDIDATES = (
    Choice(
        name="candidates",
        label="Candidates",
        hint="responses to each prompt",
        kind="whole",
        default="4",
        least=2,
    ),
    Choice(
        name="sampling",
        label="Sampling",
        kind="pick",
        picks=("independent", "negatively-correlated"),
    ),
    Choice(
        name="sets",
        label="Sets",
        hint="crossed: all judge all",
        kind="pick",
        picks=("shared", "own", "crossed"),
    ),
)
HELD_OUT = (
    Choice(
        name="part",
        label="Part",
        hint="of the benchmark; validation while one still chooses",
        kind="pick",
        picks=("test", "validation"),
    ),
    Choice(
        name="share",
        label="Held out",
        hint="share of the threads",
        empty="0.5",
        kind="figure",
        least=0,
        most=1,
        above=True,
        below=True,
    ),
    Choice(
        name="split",
        label="Split by",
        hint="auto: by time where all is dated",
        kind="pick",
        picks=("auto", "time", "random"),
    ),
)
COMMUNITIES = (
    Choice(
        name="communities",
        label="Communities",
        hint="auto: found where members vote on statements",
        kind="pick",
        picks=("auto", "given", "found"),
    ),
    Choice(
        name="groups",
        label="Groups",
        hint="to find in each given one",
        empty="as many as show",
        kind="whole",
        least=1,
    ),
    Choice(
        name="smallest", label="Smallest", hint="members of a found one", empty="5", kind="whole", least=1
    ),
    Choice(
        name="blend",
        label="Blend",
        hint="identity ties against bond ties, when finding",
        empty="0.5",
        kind="figure",
        least=0,
        most=1,
    ),
    Choice(
        name="neighbours",
        label="Neighbours",
        hint="identity ties of a member",
        empty="20",
        kind="whole",
        least=1,
    ),
)
RETRIEVAL = (
    Choice(
        name="rounds", label="Rounds", hint="of discussion, at the most", empty="3", kind="whole", least=0
    ),
    Choice(
        name="embedder",
        label="Embedder",
        empty="all-MiniLM-L6-v2 (English only)",
    ),
    Choice(
        name="keep",
        label="Norms kept",
        hint="that a persona judges an option by",
        empty="512",
        kind="whole",
        least=1,
    ),
    Choice(
        name="sharpness",
        label="Sharpness",
        hint="how fast a norm's weight falls",
        empty="from the norms",
        kind="figure",
        least=0,
        above=True,
    ),
)
MEASURED = (
    Choice(
        name="tasks",
        label="Tasks",
        hint="preference: nothing is written, which saves calls",
        kind="pick",
        picks=("all", "preference"),
    ),
    Choice(
        name="controls",
        label="Controls",
        hint="what is simulated beside, to see what the communities add",
        kind="pick",
        picks=("all", "shuffled", "none"),
    ),
)
KEPT = (
    Choice(
        name="min_margin",
        label="Margin",
        hint="that the chosen one must be ahead by",
        empty="0",
        kind="figure",
        least=0,
        most=1,
    ),
    Choice(
        name="min_probability",
        label="Probability",
        hint="of that order, given the ballots",
        empty="0.9; 0 for any",
        kind="figure",
        nought=True,
        least=0.5,
        most=1,
    ),
    Choice(
        name="ties",
        label="Ties",
        hint="soft: kept, with their soft label",
        kind="pick",
        picks=("drop", "soft"),
    ),
    Choice(
        name="pairs", label="Pairs", hint="of each set", kind="pick", picks=("all", "best-rest", "best-worst")
    ),
    Choice(name="balance", label="Balance", hint="as many pairs of every community", kind="switch"),
    Choice(
        name="match_length", label="Match length", hint="chosen as often longer as shorter", kind="switch"
    ),
    Choice(
        name="test_share",
        label="Test split",
        hint="share of the prompts",
        empty="0.1",
        kind="figure",
        least=0,
        most=1,
        below=True,
    ),
    Choice(name="exclude", label="Leave out", kind="path", empty="the prompts that a benchmark tests"),
)
WRITTEN = (
    Choice(
        name="steering",
        label="Steering",
        hint="system: the community's profile as a system message",
        kind="pick",
        picks=("column", "system"),
    ),
    Choice(name="files", label="Files", kind="pick", picks=("parquet", "jsonl")),
    Choice(name="language", label="Language", hint="of the texts, for the card, as en", kind="language"),
    Choice(
        name="replace", label="Replace", hint="data of the same run that was chosen otherwise", kind="switch"
    ),
)
MODEL_MORE = (
    Choice(
        name="mode",
        label="Mode",
        hint="direct: asked once for the whole distribution",
        kind="pick",
        picks=("panel", "direct"),
    ),
    Choice(
        name="recheck",
        label="Asked again",
        hint="share of a panel, options reversed",
        empty="0.1",
        kind="figure",
        least=0,
        most=1,
    ),
    Choice(
        name="reply_tokens",
        label="Reply tokens",
        hint="of one reply, at the most",
        empty="400",
        kind="whole",
        least=1,
    ),
    Choice(
        name="profiles",
        label="Profiles",
        hint="from endorsed posts, or by the model",
        kind="pick",
        picks=("extracted", "written"),
    ),
)
ON_A_MODEL = Section(name="model-more", title="How personas on a model are asked", choices=MODEL_MORE)
"""Choices that count only where there is a model."""
_HELD_OUT = Section(name="held-out", title="What is held out", choices=HELD_OUT)
_WHO = Section(name="who", title="How communities are found", choices=COMMUNITIES)
_HOW = Section(name="how", title="Discussion, texts and norms", choices=RETRIEVAL)


def sections(kind: RunKind) -> tuple[Section, ...]:
    """Return what is asked for a kind of run; the first section stands open, above the folder and the model."""
    if kind == "generate":
        return (
            Section(name="main", title="", choices=(PROMPTS, *CANDIDATES, PANEL, SEED), folded=False),
            Section(name="kept", title="Which pairs are kept", choices=KEPT),
            Section(name="written", title="How they are written", choices=WRITTEN),
            _WHO,
            _HOW,
        )
    main = Section(name="main", title="", choices=(PANEL, SEED, ITEMS), folded=False)
    if kind == "bench":
        measured = Section(name="measured", title="What is measured", choices=MEASURED)
        return (main, _HELD_OUT, measured, _WHO, _HOW)
    return (main, _HELD_OUT, _WHO, _HOW)
