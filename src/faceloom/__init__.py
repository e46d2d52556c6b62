"""faceloom: recordings of people talking, made into trained facial-behaviour models and their metrics."""

__version__ = "0.1.0"
