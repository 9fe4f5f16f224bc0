"""Documents with vectors to be ranked."""

import numpy as np

from nerret_tools.scan import Scan
from nerret_tools.scan.quantised import quantise, rounded


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def make_worlds(seed, documents, dimension, kind):
    """The same documents to be scanned in float32 and in int8, and a query for which many scores lie close."""
    world = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(world.integers(1, 6, documents))])
    rows = int(offsets[-1])
    if kind == "random":
        vectors = unit(world.standard_normal((rows, dimension)))
    elif kind == "clustered":
        centres = unit(world.standard_normal((3, dimension)))
        vectors = unit(centres[world.integers(0, 3, rows)] + 0.02 * world.standard_normal((rows, dimension)))
    elif kind == "equal":
        vectors = unit(world.standard_normal((2, dimension)))[world.integers(0, 2, rows)]
    else:
        vectors = unit(world.standard_normal((rows, dimension)) ** 9)  # one large number, many tiny ones
    query = unit(vectors[0] + 0.1 * unit(world.standard_normal(dimension)))
    ids = np.array([f"d{number}" for number in world.permutation(documents)], dtype=object)
    parts = (rounded(vectors), ids, offsets, world.random(documents) >= 0.2)
    return Scan(*parts, 1), Scan(*parts, 1, quantise(vectors)), query
