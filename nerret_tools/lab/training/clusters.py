"""How many archetypes: types of the taxonomy clustered, with the silhouette and the gap statistic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from nerret_tools.archetypes.mediation import unit_part
from nerret_tools.extras import extra_package
from nerret_tools.lab.training.taxonomy import Taxonomy
from nerret_tools.models.entity_model import EntityModel

TYPES_OF_A_FILE = 30  # the largest types of each lexicographer file, so that persons do not outnumber all else
LEAST_MEMBERS = 20
DIMENSIONS = 30  # principal components; in 500 dimensions all distances are alike
REFERENCES = 5  # uniform samples for the gap statistic
STARTS = 4  # of k-means
SHOWN_TYPES = 15


class ClusterCount(BaseModel):
    """Statistics of one number of clusters."""

    clusters: int  # their number
    silhouette: float  # mean over the types, in [-1, 1]
    gap: float  # logarithm of the dispersion expected without clusters, less that found (Tibshirani et al., 2001)
    gap_error: float  # its standard error


class ClusterReport(BaseModel):
    """The statistics of each number, and the clusters of one: types nearest to each centre."""

    types: int
    counts: list[ClusterCount]
    shown: int
    clusters: list[list[str]]


def lexicographer_files(path: Path) -> list[int]:
    """Return the number of each synset's lexicographer file, in the order of `read_wordnet`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [int(line.split(maxsplit=2)[1]) for line in lines if not line.startswith("  ")]


def cluster_types(
    model: EntityModel,
    taxonomy: Taxonomy,
    files: Sequence[int],
    descriptions: Sequence[str],
    counts: Iterable[int],
    shown: int,
    seed: int,
) -> ClusterReport:
    """Cluster the largest types of each lexicographer file, with labelled types (descriptions) beside them.

    A type is embedded as its name and definition. `shown` is the number of clusters whose types are listed.

    Raises:
        MissingExtraError: scipy is not installed.
    """
    names, definitions = _largest(taxonomy, files)
    vectors = model.encode_types(names) + model.encode_types(definitions)
    vectors = unit_part(np.concatenate([vectors, model.encode_types(descriptions)]), 0)
    names = [*names, *descriptions]
    centred = unit_part(vectors - vectors.mean(axis=0), 0)
    left, sizes, _ = np.linalg.svd(centred - centred.mean(axis=0), full_matrices=False)
    points = (left * sizes)[:, :DIMENSIONS].astype(np.float64)
    generator = np.random.default_rng(seed)
    low, high = points.min(axis=0), points.max(axis=0)
    references = [generator.uniform(low, high, points.shape) for _ in range(REFERENCES)]
    rows = []
    for count in counts:
        labels, dispersion = _k_means(points, count, seed)
        expected = np.array([_k_means(reference, count, seed)[1] for reference in references])
        error = float(expected.std() * np.sqrt(1 + 1 / REFERENCES))
        rows.append(
            ClusterCount(
                clusters=count,
                silhouette=round(_silhouette(points, labels), 4),
                gap=round(float(expected.mean() - dispersion), 4),
                gap_error=round(error, 4),
            )
        )
    labels, _ = _k_means(points, shown, seed)
    clusters = [_nearest(points, labels, cluster, names) for cluster in range(shown)]
    return ClusterReport(types=len(points), counts=rows, shown=shown, clusters=clusters)


def _largest(taxonomy: Taxonomy, files: Sequence[int]) -> tuple[list[str], list[str]]:
    by_file: dict[int, list[tuple[int, int]]] = {}
    for synset, members in zip(taxonomy.types, taxonomy.members, strict=True):
        if len(members) >= LEAST_MEMBERS:
            by_file.setdefault(files[synset], []).append((-len(members), synset))
    chosen = [synset for found in by_file.values() for _, synset in sorted(found)[:TYPES_OF_A_FILE]]
    synsets = [taxonomy.synsets[synset] for synset in sorted(chosen)]
    return [synset.lemmas[0] for synset in synsets], [synset.definition or synset.lemmas[0] for synset in synsets]


def _k_means(points: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, float]:
    """The best of several starts: labels, and the logarithm of the dispersion within clusters."""
    k_means = extra_package("scipy.cluster.vq", "Clustering types", "evaluation").kmeans2
    found: list[tuple[np.ndarray, float]] = []
    for start in range(STARTS):
        centres, labels = k_means(points, count, minit="++", seed=seed + start, missing="warn")
        found.append((labels, float(np.log(((points - centres[labels]) ** 2).sum()))))
    return min(found, key=lambda one: one[1])


def _silhouette(points: np.ndarray, labels: np.ndarray) -> float:
    squares = (points**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * points @ points.T, 0))
    members = np.eye(labels.max() + 1)[labels]
    sizes = members.sum(axis=0)
    totals = distances @ members
    own = totals[np.arange(len(points)), labels] / np.maximum(sizes[labels] - 1, 1)
    means = totals / np.maximum(sizes, 1)
    means[:, sizes == 0] = np.inf
    means[np.arange(len(points)), labels] = np.inf
    other = means.min(axis=1)
    values = np.where(sizes[labels] > 1, (other - own) / np.maximum(own, other), 0.0)
    return float(values.mean())


def _nearest(points: np.ndarray, labels: np.ndarray, cluster: int, names: Sequence[str]) -> list[str]:
    inside = np.flatnonzero(labels == cluster)
    if not len(inside):
        return []
    order = np.argsort(((points[inside] - points[inside].mean(axis=0)) ** 2).sum(axis=1))
    return list(dict.fromkeys(names[inside[position]] for position in order))[:SHOWN_TYPES]
