"""Data sets to hold simulations against: one loader a data set."""
