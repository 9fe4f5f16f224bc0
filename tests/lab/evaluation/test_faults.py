"""Whose fault a missing document is."""

from nerret_tools.lab.evaluation.faults import FaultFinder
from nerret_tools.lab.evaluation.results import Fault


def test_each_missing_document_is_one_partys_fault(rivers):
    assert FaultFinder(*rivers).blame("river") == {
        "found": None,
        "under": Fault.CUT_OFF,
        "low": Fault.RANKER,
        "unseen": Fault.DETECTOR,
    }


def test_what_is_found_is_nobodys_fault(rivers):
    assert set(FaultFinder(*rivers).blame("town").values()) == {None}
