"""The command line: one module a command, each with one JSON object as its machine-readable answer."""
