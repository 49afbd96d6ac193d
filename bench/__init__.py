"""How true: items with real votes, tasks, metrics, baselines, noise ceilings and the report."""
