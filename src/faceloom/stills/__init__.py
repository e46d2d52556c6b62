"""Faces in stills: data sets of single pictures read, split, packed and augmented."""
