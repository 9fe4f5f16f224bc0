"""Rules for several types are compared on what is known, and nothing else."""

import numpy as np

from nerret_tools import EntityQuery
from nerret_tools.lab.evaluation.combinations import RULES, Case, World, compare
from nerret_tools.models import Calibration

CURVE = Calibration(slope=10.0, intercept=0.0, cutoff=0.4)


def test_each_rule_has_a_row_and_what_is_unknown_counts_nowhere():
    relevances = {"a": np.array([0.9, 0.8, 0.1, 0.9]), "b": np.array([0.9, 0.1, 0.8, 0.9])}
    cases = [
        Case("all: both", EntityQuery(all_of=["a", "b"]), np.array([1, 0, 0, -1])),
        Case("any: one", EntityQuery(any_of=["a", "b"], scope="document"), np.array([1, 1, 1, -1])),
        Case("none: b", EntityQuery(all_of=["a"], none_of=["b"]), np.array([0, 1, 0, -1])),
    ]
    rows = list(compare(World("made up", relevances, cases), CURVE))
    assert [(row["kind"], row["rule"]) for row in rows] == [
        (case.kind, rule) for case in cases for rule in ("shipped", *RULES[case.kind.split(":")[0]])
    ]
    shipped = {row["kind"]: row for row in rows if row["rule"] == "shipped"}
    assert all(row["average_precision"] == row["r_precision"] == 1.0 for row in shipped.values())
    assert {kind: row["true"] for kind, row in shipped.items()} == {"all: both": 1, "any: one": 3, "none: b": 1}
    ignored = next(row for row in rows if row["rule"] == "ignore")
    assert ignored["log_loss"] > shipped["none: b"]["log_loss"]
