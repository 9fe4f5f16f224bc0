"""Fit how names, definitions and archetypes decide a mention's type, and when it has none."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from nerret_tools.archetypes.candidates import Candidates
from nerret_tools.archetypes.mediation import ArchetypeHead, Mediation
from nerret_tools.archetypes.resolution import without_overlaps
from nerret_tools.archetypes.typing_weights import Typing, TypingWeights, acceptance
from nerret_tools.lab.training.descent import minimise

logger = logging.getLogger(__name__)

SCHEMAS = 12  # drawn from the labels of each development set
CUTOFFS = np.arange(0.05, 0.91, 0.025)
NO_LABEL = -1


@dataclass(frozen=True)
class DevelopmentSet:
    """Candidates of labelled sentences."""

    name: str  # of the set
    candidates: list[Candidates]  # of each sentence
    gold: list[dict[tuple[int, int], int]]  # span → label position, for each sentence
    names: np.ndarray  # embedded names of the labels, `[n_labels, d]`
    definitions: np.ndarray  # embedded definitions, `[n_labels, d]`
    residual: np.ndarray  # which labels stand for the rest, `[n_labels]`


@dataclass(frozen=True)
class Episode:
    """One schema over one set, compared with every candidate."""

    parts: np.ndarray  # cosines with names, definitions and context, and log agreement, `[n, n_types, 4]`
    residual: np.ndarray  # which types stand for the rest, `[n_types]`
    labels: np.ndarray  # type of each candidate that is exactly a gold span of the schema, else -1, `[n]`
    probabilities: np.ndarray  # that a candidate is a mention, `[n]`
    gold: int  # number of gold spans of the schema, also those that are no candidate
    name: str | None  # of the set, where it is the set's whole schema; else None
    source: DevelopmentSet  # the set


def draw_episodes(data: DevelopmentSet, head: ArchetypeHead, seed: int) -> list[Episode]:
    """Draw schemas: the whole one with and without definitions, and parts of it.

    In a third of the parts some labels are put together as ``misc``.
    """
    generator = np.random.default_rng(seed)
    count = len(data.names)
    whole = np.arange(count)
    episodes = [
        _episode(data, head, whole, (), True, data.name),
        _episode(data, head, whole, (), False, f"{data.name}, names only"),
    ]
    for number in range(SCHEMAS):
        size = int(generator.integers(2, count + 1)) if count > 2 else count
        chosen = np.sort(generator.choice(count, size, replace=False))
        rest = np.setdiff1d(whole, chosen) if number % 3 == 0 else ()
        episodes.append(_episode(data, head, chosen, rest, bool(generator.random() < 0.5)))
    return episodes


def _episode(
    data: DevelopmentSet,
    head: ArchetypeHead,
    labels: np.ndarray,
    rest: Sequence[int] | np.ndarray,
    defined: bool,
    name: str | None = None,
) -> Episode:
    names = data.names[labels]
    definitions = data.definitions[labels] if defined else names
    residual = data.residual[labels]
    column = {int(label): position for position, label in enumerate(labels)}
    if len(rest):
        names, definitions = np.vstack([names, names[:1]]), np.vstack([definitions, definitions[:1]])
        residual = np.append(residual, True)
        column |= {int(label): len(labels) for label in rest}
    archetypes = (head.distributions(names) + head.distributions(definitions)) / 2
    embeddings = np.concatenate([one.embeddings for one in data.candidates])
    parts = Mediation(names, definitions, archetypes, residual, head.dimension).compare(
        embeddings, head.distributions(embeddings)
    )
    gold = [{span: column[label] for span, label in spans.items() if label in column} for spans in data.gold]
    found = [
        spans.get((int(a), int(b)), NO_LABEL)
        for spans, one in zip(gold, data.candidates, strict=True)
        for a, b in one.spans
    ]
    return Episode(
        parts.astype(np.float64),
        residual,
        np.array(found),
        np.concatenate([one.probabilities for one in data.candidates]),
        sum(map(len, gold)),
        name,
        source=data,
    )


def fit_typing(sets: Sequence[DevelopmentSet], head: ArchetypeHead, seed: int) -> Typing:
    """Fit the weights with archetypes and without them."""
    episodes = [episode for data in sets for episode in draw_episodes(data, head, seed)]
    mediated, direct = _fit(episodes, archetypes=True), _fit(episodes, archetypes=False)
    for name, weights in (("with archetypes", mediated), ("without", direct)):
        scores = {one.name: round(micro_f1(one, weights, weights.cutoff), 3) for one in episodes if one.name}
        logger.info("typing %s: micro F1 %s, cut-off %.3f", name, scores, weights.cutoff)
    return Typing(mediated, direct)


def _fit(episodes: Sequence[Episode], *, archetypes: bool) -> TypingWeights:
    line = torch.tensor([5.0, 3.0, 0.0, 0.5 if archetypes else 0.0, 2.0], dtype=torch.float64, requires_grad=True)
    usable = torch.tensor([1.0, 1.0, 1.0, float(archetypes), 1.0], dtype=torch.float64)
    prepared = [
        (torch.from_numpy(one.parts), torch.from_numpy(one.residual), torch.from_numpy(one.labels)) for one in episodes
    ]

    def typing_loss() -> Tensor:
        total = torch.zeros((), dtype=torch.float64)
        for parts, residual, labels in prepared:
            known = labels >= 0
            if not known.any():
                continue
            scores = _scores(parts[known], residual, line * usable)
            counts = torch.bincount(labels[known], minlength=parts.shape[1]).double()
            weights = counts.clamp(min=1).rsqrt()[labels[known]]
            total = total + (F.cross_entropy(scores, labels[known], reduction="none") * weights).sum() / weights.sum()
        return total / len(prepared)

    minimise(line, typing_loss)
    fitted = (line * usable).detach()
    chosen = [
        _best(_scores(parts, residual, fitted), one.probabilities)
        for (parts, residual, _), one in zip(prepared, episodes, strict=True)
    ]
    right = [
        torch.from_numpy((best == one.labels).astype(np.float64))
        for (best, _), one in zip(chosen, episodes, strict=True)
    ]
    curve = torch.tensor([-2.0, 0.5, 0.1, 0.5], dtype=torch.float64, requires_grad=True)

    def curve_loss() -> Tensor:
        losses = [
            F.binary_cross_entropy_with_logits(features @ curve, target)
            for (_, features), target in zip(chosen, right, strict=True)
        ]
        return torch.stack(losses).mean()

    minimise(curve, curve_loss)
    values = [round(float(value), 4) for value in (*fitted, *curve.detach())]
    names = (field.name for field in fields(TypingWeights))
    draft = TypingWeights(**dict(zip(names, [*values, 0.5], strict=True)))
    whole = [one for one in episodes if one.name]
    best = max(CUTOFFS, key=lambda cutoff: np.mean([micro_f1(one, draft, float(cutoff)) for one in whole]))
    return replace(draft, cutoff=round(float(best), 3))


def _scores(parts: Tensor, residual: Tensor, line: Tensor) -> Tensor:
    return torch.where(residual, line[4], parts @ line[:4])


def _best(scores: Tensor, probabilities: np.ndarray) -> tuple[np.ndarray, Tensor]:
    """The best type of each candidate, and what the curve is of for it."""
    values = scores.numpy()
    best = values.argmax(axis=1)
    return best, torch.from_numpy(acceptance(values, best, probabilities))


def micro_f1(episode: Episode, weights: TypingWeights, cutoff: float) -> float:
    """Exact span and type, after overlaps are resolved."""
    scores = _scores(
        torch.from_numpy(episode.parts),
        torch.from_numpy(episode.residual),
        torch.tensor(astuple(weights)[:5], dtype=torch.float64),
    )
    best, features = _best(scores, episode.probabilities)
    relevances = 1 / (1 + np.exp(-features.numpy() @ weights.curve))
    right = listed = first = 0
    for one in episode.source.candidates:
        rows = slice(first, first + len(one.spans))
        first = rows.stop
        kept = without_overlaps(one.spans, relevances[rows], cutoff)
        listed += len(kept)
        right += int((best[rows][kept] == episode.labels[rows][kept]).sum())
    return 2 * right / max(1, listed + episode.gold)
