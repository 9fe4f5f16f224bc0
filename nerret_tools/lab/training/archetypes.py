"""Train the archetype head: nouns of a taxonomy, then mentions whose types found their archetype by it."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nerret_tools.archetypes.mediation import ArchetypeHead, unit_part
from nerret_tools.archetypes.schema import TypeDefinition
from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.labelled import LabelledDocument
from nerret_tools.lab.training.catalogue import Catalogue
from nerret_tools.lab.training.mentions import CARRIERS, MarkedSentence
from nerret_tools.lab.training.taxonomy import Taxonomy
from nerret_tools.models.entity_model import EntityModel

logger = logging.getLogger(__name__)

INSTANCES = 500  # named nouns ("Rhine") an archetype, at most: mentions are names
KINDS = 900  # other nouns ("river") an archetype, at most
CHUNK = 4000  # texts encoded at a time
WIDTH = 128  # of the head's hidden layer
DROPOUT = 0.2
EPOCHS = 8
BATCH = 512
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 1e-2
HELD_BACK = 0.1  # share of the nouns that the temperature is fitted on


@dataclass(frozen=True)
class Examples:
    """Embeddings ``[n, d]``, their distributions over archetypes ``[n, k]``, and weights ``[n]``."""

    embeddings: np.ndarray
    targets: np.ndarray
    weights: np.ndarray


def noun_archetypes(taxonomy: Taxonomy, catalogue: Catalogue) -> np.ndarray:
    """Give each synset the archetype of the nearest seed above it, ``[n_synsets]``; -1: of none.

    A seed is a lemma; of its senses the one with the most members is meant. Nearest: the seed
    with the fewest members.

    Raises:
        DataFileError: No type of the taxonomy has the seed's name.
    """
    senses: dict[str, list[int]] = {}
    for position, synset in enumerate(taxonomy.types):
        for lemma in taxonomy.synsets[synset].lemmas:
            senses.setdefault(lemma.lower(), []).append(position)
    sizes = [len(members) for members in taxonomy.members]
    archetype_of: dict[int, int] = {}
    for number, archetype in enumerate(catalogue.archetypes):
        for seed in archetype.seeds:
            if seed.lower() not in senses:
                raise DataFileError(f"archetype {archetype.name}: no type of the taxonomy is called {seed!r}")
            archetype_of[max(senses[seed.lower()], key=lambda position: sizes[position])] = number
    found = np.full(len(taxonomy.synsets), -1)
    itself = {synset: position for position, synset in enumerate(taxonomy.types) if position in archetype_of}
    for synset in range(len(taxonomy.synsets)):
        above = [position for position in taxonomy.ancestors[synset].tolist() if position in archetype_of]
        if synset in itself:
            above = [itself[synset]]
        if above:
            found[synset] = archetype_of[min(above, key=lambda position: sizes[position])]
    return found


def noun_examples(model: EntityModel, taxonomy: Taxonomy, catalogue: Catalogue, seed: int) -> Examples:
    """Read nouns alone, in a sentence or before their definition, and definitions alone."""
    generator = random.Random(seed)
    archetypes = noun_archetypes(taxonomy, catalogue)
    read: list[MarkedSentence] = []
    labels: list[int] = []
    for number in range(len(catalogue.archetypes)):
        members = np.flatnonzero(archetypes == number).tolist()
        generator.shuffle(members)
        named = [one for one in members if taxonomy.synsets[one].is_instance][:INSTANCES]
        kinds = [one for one in members if not taxonomy.synsets[one].is_instance][:KINDS]
        for one in named + kinds:
            synset = taxonomy.synsets[one]
            before, after = generator.choice(CARRIERS).split("{}")
            read.append(MarkedSentence.of("", generator.choice(synset.lemmas), ""))
            if generator.random() < 0.5:
                before, after = "", f" : {synset.definition}"
            read.append(MarkedSentence.of(before, generator.choice(synset.lemmas), after))
            if synset.definition:
                read.append(MarkedSentence.of("", synset.definition, ""))
            labels += [number] * (len(read) - len(labels))
    embeddings, kept = encode_spans(model, [one.text for one in read], [one.spans for one in read])
    classes = np.array(labels)[kept]
    counts = np.bincount(classes, minlength=len(catalogue.archetypes))
    weights = 1 / counts[classes]
    return Examples(embeddings, np.eye(len(counts))[classes], weights / weights.sum())


def encode_spans(
    model: EntityModel, texts: Sequence[str], spans: Sequence[list[tuple[int, int]]]
) -> tuple[np.ndarray, np.ndarray]:
    """Embed one span a text; return the embeddings and which texts could be read."""
    parts, kept = [], []
    for first in range(0, len(texts), CHUNK):
        chunk = slice(first, first + CHUNK)
        for position, one in enumerate(model.encode(texts[chunk], spans[chunk]), start=first):
            if len(one.spans) == 1:
                parts.append(one.embeddings)
                kept.append(position)
        logger.info("encoded %d of %d nouns in context", min(first + CHUNK, len(texts)), len(texts))
    return np.concatenate(parts), np.array(kept)


def labelled_embeddings(
    model: EntityModel, documents: Sequence[LabelledDocument], labels: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Embed the marked entities with one of these labels; return embeddings and label positions."""
    position = {label: number for number, label in enumerate(labels)}
    wanted = [
        {(one.start, one.end): position[one.type] for one in document.entities if one.type in position}
        for document in documents
    ]
    encoded = model.encode([document.text for document in documents], [sorted(spans) for spans in wanted])
    classes = [spans[a, b] for spans, one in zip(wanted, encoded, strict=True) for a, b in one.spans.tolist()]
    return np.concatenate([one.embeddings for one in encoded]), np.array(classes)


def label_archetypes(
    head: ArchetypeHead, embeddings: np.ndarray, classes: np.ndarray, names: np.ndarray, definitions: np.ndarray
) -> np.ndarray:
    """Let a head that knows nouns tell each label's archetypes from its mentions and its wording.

    The product of the mean over its mentions and the geometric mean over name and definition:
    what both agree on.

    Returns:
        Distributions ``[n_labels, n_archetypes]``.
    """
    wording = np.sqrt(head.distributions(names) * head.distributions(definitions))
    of_mentions = head.distributions(embeddings)
    means = np.stack([of_mentions[classes == label].mean(axis=0) for label in range(len(names))])
    agreed = means * wording
    result: np.ndarray = agreed / agreed.sum(axis=1, keepdims=True)
    return result


def labelled_examples(embeddings: np.ndarray, classes: np.ndarray, archetypes: np.ndarray) -> Examples:
    """Give each mention its label's archetypes; frequent labels count by the root of their number."""
    weights = 1 / np.sqrt(np.bincount(classes, minlength=len(archetypes))[classes])
    return Examples(embeddings, archetypes[classes], weights / weights.sum())


def train_head(catalogue: Catalogue, parts: Sequence[Examples], dimension: int, seed: int) -> ArchetypeHead:
    """Train on all parts, the nouns first, each with the same weight in sum; fit the temperature on nouns held back.

    `dimension`: columns of an embedding that are the mention's own.
    """
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    held = generator.random(len(parts[0].embeddings)) < HELD_BACK
    kept = [parts[0].embeddings[~held], *(part.embeddings for part in parts[1:])]
    embeddings = torch.from_numpy(unit_part(np.concatenate(kept), 0, dimension))
    targets = torch.from_numpy(np.concatenate([parts[0].targets[~held], *(part.targets for part in parts[1:])])).float()
    weights = torch.from_numpy(np.concatenate([parts[0].weights[~held], *(part.weights for part in parts[1:])])).float()
    head = _HeadInTraining(dimension, len(catalogue.names))
    optimizer = torch.optim.AdamW(head.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * -(-len(embeddings) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(embeddings)).split(BATCH):
            losses = F.cross_entropy(head(embeddings[rows]), targets[rows], reduction="none")
            optimizer.zero_grad(set_to_none=True)
            ((losses * weights[rows]).sum() / weights[rows].sum()).backward()
            optimizer.step()
            schedule.step()
    head.eval()
    temperature = _fit_temperature(
        head,
        torch.from_numpy(unit_part(parts[0].embeddings[held], 0, dimension)),
        torch.from_numpy(parts[0].targets[held]),
    )
    return ArchetypeHead(
        catalogue.names, {name: value.numpy() for name, value in head.state_dict().items()}, temperature
    )


class _HeadInTraining(nn.Module):
    """What `ArchetypeHead` computes, with gradients and dropout."""

    def __init__(self, dimension: int, count: int) -> None:
        super().__init__()
        self.first = nn.Linear(dimension, WIDTH)
        self.dropout = nn.Dropout(DROPOUT)
        self.second = nn.Linear(WIDTH, count)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Return logits ``[n, n_archetypes]`` for embeddings ``[n, d]``."""
        logits: Tensor = self.second(self.dropout(F.gelu(self.first(embeddings))))
        return logits


@torch.no_grad()
def _fit_temperature(head: _HeadInTraining, embeddings: Tensor, targets: Tensor) -> float:
    logits = head(embeddings)
    tried = np.arange(0.5, 3.01, 0.05)
    losses = [float(F.cross_entropy(logits / float(value), targets.float())) for value in tried]
    temperature = round(float(tried[int(np.argmin(losses))]), 2)
    chosen = (logits / temperature).softmax(dim=1)
    right = chosen.argmax(dim=1) == targets.argmax(dim=1)
    logger.info(
        "archetype head: accuracy %.3f, mean confidence %.3f on %d nouns held back, temperature %.2f",
        right.double().mean(),
        chosen.max(dim=1).values.mean(),
        len(right),
        temperature,
    )
    return temperature


def wordings(model: EntityModel, types: Sequence[TypeDefinition]) -> tuple[np.ndarray, np.ndarray]:
    """Embed names and definitions, each ``[n, d]``."""
    return model.encode_types([one.name for one in types]), model.encode_types([one.definition for one in types])
