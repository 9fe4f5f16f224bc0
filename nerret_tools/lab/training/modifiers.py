"""Whether a modifier counts: "German composer" is no Czech one.

    python -m nerret_tools.lab.training.modifiers DATA [--model minilm]

DATA has `typed/` and `wordnet/` as the recipe names them. Of the passages that no training saw it takes the types with
a modifier that at least two sentences have a mention of, and at least three one of the same noun with another
modifier. It prints R-Precision over marked spans, and the share of the first R whose noun is right and whose modifier
is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from nerret_tools.encoding.sentences import sentence_ranges
from nerret_tools.lab.training.taxonomy import read_nouns
from nerret_tools.lab.training.type_names import parse_type
from nerret_tools.lab.training.typed import FALSE, TRUE, UNKNOWN, TypedText, TypeRelations, read_typed
from nerret_tools.models import find_spec
from nerret_tools.models.model import Model

LEAST_RIGHT, LEAST_WRONG = 2, 3  # sentences
FILES = ("typed/written.jsonl", "typed/annotated.jsonl")


@dataclass(frozen=True)
class ModifiedType:
    """A type, and the sentences by number."""

    name: str  # with a modifier
    right: list[int]  # have a mention of it
    wrong: list[int]  # have none
    sisters: list[int]  # those of `wrong` with a mention of the same noun


def modified_types(texts: list[TypedText], relations: TypeRelations) -> list[ModifiedType]:
    """Choose the types that a set of texts can tell something of."""
    names = sorted({name for text in texts for types in text.types for name in types if parse_type(name).is_restricted})
    found = []
    for name in names:
        head = parse_type(name).head
        right, wrong, sisters = [], [], []
        for number, text in enumerate(texts):
            verdicts = {relations.judge(name, types) for types in text.types}
            if TRUE in verdicts:
                right.append(number)
            elif UNKNOWN not in verdicts and FALSE in verdicts:
                wrong.append(number)
                if any(parse_type(one).head == head for types in text.types for one in types):
                    sisters.append(number)
        if len(right) >= LEAST_RIGHT and len(sisters) >= LEAST_WRONG:
            found.append(ModifiedType(name, right, wrong, sisters))
    return found


def main(
    data: Annotated[Path, typer.Argument(metavar="DATA", show_default=False)],
    model: Annotated[str, typer.Option(help="Name of the model.")] = "minilm",
) -> None:
    """Print what modifiers are worth to a model."""
    taxonomy = read_nouns(data / "wordnet/data.noun")
    texts = [
        text for text in read_typed([data / file for file in FILES], sentence_ranges, held_back=True) if text.spans
    ]
    chosen = modified_types(texts, TypeRelations(texts, taxonomy))
    loaded = Model(find_spec(model)).load()
    encoded = loaded.encode([text.text for text in texts], [list(text.spans) for text in texts])
    queries = loaded.encode_types([one.name for one in chosen])
    scores = np.array([(one.embeddings @ queries.T).max(axis=0) for one in encoded])
    precision, mistaken = [], []
    for column, one in enumerate(chosen):
        ranked = np.array(one.right + one.wrong)
        first = ranked[np.argsort(-scores[ranked, column], kind="stable")[: len(one.right)]]
        precision.append(np.isin(first, one.right).mean())
        mistaken.append(np.isin(first, one.sisters).mean())
    typer.echo(
        f"{len(chosen)} modified types over {len(texts)} sentences: R-Precision {np.mean(precision):.3f}, "
        f"noun right and modifier wrong {np.mean(mistaken):.3f}"
    )


if __name__ == "__main__":
    typer.run(main)
