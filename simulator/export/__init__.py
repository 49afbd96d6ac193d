"""Training data from a run: pairs, labelled completions and full records, each traceable to the ballots behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personas.lazy import lazily

if TYPE_CHECKING:
    from simulator.export.export import Export, export_run
    from simulator.export.hub import push_to_hub
    from simulator.export.prompt_file import Prompt, PromptFile
    from simulator.export.selection import Selection, Shape
    from simulator.export.synthesis import synthesise
    from simulator.export.tracing.reading import PreferenceData

__all__ = [
    "Export", "PreferenceData", "Prompt", "PromptFile", "Selection", "Shape", "export_run", "push_to_hub",
    "synthesise",
]  # fmt: skip

__getattr__ = lazily(
    __name__,
    {
        "Export": "simulator.export.export",
        "PreferenceData": "simulator.export.tracing.reading",
        "Prompt": "simulator.export.prompt_file",
        "PromptFile": "simulator.export.prompt_file",
        "Selection": "simulator.export.selection",
        "Shape": "simulator.export.selection",
        "export_run": "simulator.export.export",
        "push_to_hub": "simulator.export.hub",
        "synthesise": "simulator.export.synthesis",
    },
)
