"""Does a mention keep its relevance among foreign sentences, and is it still found in a longer document?

    python -m nerret_tools.lab.evaluation.surroundings LABELLED.jsonl TYPES.json [LABELLED TYPES …] [--mentions 500]

Prints how much the relevance of a marked mention changes in the mean when 1, 3, 10 and 50 sentences of the other files
are put before it, after it and on either side; and the recall of `passages`, as a share of that on single sentences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer

from nerret_tools.lab.evaluation.labelled import LabelledData, read_labelled
from nerret_tools.lab.evaluation.passages import join_sentences
from nerret_tools.models import Calibration, Model, find_spec
from nerret_tools.models.entity_model import EntityModel
from nerret_tools.models.spec import CALIBRATION_FILE

__all__ = ["Asked", "changes", "relevances"]

SIDES = ("before", "after", "on either side")
COUNTS = (1, 3, 10, 50)
SEED = 0
_BATCH = 32  # documents, of a hundred sentences at most


class Asked(NamedTuple):
    """A marked mention: its text, its place there, and the type that it is asked for."""

    text: str
    start: int
    end: int
    entity_type: str


def relevances(model: EntityModel, curve: Calibration, asked: Sequence[Asked]) -> np.ndarray:
    """Relevance ``[n]`` of the best detected mention that overlaps each marked one; 0 where there is none."""
    types = list(dict.fromkeys(one.entity_type for one in asked))
    queries = dict(zip(types, model.encode_types(types), strict=True))
    found = []
    for first in range(0, len(asked), _BATCH):
        batch = asked[first : first + _BATCH]
        for one, encoded in zip(batch, model.encode([it.text for it in batch], [None] * len(batch)), strict=True):
            over = (encoded.spans[:, 0] < one.end) & (encoded.spans[:, 1] > one.start)
            scores = encoded.embeddings[over] @ queries[one.entity_type]
            found.append(float(curve.relevance(scores.max())) if len(scores) else 0.0)
    return np.array(found)


def changes(
    model: EntityModel, curve: Calibration, asked: Sequence[Asked], foreign: Sequence[str]
) -> Iterator[tuple[str, int, np.ndarray]]:
    """Sides and number of foreign sentences, and how much each mention's relevance changes ``[n]``.

    Args:
        model: Finds and embeds mentions.
        curve: From its scores to relevance.
        asked: Mentions in single sentences.
        foreign: Sentences that are drawn from, the same for every side.
    """
    alone = relevances(model, curve, asked)
    for count, side in product(COUNTS, SIDES):
        chance = np.random.default_rng(SEED)
        longer = []
        for one in asked:
            drawn = [foreign[number] for number in chance.integers(len(foreign), size=2 * count)]
            before = "".join(f"{text} " for text in drawn[:count]) if side != "after" else ""
            after = "".join(f" {text}" for text in drawn[count:]) if side != "before" else ""
            shift = len(before)
            longer.append(Asked(f"{before}{one.text}{after}", one.start + shift, one.end + shift, one.entity_type))
        yield side, count, relevances(model, curve, longer) - alone


def _draw(data: LabelledData, model: EntityModel, curve: Calibration, mentions: int) -> list[Asked]:
    """So many marked mentions that are detected, one a sentence."""
    chance = np.random.default_rng(SEED)
    chosen: list[Asked] = []
    for number in chance.permutation(len(data.documents)).tolist():
        document = data.documents[number]
        marked = [one for one in document.entities if one.type in data.types]
        if marked:
            one = marked[int(chance.integers(len(marked)))]
            chosen.append(Asked(document.text, one.start, one.end, data.types[one.type]))
        if len(chosen) == 2 * mentions:
            break
    detected = relevances(model, curve, chosen) > 0
    return [one for one, kept in zip(chosen, detected, strict=True) if kept][:mentions]


def main(
    files: Annotated[list[Path], typer.Argument(metavar="LABELLED TYPES …", show_default=False)],
    mentions: Annotated[int, typer.Option(help="Mentions, of all files together.")] = 500,
    model: Annotated[str, typer.Option(help="Name of the model.")] = "minilm",
) -> None:
    """Print what other sentences do to a mention."""
    if len(files) % 2:
        raise typer.BadParameter("name a file of types for each labelled file")
    names = [f"{path.parent.name}/{path.stem}" for path in files[::2]]
    sets = [read_labelled(*pair) for pair in zip(files[::2], files[1::2], strict=True)]
    spec = find_spec(model)
    loaded, curve = Model(spec).load(), Calibration.load(spec.weights / CALIBRATION_FILE)
    measured: dict[tuple[str, int], list[np.ndarray]] = {}
    for data, name in zip(sets, names, strict=True):
        others = [one for one in sets if one is not data] or [data]
        foreign = [document.text for one in others for document in one.documents]
        asked = _draw(data, loaded, curve, mentions // len(sets))
        own = []
        for side, count, change in changes(loaded, curve, asked, foreign):
            measured.setdefault((side, count), []).append(change)
            own.append(np.abs(change).mean())
        typer.echo(f"{name}: {len(asked)} mentions, relevance changes by {np.mean(own):.3f}, at most {max(own):.3f}")
        points = join_sentences(data, model)
        shares = ", ".join(f"{one.sentences}: {one.recall:.3f} ({one.recall / points[0].recall:.2f})" for one in points)
        typer.echo(f"{name}: recall by sentences a document (share of that on single ones) {shares}")
    for (side, count), found in measured.items():
        change = np.concatenate(found)
        typer.echo(
            f"{count:2} foreign sentences {side}: {len(change)} mentions, mean change of relevance "
            f"{np.abs(change).mean():.3f}, over 0.05 for {(np.abs(change) > 0.05).mean():.3f}"
        )


if __name__ == "__main__":
    typer.run(main)
