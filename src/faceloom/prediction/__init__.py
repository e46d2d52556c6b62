"""Faces of any picture or film: where they are, their points, expression, action units and pose."""
