"""The data read again: rows by name, and from any row back to the ballots and model calls that it follows from."""
