"""Prompts: what a persona is sent, written in files that a user can read and replace."""
