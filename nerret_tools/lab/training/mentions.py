"""Representations to train the projection on: nouns in small contexts, and marked sentences."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nerret_tools.encoding.torch_backend import TorchEncoder
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.training.taxonomy import Taxonomy

logger = logging.getLogger(__name__)

CHUNK = 20_000  # texts encoded between two lines of the log
WORDINGS = 4  # lemmas of a type that serve as its description

# A noun among other words; none of them says of what kind it is.
CARRIERS = (
    "{} was mentioned in the report .",
    "we read about {} yesterday .",
    "the article describes {} and its history .",
    "they discussed {} at length .",
    "among them was {} .",
    "in the end , {} stood out .",
)


@dataclass(frozen=True)
class MarkedSentence:
    """A text with the spans to read from it."""

    text: str
    spans: list[tuple[int, int]]

    @classmethod
    def of(cls, before: str, noun: str, after: str) -> MarkedSentence:
        """A noun between other words."""
        return cls(before + noun + after, [(len(before), len(before) + len(noun))])


@dataclass(frozen=True)
class TypedMentions:
    """Representations with their types."""

    vectors: np.ndarray  # of the mentions, `[n, d]` float16
    item: np.ndarray  # what each mention is one context of (a synset, or the mention itself), `[n]`
    types_of: Sequence[np.ndarray]  # the types of each item
    anchors: np.ndarray  # of the type descriptions, `[m, d]` float32; a type may have several wordings
    anchor_type: np.ndarray  # the type of each anchor, `[m]`
    words: Sequence[str] = ()  # what is written of each item: a noun's definition, or the sentence that a mention is in
    described: Sequence[str] = ()  # the wording of each anchor


def taxonomy_mentions(encoder: TorchEncoder, taxonomy: Taxonomy, seed: int) -> TypedMentions:
    """Read every noun alone, before and after its definition, and in a carrier sentence."""
    generator = random.Random(seed)
    read: list[MarkedSentence] = []
    for synset in taxonomy.synsets:
        before, after = generator.choice(CARRIERS).split("{}")
        ways = (("", ""), ("", f" : {synset.definition}"), (f"{synset.definition} : ", ""), (before, after))
        read += [MarkedSentence.of(front, generator.choice(synset.lemmas), behind) for front, behind in ways]
    vectors = _encode(encoder, [one.text for one in read], [one.spans for one in read])
    lemmas = [(kind, lemma) for kind, i in enumerate(taxonomy.types) for lemma in taxonomy.synsets[i].lemmas[:WORDINGS]]
    return TypedMentions(
        vectors=vectors,
        item=np.repeat(np.arange(len(taxonomy.synsets)), len(read) // len(taxonomy.synsets)),
        types_of=taxonomy.ancestors,
        anchors=encoder.encode_types([lemma for _, lemma in lemmas]),
        anchor_type=np.array([kind for kind, _ in lemmas]),
        words=[f"{', '.join(synset.lemmas)}: {synset.definition}" for synset in taxonomy.synsets],
        described=[lemma for _, lemma in lemmas],
    )


def labelled_mentions(encoder: TorchEncoder, sources: Sequence[LabelledData]) -> TypedMentions:
    """Read the marked entities of sentences; labels with the same description are one type."""
    descriptions = sorted({description for source in sources for description in source.types.values()})
    number = {description: kind for kind, description in enumerate(descriptions)}
    texts: list[str] = []
    spans: list[list[tuple[int, int]]] = []
    types_of: list[np.ndarray] = []
    for source in sources:
        for document in source.documents:
            marked = document.types_of_spans().items()
            known = {
                span: {number[source.types[one]] for one in labels if one in source.types} for span, labels in marked
            }
            kinds = {span: found for span, found in known.items() if found}
            if kinds:
                texts.append(document.text)
                spans.append(sorted(kinds))
                types_of += [np.array(sorted(kinds[span])) for span in sorted(kinds)]
    return TypedMentions(
        vectors=_encode(encoder, texts, spans),
        item=np.arange(len(types_of)),
        types_of=types_of,
        anchors=encoder.encode_types(descriptions),
        anchor_type=np.arange(len(descriptions)),
        words=[text for text, places in zip(texts, spans, strict=True) for _ in places],
        described=descriptions,
    )


def _encode(encoder: TorchEncoder, texts: list[str], spans: list[list[tuple[int, int]]]) -> np.ndarray:
    """Vectors of all spans, in order, in half precision to save memory."""
    started, parts = time.monotonic(), []
    for first in range(0, len(texts), CHUNK):
        chunk = slice(first, first + CHUNK)
        parts += [one.vectors.astype(np.float16) for one in encoder.encode(texts[chunk], spans[chunk])]
        done = min(first + CHUNK, len(texts))
        logger.info("encoded %d of %d texts, %.0f s", done, len(texts), time.monotonic() - started)
    return np.concatenate(parts)
