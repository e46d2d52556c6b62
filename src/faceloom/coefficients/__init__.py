"""Reactions as coefficients of a 3D face model, learnt from data that have them: `faceloom coefficients train`."""
