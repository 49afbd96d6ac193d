"""The communities of a corpus or a run: their graph, cohesion, profiles and norms."""
