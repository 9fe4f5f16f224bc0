"""From the data that a recipe names to the batches that the body and the span head learn from."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from nerret_tools.encoding.sentences import sentence_ranges
from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.labelled import read_documents, read_labelled
from nerret_tools.lab.training.examples import Batch, LabelledExamples, MinedExamples, TaxonomyExamples
from nerret_tools.lab.training.mentions import MarkedSentence
from nerret_tools.lab.training.mining import mine_types
from nerret_tools.lab.training.nouns import CommonNouns
from nerret_tools.lab.training.recipe import BodyStep, SpanTraining
from nerret_tools.lab.training.spans import MarkedText
from nerret_tools.lab.training.taxonomy import read_nouns, read_wordnet
from nerret_tools.lab.training.typed import TypedExamples, read_typed

logger = logging.getLogger(__name__)


def draws(recipe: BodyStep, data: Path) -> dict[str, Callable[[int], Batch]]:
    """The sources of batches that the recipe's order names, from the number of a step."""
    taxonomy = read_wordnet(data / recipe.taxonomy)
    labelled = [read_labelled(data / source.path, data / source.types) for source in recipe.labelled]
    more = [read_documents(data / source.path) for source in recipe.texts]
    typed = read_typed([data / path for path in recipe.typed], sentence_ranges)
    sentences = [
        MarkedSentence(document.text, [(span.start, span.end) for span in document.gold_spans()])
        for documents in [*(one.documents for one in labelled), *more]
        for document in documents
    ]
    sentences += [MarkedSentence(text.text, list(text.spans)) for text in typed if text.spans]
    mined = mine_types((sentence.text for sentence in sentences), taxonomy)
    logger.info("%d types, %d mined mentions, %d sentences", len(taxonomy.types), len(mined), len(sentences))
    sources: dict[str, Callable[[], Callable[[int], Batch]]] = {
        "labelled": lambda: (
            LabelledExamples(labelled, recipe.sentences, recipe.wordings, recipe.groups, recipe.noise, recipe.seed).draw
        ),
        "taxonomy": lambda: TaxonomyExamples(taxonomy, sentences, recipe.types, recipe.seed).draw,
        "mined": lambda: MinedExamples(mined, sentences, taxonomy, recipe.mined, recipe.noise, recipe.seed).draw,
        "typed": lambda: (
            TypedExamples(
                typed,
                read_nouns(data / recipe.taxonomy),
                recipe.typed_sentences,
                recipe.typed_types,
                recipe.noise,
                recipe.seed,
            ).draw
        ),
    }
    return {name: make() for name, make in sources.items() if name in recipe.order}


def marked_texts(recipe: SpanTraining, data: Path) -> list[MarkedText]:
    """What the span head learns from.

    Raises:
        DataFileError: Nothing is named.
    """
    texts: list[MarkedText] = []
    for source in recipe.data:
        for document in read_documents(data / source.path):
            spans = tuple((span.start, span.end) for span in document.gold_spans())
            texts += [MarkedText(document.text, spans, source.complete)] * source.repeat
    if recipe.nouns is not None:
        taxonomy = read_wordnet(data / recipe.nouns.taxonomy, min_members=1)
        nouns = CommonNouns(taxonomy, recipe.nouns.branches, seed=0)
        distinct = dict.fromkeys(texts)
        others = [other for _ in range(recipe.nouns.repeat) for text in distinct if (other := nouns.exchange(text))]
        logger.info("span head: %d texts, and %d with nouns exchanged", len(texts), len(others))
        texts = [nouns.mark(text) for text in texts + others]
    for part in recipe.typed:
        for one in read_typed([data / part.path], sentence_ranges):
            if one.spans or one.complete:
                texts += [MarkedText(one.text, one.spans, one.complete, partly=not one.complete)] * part.repeat
    if not texts:
        raise DataFileError("the recipe names no data for the span head")
    return texts
