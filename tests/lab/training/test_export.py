"""The graph that is shipped is the one that the trained weights give."""

from __future__ import annotations

import numpy as np

from nerret_tools.encoding.onnx_backend import OnnxBackend
from nerret_tools.lab.training.export import export
from nerret_tools.models import find_spec

ROWS = [[101, 7592, 2088, 102], [101, 2003, 102]]


def test_what_is_exported_runs_as_what_is_shipped(tmp_path):
    spec = find_spec("minilm")
    (made, states), (shipped, shipped_states) = (
        OnnxBackend(graph).run(ROWS) for graph in (export(spec, tmp_path), spec.weights / "graph.onnx")
    )
    np.testing.assert_allclose(made, shipped, atol=0.05)
    assert states.shape == shipped_states.shape == (2, 4, 768)
