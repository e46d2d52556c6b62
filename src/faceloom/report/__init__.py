"""The HTML report: pictures, films and scores of everything that the DAG made, in one file."""

from faceloom.report.build import build

__all__ = ["build"]
