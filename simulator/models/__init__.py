"""Language models: one small protocol, two clients, and the wrappers that make them safe to run for days."""
