"""Detect, track and crop faces."""
