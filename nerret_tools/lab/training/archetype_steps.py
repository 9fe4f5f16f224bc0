"""From a recipe and data to the archetype head and the typing weights."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nerret_tools.archetypes.candidates import read_candidates
from nerret_tools.archetypes.discovery import (
    ANCHOR_THRESHOLD,
    EXPLORER_THRESHOLD,
    ConsensusDetector,
    SpanHeadDetector,
)
from nerret_tools.archetypes.mediation import ARCHETYPES_FILE, ArchetypeHead
from nerret_tools.archetypes.schema import TypeDefinition, read_types
from nerret_tools.archetypes.typing_weights import TYPING_FILE
from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.labelled import LabelledDocument, read_documents
from nerret_tools.lab.training.archetypes import (
    label_archetypes,
    labelled_embeddings,
    labelled_examples,
    noun_examples,
    train_head,
    wordings,
)
from nerret_tools.lab.training.catalogue import read_catalogue
from nerret_tools.lab.training.clusters import ClusterReport, cluster_types, lexicographer_files
from nerret_tools.lab.training.recipe import ArchetypesStep, FirstDocuments
from nerret_tools.lab.training.taxonomy import read_nouns
from nerret_tools.lab.training.typing import DevelopmentSet, fit_typing
from nerret_tools.models import ModelSpec
from nerret_tools.models.entity_model import EntityModel
from nerret_tools.models.model import Model

logger = logging.getLogger(__name__)

DEFINITIONS_FILE = Path(__file__).with_name("definitions.json")
CLUSTER_COUNTS = range(4, 31, 2)


def make_archetypes(spec: ModelSpec, recipe: ArchetypesStep, data: Path, out: Path) -> Path:
    """Train the head, fit the typing weights, write both to ``out``; return the folder."""
    model = Model(spec).load()
    head = make_head(model, recipe, data)
    head.save(out / ARCHETYPES_FILE)
    sets = [_development_set(model, spec, source, data) for source in recipe.development]
    fit_typing(sets, head, recipe.seed).save(out / TYPING_FILE)
    return out


def make_head(model: EntityModel, recipe: ArchetypesStep, data: Path) -> ArchetypeHead:
    """Train on nouns; let that tell the archetypes of labelled types; train on both."""
    catalogue = read_catalogue()
    nouns = noun_examples(model, read_nouns(data / recipe.taxonomy), catalogue, recipe.seed)
    parts, first = [nouns], train_head(catalogue, [nouns], model.projection.dimension, recipe.seed)
    for source in recipe.labelled:
        documents = read_documents(data / source.path, limit=source.limit)
        types = _types(documents)
        embeddings, classes = labelled_embeddings(model, documents, [one.label for one in types])
        archetypes = label_archetypes(first, embeddings, classes, *wordings(model, types))
        for one, row in zip(types, archetypes, strict=True):
            logger.info("%s: %s %.2f", one.label, first.names[int(row.argmax())], row.max())
        parts.append(labelled_examples(embeddings, classes, archetypes))
    return train_head(catalogue, parts, model.projection.dimension, recipe.seed)


def report_clusters(spec: ModelSpec, recipe: ArchetypesStep, data: Path) -> ClusterReport:
    """Cluster types, for choosing the archetypes and their number."""
    path = data / recipe.taxonomy
    documents = [one for source in recipe.labelled for one in read_documents(data / source.path, limit=source.limit)]
    return cluster_types(
        Model(spec).load(),
        read_nouns(path),
        lexicographer_files(path),
        [one.name for one in _types(documents)],
        CLUSTER_COUNTS,
        len(read_catalogue().archetypes),
        recipe.seed,
    )


def _types(documents: Sequence[LabelledDocument]) -> list[TypeDefinition]:
    """The labels of documents with the names and definitions written for them."""
    known = json.loads(DEFINITIONS_FILE.read_text(encoding="utf-8"))
    labels = sorted({entity.type for document in documents for entity in document.entities})
    missing = [label for label in labels if label not in known]
    if missing:
        raise DataFileError(f"{DEFINITIONS_FILE.name} does not define {', '.join(missing)}")
    return read_types({label: known[label] for label in labels})


def _development_set(model: EntityModel, spec: ModelSpec, source: FirstDocuments, data: Path) -> DevelopmentSet:
    documents = read_documents(data / source.path, limit=source.limit)
    types = _types(documents)
    position = {one.label: number for number, one in enumerate(types)}
    detector = ConsensusDetector(SpanHeadDetector(ANCHOR_THRESHOLD, spec), SpanHeadDetector(EXPLORER_THRESHOLD, spec))
    names, definitions = wordings(model, types)
    logger.info("finding candidates in %d sentences of %s", len(documents), source.path)
    return DevelopmentSet(
        source.path,
        read_candidates(model, detector, [document.text for document in documents]),
        [{(one.start, one.end): position[one.type] for one in document.entities} for document in documents],
        names,
        definitions,
        np.array([one.is_residual for one in types]),
    )
