"""Containers: probe, decode on the 25 fps grid, read and write."""
