"""Preference data as it comes: margins, biases, disagreement, rows."""
