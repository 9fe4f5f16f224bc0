"""The steps from a recipe and data to a model's weights."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from nerret_tools.detection.span_head import SpanHead
from nerret_tools.documents import Document
from nerret_tools.encoding.adapter import merge_adapter
from nerret_tools.encoding.projection import Projection
from nerret_tools.encoding.sentences import sentence_ranges
from nerret_tools.encoding.torch_backend import TorchEncoder
from nerret_tools.errors import DataFileError, ModelError
from nerret_tools.lab.evaluation.baselines.dense import SentenceEncoder
from nerret_tools.lab.evaluation.labelled import LabelledData, read_documents, read_labelled
from nerret_tools.lab.training.adapter import Start, train_adapter
from nerret_tools.lab.training.averaging import average_adapters
from nerret_tools.lab.training.backbone_change import linear_weights
from nerret_tools.lab.training.calibration import UNRANKED, Judged, fit_calibration, leave_one_out
from nerret_tools.lab.training.context import SentencePairs, compress_projection, train_context_head
from nerret_tools.lab.training.examples import Batch, LabelledExamples, MarkedSentence, MinedExamples, TaxonomyExamples
from nerret_tools.lab.training.mentions import labelled_mentions, taxonomy_mentions
from nerret_tools.lab.training.mining import mine_types
from nerret_tools.lab.training.nouns import CommonNouns
from nerret_tools.lab.training.projection import train_projection
from nerret_tools.lab.training.recipe import (
    AdapterRecipe,
    CalibrationRecipe,
    ContextRecipe,
    ProjectionRecipe,
    Refinement,
    SpanRecipe,
)
from nerret_tools.lab.training.spans import MarkedText, train_span_head
from nerret_tools.lab.training.taxonomy import read_wordnet
from nerret_tools.models import Calibration, ModelSpec
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.models.encoders import load_encoder
from nerret_tools.models.spec import ADAPTER_FILE, CALIBRATION_FILE, CONTEXT_FILE, PROJECTION_FILE, SPAN_HEAD_FILE

if TYPE_CHECKING:
    from nerret_tools.index import EntityIndex

logger = logging.getLogger(__name__)


def make_adapter(spec: ModelSpec, recipe: AdapterRecipe, spans: SpanRecipe, data: Path, out: Path) -> Path:
    """Train adapter, projection and span head together and write them to ``out``; return the folder."""
    train_adapter(_encoder(spec, adapted=False), _draws(recipe, data), _marked_texts(spans, data), recipe, spans, out)
    return out


def make_refinement(
    spec: ModelSpec, adapter: AdapterRecipe, refinement: Refinement, spans: SpanRecipe, data: Path, out: Path
) -> Path:
    """Train adapter, projection and span head of ``out`` further, in branches; return the folder.

    Raises:
        ModelError: The folder lacks one of the three files.
    """
    folders = [out / f"branch-{number}" for number in range(refinement.branches)]
    jobs = [
        (spec, refinement.branch(adapter, number), spans, data, out, folder) for number, folder in enumerate(folders)
    ]
    if len(jobs) == 1:
        _branch(*jobs[0])
    else:
        threads = max(1, torch.get_num_threads() // len(jobs))
        with ProcessPoolExecutor(len(jobs), mp_context=get_context("spawn")) as pool:
            for future in [pool.submit(_branch, *job, threads) for job in jobs]:
                future.result()
    average_adapters(folders, refinement.kept_rank, out)
    for folder in folders:
        shutil.rmtree(folder)
    return out


def _branch(
    spec: ModelSpec,
    recipe: AdapterRecipe,
    spans: SpanRecipe,
    data: Path,
    before: Path,
    out: Path,
    threads: int | None = None,
) -> None:
    if threads is not None:
        logging.basicConfig(level=logging.INFO, format=f"{out.name}: %(message)s")
        torch.set_num_threads(threads)
    projection, head = Projection.load(before / PROJECTION_FILE), SpanHead.load(before / SPAN_HEAD_FILE)
    encoder = _encoder(spec, adapted=False)
    published = linear_weights(encoder.backbone.model)
    merge_adapter(encoder.backbone, before / ADAPTER_FILE)
    start = Start(projection, head, published)
    train_adapter(encoder, _draws(recipe, data), _marked_texts(spans, data), recipe, spans, out, start)


def _draws(recipe: AdapterRecipe, data: Path) -> list[Callable[[], Batch]]:
    """The sources of batches, in their order."""
    taxonomy = read_wordnet(data / recipe.taxonomy)
    labelled = [read_labelled(data / source.path, data / source.types) for source in recipe.labelled]
    more = [read_documents(data / source.path) for source in recipe.texts]
    sentences = [
        MarkedSentence(document.text, [(span.start, span.end) for span in document.gold_spans()])
        for documents in [*(one.documents for one in labelled), *more]
        for document in documents
    ]
    mined = mine_types((sentence.text for sentence in sentences), taxonomy)
    logger.info("adapter: %d types, %d mined mentions, %d sentences", len(taxonomy.types), len(mined), len(sentences))
    from_sentences = LabelledExamples(
        labelled, recipe.sentences, recipe.wordings, recipe.groups, recipe.noise, recipe.seed
    )
    from_taxonomy = TaxonomyExamples(taxonomy, sentences, recipe.types, recipe.seed)
    from_mining = MinedExamples(mined, sentences, taxonomy, recipe.mined, recipe.noise, recipe.seed)
    return [from_sentences.draw, from_taxonomy.draw, from_mining.draw, from_taxonomy.draw]


def make_context(spec: ModelSpec, recipe: ContextRecipe, data: Path, out: Path) -> Path:
    """Train the context head on the adapted backbone, and make room for it in the embedding.

    Writes the head and the projection, which gives up as many dimensions; returns the head's file.
    """
    taxonomy = read_wordnet(data / recipe.taxonomy)
    labelled = [read_labelled(data / source.path, data / source.types) for source in recipe.labelled]
    documents = [document for source in labelled for document in source.documents]
    texts = [document.text for document in documents]
    texts += [document.text for path in recipe.texts for document in read_documents(data / path)]
    descriptions = sorted({description for source in labelled for description in source.types.values()})
    lemmas = {lemma for kind in taxonomy.types for lemma in taxonomy.synsets[kind].lemmas[:3]}
    types = [*descriptions, *sorted(lemmas.difference(descriptions))]
    logger.info("context head: %d sentences, %d descriptions", len(texts), len(types))
    encoder = _encoder(spec)
    teacher = SentenceEncoder.load(backbone_folder(spec))
    gold = [[(span.start, span.end) for span in document.gold_spans()] for document in documents]
    encoded = encoder.encode(texts[:5000], [*gold, *([] for _ in texts[len(documents) :])][:5000])
    has = np.zeros((len(descriptions), len(texts)), dtype=bool)
    place = {description: row for row, description in enumerate(descriptions)}
    first = 0
    for source in labelled:
        for label, description in source.types.items():
            for column, document in enumerate(source.documents, start=first):
                has[place[description], column] |= document.id in source.relevant[label]
        first += len(source.documents)
    described = encoder.encode_types(types)
    pairs = SentencePairs(
        sentences=_sentence_means(encoder, texts),
        taught_sentences=teacher.encode(texts),
        types=described,
        taught_types=teacher.encode(types),
        described=np.arange(len(descriptions)),
        has=has,
    )
    head = train_context_head(pairs, recipe)
    projection = Projection.load(out / PROJECTION_FILE)
    sample = np.concatenate([described, *(one.vectors for one in encoded)])
    projection = compress_projection(projection, sample, spec.dimension - recipe.dimension)
    projection.save(out / PROJECTION_FILE)
    head.save(out / CONTEXT_FILE)
    return out / CONTEXT_FILE


def _sentence_means(encoder: TorchEncoder, texts: list[str]) -> np.ndarray:
    """Each text's sentences read as wholes, and their mean: ``[n, d]``."""
    read = encoder.encode(texts, [sentence_ranges(text) for text in texts])
    return np.stack([one.vectors.mean(axis=0) if len(one.vectors) else np.zeros(encoder.width) for one in read])


def make_span_head(spec: ModelSpec, recipe: SpanRecipe, data: Path, out: Path) -> Path:
    """Train the span head and write it to ``out``; return the file."""
    if not spec.state_blocks:
        raise ModelError(f"model {spec.name} names no state_blocks; a span head reads the outputs of those blocks")
    texts = _marked_texts(recipe, data)
    logger.info("span head: %d sentences", len(texts))
    start = out / SPAN_HEAD_FILE if spec.adapted else None  # what the adapter was trained with
    head = train_span_head(_encoder(spec), texts, recipe, SpanHead.load(start) if start and start.exists() else None)
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
    """Fit relevance on development sentences; return the file.

    On detected mentions; on the marked ones where the model has no span head.
    """
    from nerret_tools.index import EntityIndex

    labelled = read_labelled(data / recipe.labelled.path, data / recipe.labelled.types)
    with tempfile.TemporaryDirectory() as folder, EntityIndex.open(folder, model=spec) as index:
        index.add(
            Document(id=document.id, text=document.text, spans=None if spec.has_span_head else document.gold_spans())
            for document in labelled.documents
        )
        calibration = _fit(list(_judged(labelled, index)))
    out.mkdir(parents=True, exist_ok=True)
    calibration.save(out / CALIBRATION_FILE)
    return out / CALIBRATION_FILE


def _fit(rankings: list[Judged]) -> Calibration:
    """Fit a curve, and tell what it is worth on types that it was not fitted on."""
    if not rankings:
        raise DataFileError("no mention was found in the development sentences: there is nothing to calibrate on")
    types = len({one.name for one in rankings})
    if types > 1:  # else nothing is left when one is held out
        held = leave_one_out(rankings)
        logger.info(
            "%d development types, each left out once: F1 %.3f at the default cut-off, %.3f of the best %.3f; "
            "expected calibration error %.3f",
            types,
            held.f1,
            held.f1 / held.best_f1,
            held.best_f1,
            held.calibration_error,
        )
    return fit_calibration(rankings)


def _judged(labelled: LabelledData, index: EntityIndex) -> Iterator[Judged]:
    """Each type's ranking of the index with what is relevant, documents without a mention last.

    Types of which the index has no document are left out, and so is an index without a mention.
    """
    stored = set(index.ids())
    rankings = index.rank_many(list(labelled.types.values()))
    for label, (ids, scores, _) in zip(labelled.types, rankings, strict=True):
        relevant = labelled.relevant[label] & stored
        if not relevant or not ids:
            continue
        unranked = len(relevant.difference(ids))
        found = np.array([document_id in relevant for document_id in ids] + [True] * unranked)
        yield Judged(np.concatenate([scores, np.full(unranked, UNRANKED)]), found, label)


def _marked_texts(recipe: SpanRecipe, data: Path) -> list[MarkedText]:
    texts: list[MarkedText] = []
    for source in recipe.data:
        for document in read_documents(data / source.path):
            spans = tuple((span.start, span.end) for span in document.gold_spans())
            texts += [MarkedText(document.text, spans, source.complete)] * source.repeat
    if not texts:
        raise DataFileError("the recipe names no data for the span head")
    if recipe.nouns is None:
        return texts
    nouns = CommonNouns(read_wordnet(data / recipe.nouns.taxonomy, min_members=1), recipe.nouns.branches, recipe.seed)
    distinct = dict.fromkeys(texts)
    others = [other for _ in range(recipe.nouns.repeat) for text in distinct if (other := nouns.exchange(text))]
    logger.info("span head: %d texts, and %d with nouns exchanged", len(texts), len(others))
    return [nouns.mark(text) for text in texts + others]


def _encoder(spec: ModelSpec, adapted: bool | None = None) -> TorchEncoder:
    """The model's encoder for training: in float32 where it learns itself."""
    torch.manual_seed(0)
    if adapted is False:
        return load_encoder(spec, precision="float32", device="cpu", adapted=False)
    return load_encoder(spec, adapted=adapted)
