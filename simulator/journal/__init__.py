"""The journal: the durable record of a run, and what stands in it."""

from simulator.journal.codec import SURROGATES, as_preference
from simulator.journal.journal import JOURNAL, Journal

__all__ = ["JOURNAL", "SURROGATES", "Journal", "as_preference"]
