"""What is known of providers: whose servers speak OpenAI's interface, where they are, where their keys are."""

from __future__ import annotations

import os

__all__ = ["COMPATIBLE", "OWN_SERVER", "WELL_KNOWN", "environment_address", "environment_key", "variable_of"]

WELL_KNOWN = {
    "openai": "https://api.openai.com/v1",
    "ollama": "http://127.0.0.1:11434/v1",
    "ollama_chat": "http://127.0.0.1:11434/v1",
    "llamafile": "http://127.0.0.1:8080/v1",
    "lm_studio": "http://127.0.0.1:1234/v1",
}
"""Where a provider's server is unless an address is given."""
OWN_SERVER = frozenset({"hosted_vllm", "vllm", "custom_openai", "openai_like"})
"""Those that have no address but the user's."""
COMPATIBLE = frozenset({*WELL_KNOWN, *OWN_SERVER, "huggingface"})
"""The providers whose servers speak OpenAI's chat completions at an address of one's own."""
VARIABLES = {
    "custom_openai": ("OPENAI_API_KEY",),
    "huggingface": ("HF_TOKEN", "HUGGINGFACE_API_KEY"),
    "ollama_chat": ("OLLAMA_API_KEY",),
    "vllm": ("HOSTED_VLLM_API_KEY",),
}
"""The environment variables of keys that are not named for their provider alone; the first that is set counts."""


def variable_of(provider: str) -> str:
    """Return the name of the environment variable that holds a provider's key.

    >>> variable_of("hosted_vllm")
    'HOSTED_VLLM_API_KEY'
    """
    names = VARIABLES.get(provider) or (f"{_upper(provider)}_API_KEY",)
    return next((name for name in names if os.environ.get(name)), names[0])


def environment_key(provider: str) -> str:
    """Return the provider's key as it is in the environment now; empty where there is none."""
    return os.environ.get(variable_of(provider), "").strip()


def environment_address(provider: str) -> str:
    """Return the address of the provider's server as the environment has it; empty where it has none."""
    return os.environ.get(f"{_upper(provider)}_API_BASE", "").strip()


def _upper(provider: str) -> str:
    return provider.upper().replace("-", "_")
