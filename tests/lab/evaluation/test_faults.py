"""Whose fault a missing document is."""

from nerret_tools.lab.evaluation.faults import FaultFinder
from nerret_tools.lab.evaluation.results import Fault


def test_each_missing_document_is_one_partys_fault_and_what_is_found_is_nobodys(rivers):
    finder = FaultFinder(*rivers)
    faults = {"found": None, "under": Fault.CUT_OFF, "low": Fault.RANKER, "unseen": Fault.DETECTOR}
    assert finder.blame("river") == faults
    assert set(finder.blame("town").values()) == {None}
