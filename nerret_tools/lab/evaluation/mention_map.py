"""Mention embeddings laid out in two dimensions by UMAP, the paper's figure 5."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nerret_tools.extras import extra_package
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.evaluation.representations import GoldMentions

SAMPLE = 2000
"""Mentions drawn: enough to see clusters, few enough for dots that can be told apart."""

TYPES = 16
"""Types drawn, those with the most mentions; more colours cannot be told apart."""

NEIGHBOURS = 15  # UMAP's default
SEED = 0


@dataclass(frozen=True)
class MentionMap:
    """Mentions as points."""

    title: str  # what was laid out
    points: np.ndarray  # `[n, 2]`
    types: np.ndarray  # number of each mention's type in `names`, `[n]`
    names: list[str]  # descriptions of the types


def map_mentions(data: LabelledData, gold: GoldMentions) -> list[MentionMap]:
    """Lay out the same mentions at the tap and as the index keeps them.

    Args:
        data: Gives the types.
        gold: The gold mentions' vectors.

    Raises:
        MissingExtraError: umap-learn is not installed.
        ValueError: There are too few mentions for neighbourhoods.
    """
    chosen, types, names = sample_mentions(data, gold.labels)
    if len(chosen) <= NEIGHBOURS:
        raise ValueError(f"{len(chosen)} mentions are too few for a map")
    center = gold.raw.things.mean(axis=0)
    layouts = {
        "at the tap, before the projection": gold.raw.things[chosen] - center,
        "as the index keeps them": gold.embedding.things[chosen],
    }
    return [MentionMap(title, _lay_out(vectors), types, names) for title, vectors in layouts.items()]


def sample_mentions(data: LabelledData, labels: Sequence[Sequence[str]]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Choose mentions of a single evaluated type, at random but seeded, as many of each type as there are.

    Returns:
        Numbers of the mentions ``[n]``, number of each one's type ``[n]``, and the types' descriptions.
    """
    of_type: dict[str, list[int]] = {label: [] for label in data.types}
    for number, given in enumerate(labels):
        evaluated = [label for label in given if label in of_type]
        if len(evaluated) == 1:
            of_type[evaluated[0]].append(number)
    common = sorted((label for label in of_type if of_type[label]), key=lambda label: -len(of_type[label]))[:TYPES]
    chance = np.random.default_rng(SEED)
    portion = SAMPLE // max(1, len(common))
    chosen = [chance.permutation(of_type[label])[:portion] for label in common]
    types = np.repeat(np.arange(len(common)), [len(one) for one in chosen])
    return np.concatenate(chosen) if chosen else np.zeros(0, int), types, [data.types[label] for label in common]


def _lay_out(vectors: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # about TensorFlow, which this does not need
        package = extra_package("umap", "the map of mentions", "figures")
    # One job, which a seed forces anyway; said here, UMAP does not warn about it.
    layout = package.UMAP(n_neighbors=NEIGHBOURS, metric="cosine", random_state=SEED, n_jobs=1)
    points: np.ndarray = layout.fit_transform(vectors)
    return points
