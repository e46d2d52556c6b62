"""Facial reactions of a listener (reference 4, REACT 2023)."""
