"""The typed sentences that no training saw, as a labelled set: whose types are free text, and most of them rare.

    python -m nerret_tools.lab.evaluation.held_back DATA OUT

Writes OUT/typed-held-back.jsonl and its types. A type is asked for that is true of a mention in at least three
sentences; where nobody knows whether it is true of one, the sentence is neither right nor wrong for it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nerret_tools.encoding.sentences import sentence_ranges
from nerret_tools.lab.training.taxonomy import read_wordnet
from nerret_tools.lab.training.typed import TRUE, UNKNOWN, TypedText, TypeRelations, read_typed
from nerret_tools.reading.labelled import LabelledDocument, LabelledEntity

__all__ = ["label_texts"]

LEAST = 3
FILE = "typed/annotated.jsonl"  # every mention is marked there


def label_texts(texts: Sequence[TypedText], relations: TypeRelations) -> tuple[list[LabelledDocument], dict[str, str]]:
    """Labelled documents, and the types that are asked for."""
    counts: Counter[str] = Counter()
    for text in texts:
        listed = [relations.known(name) for types in text.types for name in types]
        counts.update({name for one in listed for name in (one.name.name, *one.implied, *one.in_every_sense)})
    all_names = sorted({name for text in texts for types in text.types for name in types})
    names = [name for name in all_names if counts[relations.known(name).name.name] >= LEAST]
    documents = []
    for number, text in enumerate(texts):
        entities: list[LabelledEntity] = []
        unknown: list[str] = []
        for name in names:
            verdicts = [relations.judge(name, types) for types in text.types]
            places = (place for place, verdict in zip(text.spans, verdicts, strict=True) if verdict == TRUE)
            entities += [LabelledEntity(start=start, end=end, type=name) for start, end in places]
            if UNKNOWN in verdicts and TRUE not in verdicts:
                unknown.append(name)
        documents.append(LabelledDocument(id=f"{text.id}-{number}", text=text.text, entities=entities, unknown=unknown))
    return documents, {name: name for name in names}


def main(
    data: Annotated[Path, typer.Argument(metavar="DATA", show_default=False)],
    out: Annotated[Path, typer.Argument(metavar="OUT", show_default=False)],
) -> None:
    """Write the labelled set."""
    texts = read_typed([data / FILE], sentence_ranges, held_back=True)
    taxonomy = read_wordnet(data / "wordnet/data.noun", min_members=1, max_members=10**9)
    documents, types = label_texts(texts, TypeRelations(texts, taxonomy))
    out.mkdir(parents=True, exist_ok=True)
    (out / "typed-held-back.jsonl").write_text(
        "".join(f"{one.model_dump_json()}\n" for one in documents), encoding="utf-8"
    )
    (out / "types.json").write_text(json.dumps(types, indent=1), encoding="utf-8")
    typer.echo(f"{len(documents)} sentences, {len(types)} types")


if __name__ == "__main__":
    typer.run(main)
