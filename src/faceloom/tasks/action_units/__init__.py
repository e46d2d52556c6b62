"""Intensities of 17 action units from face geometry, trained on the studio's stills alone."""
