"""Triage reads arXiv every week and hands out one ranked shortlist per topic."""

from importlib.metadata import version

__version__ = version("triage")
