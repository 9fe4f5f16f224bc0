"""Labelled data in, tables and figures out; the baselines stand beside the index.

`evaluate` runs the real path: it builds an index, asks for each type, and scores the rankings.
The baselines and the significance test need the ``evaluation`` extra; importing this does not.
"""

from nerret_tools.lab.evaluation.baselines import Baseline
from nerret_tools.lab.evaluation.labelled import LabelledData, LabelledDocument, LabelledEntity, read_labelled
from nerret_tools.lab.evaluation.report import EvaluationReport, SystemReport, TypeReport
from nerret_tools.lab.evaluation.run import SpanSource, evaluate
from nerret_tools.lab.evaluation.table import render

__all__ = [
    "Baseline",
    "EvaluationReport",
    "LabelledData",
    "LabelledDocument",
    "LabelledEntity",
    "SpanSource",
    "SystemReport",
    "TypeReport",
    "evaluate",
    "read_labelled",
    "render",
]
