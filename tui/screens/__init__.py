"""The screens: each asks for a snapshot in a thread, and draws what comes."""
