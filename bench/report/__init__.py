"""The results of a benchmark as text and as data."""
