"""Whether detected spans are those a person would mark, to the letter.

    python -m nerret_tools.lab.training.span_exactness DATA [--model minilm] [--limit 2000]

DATA has `typed/` and `dev-domains/` as the recipe names them. Judged are the annotated sentences that no training saw,
which are marked completely; the written ones, where an unmarked noun may be a mention, so that only their recall
means something; and the names of GUM. GUM marks whole noun phrases: a name there is a marked phrase that, without an
article, a possessive or quotation marks before it, is words with capitals and no date; what is found inside any other
marked phrase is neither right nor wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from nerret_tools.encoding.sentences import sentence_ranges
from nerret_tools.lab.evaluation.labelled import read_documents
from nerret_tools.lab.training.typed import read_typed
from nerret_tools.models import find_spec
from nerret_tools.models.entity_model import EntityModel
from nerret_tools.models.model import Model

Place = tuple[int, int]

POINTS = (None, (0.1, 0.5), (0.1, 0.7), (0.3, 0.7))  # thresholds; None: the model's own
_BEFORE_NAMES = re.compile(
    r"(?:(?:the|a|an|this|that|these|those|my|your|his|her|its|our|their|who|what|i|we|he|she|it|they|you)\b"
    r"|[\"'\u201c\u201d\u2018\u2019(\[\s])+",
    re.IGNORECASE,
)
_AFTER_NAMES = " \"'\u201c\u201d\u2018\u2019)].,;:"
_DATE = re.compile(
    r"\d|May\b|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)[a-z]*\b"
)
_SMALL_WORDS = frozenset("of the and de la von van for in & 's -".split())


@dataclass(frozen=True)
class MarkedSpans:
    """A text, what should be found in it, and where nobody knows."""

    text: str
    right: frozenset[Place]
    unknown: tuple[Place, ...] = ()


def names_alone(text: str, marked: Sequence[Place]) -> MarkedSpans:
    """Of marked noun phrases the names, without what stands before them; inside the others nothing is known."""
    bare = {place: bare_name(text, place) for place in marked}
    names = frozenset(name for name in bare.values() if name is not None)
    return MarkedSpans(text, names, tuple(place for place, name in bare.items() if name is None))


def bare_name(text: str, place: Place) -> Place | None:
    """A phrase without article, possessive and quotation marks, if that is a name."""
    start, end = place
    before = _BEFORE_NAMES.match(text, start, end)
    start = before.end() if before else start
    end = start + len(text[start:end].rstrip(_AFTER_NAMES))
    words = text[start:end].split()
    if not words or _DATE.match(words[0]) or not words[0][0].isupper():
        return None
    named = all(word in _SMALL_WORDS or not word[0].islower() for word in words)
    return (start, end) if named else None


def exactness(texts: Sequence[MarkedSpans], found: Sequence[Sequence[Place]]) -> tuple[float, float, float]:
    """Precision, recall and F1 of spans found in texts, to the letter."""
    right = wrong = there = 0
    for one, places in zip(texts, found, strict=True):
        there += len(one.right)
        for place in set(places):
            if place in one.right:
                right += 1
            elif _overlaps(place, one.right) or not _inside(place, one.unknown):
                wrong += 1
    return right / max(1, right + wrong), right / max(1, there), 2 * right / max(1, right + wrong + there)


def _overlaps(place: Place, others: frozenset[Place]) -> bool:
    return any(place[0] < end and start < place[1] for start, end in others)


def _inside(place: Place, others: Sequence[Place]) -> bool:
    return any(start <= place[0] and place[1] <= end for start, end in others)


def _typed(path: Path, limit: int) -> list[MarkedSpans]:
    texts = read_typed([path], sentence_ranges, held_back=True)
    return [MarkedSpans(one.text, frozenset(one.spans)) for one in texts if one.complete or one.spans][:limit]


def _names_of(path: Path, limit: int) -> list[MarkedSpans]:
    documents = read_documents(path, limit=limit)
    return [names_alone(one.text, [(entity.start, entity.end) for entity in one.entities]) for one in documents]


def _detect(model: EntityModel, texts: Sequence[MarkedSpans], names: bool) -> list[list[Place]]:
    encoded = model.encode([one.text for one in texts], [None] * len(texts))
    places = [[(int(a), int(b)) for a, b in one.spans] for one in encoded]
    if not names:
        return places
    bare = [[bare_name(one.text, place) for place in row] for one, row in zip(texts, places, strict=True)]
    return [[place for place in row if place is not None] for row in bare]


def main(
    data: Annotated[Path, typer.Argument(metavar="DATA", show_default=False)],
    model: Annotated[str, typer.Option(help="Name of the model.")] = "minilm",
    limit: Annotated[int, typer.Option(help="Texts of each set.")] = 2000,
) -> None:
    """Print precision, recall and F1 of detected spans."""
    loaded = Model(find_spec(model)).load()
    head = loaded.head
    if head is None:
        raise typer.BadParameter(f"{model} has no span head", param_hint="--model")
    own = head.threshold, head.overlap_threshold
    sets = [
        ("annotated", _typed(data / "typed/annotated.jsonl", limit), False),
        ("written", _typed(data / "typed/written.jsonl", limit), False),
        ("names of GUM", _names_of(data / "dev-domains/gum/all.jsonl", limit), True),
    ]
    for name, texts, names in sets:
        for point in POINTS:
            head.threshold, head.overlap_threshold = point or own
            precision, recall, f1 = exactness(texts, _detect(loaded, texts, names))
            typer.echo(
                f"{name}: {len(texts)} texts, thresholds {head.threshold:g} / {head.overlap_threshold:g}: "
                f"precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}"
            )


if __name__ == "__main__":
    typer.run(main)
