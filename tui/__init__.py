"""The terminal: the command line and the Textual application."""
