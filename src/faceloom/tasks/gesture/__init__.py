"""Speech to upper-face gestures (reference 1)."""
