"""Fifteen facial keypoints (reference 2)."""
