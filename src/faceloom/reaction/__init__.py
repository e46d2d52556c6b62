"""Reactions to one recording: what `faceloom react` does."""
