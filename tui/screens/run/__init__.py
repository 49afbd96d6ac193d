"""A run: what it is begun with, how it goes, and its replay."""
