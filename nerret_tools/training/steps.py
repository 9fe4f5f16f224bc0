"""The three steps from a recipe and data to a model's weights."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import numpy as np
import torch
from transformers import AutoTokenizer

from nerret_tools.documents import Document
from nerret_tools.encoding.backbone import load_backbone
from nerret_tools.encoding.encoder import TextEncoder
from nerret_tools.encoding.precision import choose_precision
from nerret_tools.errors import DataFileError
from nerret_tools.evaluation.labelled import read_documents, read_labelled
from nerret_tools.models import ModelSpec
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.models.spec import CALIBRATION_FILE, PROJECTION_FILE, SPAN_HEAD_FILE
from nerret_tools.training.calibration import fit_calibration, macro_f1
from nerret_tools.training.mentions import labelled_mentions, taxonomy_mentions
from nerret_tools.training.projection import train_projection
from nerret_tools.training.recipe import CalibrationRecipe, ProjectionRecipe, SpanRecipe
from nerret_tools.training.spans import MarkedText, train_span_head
from nerret_tools.training.taxonomy import read_wordnet

logger = logging.getLogger(__name__)


def make_span_head(spec: ModelSpec, recipe: SpanRecipe, data: Path, out: Path) -> Path:
    """Train the span head and write it to ``out``; return the file."""
    texts: list[MarkedText] = []
    for source in recipe.data:
        for document in read_documents(data / source.path):
            spans = tuple((span.start, span.end) for span in document.gold_spans())
            texts += [MarkedText(document.text, spans, source.complete)] * source.repeat
    if not texts:
        raise DataFileError("the recipe names no data for the span head")
    logger.info("span head: %d sentences", len(texts))
    head = train_span_head(_encoder(spec), texts, recipe)
    out.mkdir(parents=True, exist_ok=True)
    head.save(out / SPAN_HEAD_FILE)
    return out / SPAN_HEAD_FILE


def make_projection(spec: ModelSpec, recipe: ProjectionRecipe, data: Path, out: Path) -> Path:
    """Train the projection and write it to ``out``; return the file."""
    taxonomy = read_wordnet(data / recipe.taxonomy)
    logger.info("projection: %d types, %d nouns", len(taxonomy.types), len(taxonomy.synsets))
    labelled = [read_labelled(data / source.path, data / source.types) for source in recipe.labelled]
    encoder = _encoder(spec)
    projection = train_projection(
        taxonomy_mentions(encoder, taxonomy, recipe.seed),
        labelled_mentions(encoder, labelled) if labelled else None,
        recipe,
    )
    out.mkdir(parents=True, exist_ok=True)
    projection.save(out / PROJECTION_FILE)
    return out / PROJECTION_FILE


def make_calibration(spec: ModelSpec, recipe: CalibrationRecipe, data: Path, out: Path) -> Path:
    """Fit relevance on detected mentions of development sentences; return the file."""
    from nerret_tools.index import EntityIndex

    labelled = read_labelled(data / recipe.labelled.path, data / recipe.labelled.types)
    with tempfile.TemporaryDirectory() as folder, EntityIndex.open(folder, model=spec) as index:
        index.add(Document(id=document.id, text=document.text) for document in labelled.documents)
        ranked = index.rank_many(list(labelled.types.values()))
    rankings = []
    for label, (ids, scores, _) in zip(labelled.types, ranked, strict=True):
        relevant = labelled.relevant[label]
        unranked = len(relevant.difference(ids))
        found = np.array([document_id in relevant for document_id in ids] + [True] * unranked)
        rankings.append((np.concatenate([scores, np.full(unranked, -1.0)]), found))
    calibration = fit_calibration(rankings)
    logger.info(
        "calibration: macro F1 %.3f at the default cut-off %.2f on %d development types",
        macro_f1(rankings, calibration.score_at(calibration.cutoff) or -1.0),
        calibration.cutoff,
        len(rankings),
    )
    out.mkdir(parents=True, exist_ok=True)
    calibration.save(out / CALIBRATION_FILE)
    return out / CALIBRATION_FILE


def _encoder(spec: ModelSpec) -> TextEncoder:
    torch.manual_seed(0)
    folder = backbone_folder(spec)
    backbone = load_backbone(folder, spec.tap, state_blocks=spec.state_blocks, dtype=choose_precision())
    return TextEncoder(backbone, AutoTokenizer.from_pretrained(folder))
