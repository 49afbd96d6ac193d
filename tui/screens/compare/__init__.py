"""Simulated against real: item by item, ballot by ballot, in all, and run against run."""
