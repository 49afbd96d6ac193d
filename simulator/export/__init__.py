"""Training data from a run: pairs, labelled completions and full records, each traceable to the ballots behind it."""
