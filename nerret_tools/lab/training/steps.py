"""From a recipe and data to a model's weights, step by step."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import torch

from nerret_tools.detection.span_head import SpanHead
from nerret_tools.encoding.torch_backend import TorchEncoder
from nerret_tools.errors import DataFileError, ModelError
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.training.archetype_steps import make_archetypes
from nerret_tools.lab.training.body import train_body
from nerret_tools.lab.training.body_data import draws, marked_texts
from nerret_tools.lab.training.calibration import fit_calibration, leave_one_out
from nerret_tools.lab.training.export import export
from nerret_tools.lab.training.judging import judged_rankings
from nerret_tools.lab.training.mentions import labelled_mentions, taxonomy_mentions
from nerret_tools.lab.training.projection import train_projection
from nerret_tools.lab.training.recipe import (
    ArchetypesStep,
    BodyStep,
    CalibrationStep,
    ExportStep,
    ProjectionStep,
    Recipe,
    SpansStep,
    Step,
)
from nerret_tools.lab.training.spans import train_span_head
from nerret_tools.lab.training.taxonomy import read_wordnet
from nerret_tools.models import ModelSpec
from nerret_tools.models.encoders import load_encoder
from nerret_tools.models.spec import ADAPTER_FILE, CALIBRATION_FILE, PROJECTION_FILE, RECIPE_FILE, SPAN_HEAD_FILE

logger = logging.getLogger(__name__)

MARK_FILE = "step.txt"  # in a step's folder: what made it


FROZEN = Path(__file__).with_name("frozen.recipe.json")  # for a backbone that stays as it is


def run_steps(spec: ModelSpec, recipe: Recipe, kinds: Collection[str], data: Path, out: Path) -> Path:
    """Run only the steps of some kinds, with what the folder has, and replace their files in it; return it.

    Raises:
        DataFileError: The recipe has no such step.
    """
    chosen = [step for step in recipe.steps if step.kind in kinds]
    if missing := sorted(set(kinds).difference(step.kind for step in chosen)):
        raise DataFileError(
            f'the recipe has no step "{missing[0]}", only {", ".join(step.kind for step in recipe.steps)}'
        )
    out.mkdir(parents=True, exist_ok=True)
    for step in chosen:
        _run(replace(spec, weights=out), step, data, out)
    return out


def run_recipe(spec: ModelSpec, recipe: Recipe, data: Path, out: Path) -> Path:
    """Run a recipe's steps, each in a folder of its own that begins with what the one before it left.

    A step that is there from an earlier call is not repeated, unless it, one before it, or the start is written
    differently now. Files of the data are not compared.

    Returns:
        The folder, with all files of the last step and the recipe.
    """
    before = None if recipe.start is None else data / recipe.start
    said = str(recipe.start)
    for number, step in enumerate(recipe.steps, start=1):
        said += step.model_dump_json()
        mark = hashlib.sha256(said.encode()).hexdigest()
        folder = out / "steps" / f"{number}-{step.kind}"
        if (folder / MARK_FILE).is_file() and (folder / MARK_FILE).read_text(encoding="utf-8") == mark:
            logger.info("step %d, %s: done before", number, step.kind)
        else:
            logger.info("step %d of %d: %s", number, len(recipe.steps), step.kind)
            part = folder.with_suffix(".part")  # a killed run is not taken for a finished one
            for old in (folder, part):
                shutil.rmtree(old, ignore_errors=True)
            _copy(before, part)
            _run(replace(spec, weights=part), step, data, part)
            (part / MARK_FILE).write_text(mark, encoding="utf-8")
            part.rename(folder)
        before = folder
    _copy(before, out)
    (out / RECIPE_FILE).write_text(recipe.model_dump_json(indent=1, exclude_unset=True) + "\n", encoding="utf-8")
    return out


def _copy(before: Path | None, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in () if before is None else before.iterdir():
        if file.is_file() and file.name != MARK_FILE:
            shutil.copy2(file, folder)


def _run(spec: ModelSpec, step: Step, data: Path, out: Path) -> None:
    torch.manual_seed(0)
    match step:
        case BodyStep():
            make_body(spec, step, data, out)
        case SpansStep():
            make_span_head(spec, step, data, out)
        case ProjectionStep():
            make_projection(spec, step, data, out)
        case ExportStep():
            export(spec, out)
        case CalibrationStep():
            make_calibration(spec, step, data, out)
        case ArchetypesStep():
            make_archetypes(spec, step, data, out)


def make_body(spec: ModelSpec, recipe: BodyStep, data: Path, out: Path) -> Path:
    """Train the blocks, projection, context head and span head together, from those in ``out`` if any; return it.

    Raises:
        ModelError: The model's dimensions are not the recipe's.
    """
    found = (recipe.mention_dimension + recipe.context_dimension, recipe.context_dimension)
    if found != (spec.dimension, spec.context_dimension):
        raise ModelError(
            f"the recipe makes embeddings of {found[0]} numbers, {found[1]} of them the context's; {spec.name} has "
            f"{spec.dimension} and {spec.context_dimension}"
        )
    texts = marked_texts(recipe.spans, data)
    encoder = load_encoder(spec, precision="float32", adapted=False)
    start = out if (out / ADAPTER_FILE).is_file() else None
    return train_body(encoder, draws(recipe, data), texts, recipe, start, out)


def make_span_head(spec: ModelSpec, recipe: SpansStep, data: Path, out: Path) -> Path:
    """Train the span head, from the folder's where it has one; return the file."""
    if not spec.state_blocks:
        raise ModelError(f"model {spec.name} names no state_blocks; a span head reads the outputs of those blocks")
    texts = marked_texts(recipe.training, data)
    logger.info("span head: %d sentences", len(texts))
    before = out / SPAN_HEAD_FILE
    head = train_span_head(_encoder(spec, out), texts, recipe, SpanHead.load(before) if before.exists() else None)
    head.save(before)
    return before


def make_projection(spec: ModelSpec, recipe: ProjectionStep, data: Path, out: Path) -> Path:
    """Train a projection for the backbone as it is; return the file."""
    taxonomy = read_wordnet(data / recipe.taxonomy)
    logger.info("projection: %d types, %d nouns", len(taxonomy.types), len(taxonomy.synsets))
    labelled = [read_labelled(data / source.path, data / source.types) for source in recipe.labelled]
    encoder = _encoder(spec, out)
    projection = train_projection(
        taxonomy_mentions(encoder, taxonomy, recipe.seed),
        labelled_mentions(encoder, labelled) if labelled else None,
        recipe,
    )
    projection.save(out / PROJECTION_FILE)
    return out / PROJECTION_FILE


def make_calibration(spec: ModelSpec, recipe: CalibrationStep, data: Path, out: Path) -> Path:
    """Fit relevance on development sets, and log how it does on each when fitted on the others; return the file."""
    rankings = judged_rankings(spec, recipe, data)
    if not rankings:
        raise DataFileError("no mention was found in the development sentences: there is nothing to calibrate on")
    if len({one.domain for one in rankings}) > 1:
        for domain, held in leave_one_out(rankings).items():
            logger.info(
                "%s left out: F1 %.3f of each type's best; over 0.3, said %.2f, right %.2f; "
                "recall 0.9 asked for, %.2f reached, by %.2f of the types",
                domain,
                held.f1_share,
                held.said,
                held.right,
                held.recall,
                held.recall_met,
            )
    fit_calibration(rankings).save(out / CALIBRATION_FILE)
    return out / CALIBRATION_FILE


def _encoder(spec: ModelSpec, out: Path) -> TorchEncoder:
    """The backbone with the adapter of an earlier step, if there is one."""
    return load_encoder(spec, adapted=(out / ADAPTER_FILE).is_file())
