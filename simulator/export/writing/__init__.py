"""Rows, files, the folder they are put in place in, and the card that says what they are."""
