"""One persona: who it is, what it remembers, what it is sent and what it said."""
