"""Metrics of generated listener reactions, as the REACT challenge defines them (docs/reaction-metrics.md)."""

from faceloom.metrics.reaction.baselines import baselines
from faceloom.metrics.reaction.evaluation import METRICS, evaluate
from faceloom.metrics.reaction.realism import frechet_distance

__all__ = ["METRICS", "baselines", "evaluate", "frechet_distance"]
