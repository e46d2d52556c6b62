"""Synthetic recordings of people talking, with exact ground truth. Nothing in it pretends to be real footage."""
