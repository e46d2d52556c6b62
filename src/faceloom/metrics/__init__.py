"""Metrics as pure functions on arrays with masks."""
