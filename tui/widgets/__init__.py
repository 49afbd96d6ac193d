"""Widgets that draw plain text: rows, bars and prose, of known width, never markup."""
