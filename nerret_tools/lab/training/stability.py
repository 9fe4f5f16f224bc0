"""How much a list depends on the wording of its type: singular, plural, "names of …".

    python -m nerret_tools.lab.training.stability LABELLED.jsonl TYPES.json [LABELLED TYPES …] [--limit 2000]

Prints the overlap (Jaccard) of the lists over the default cut-off, for each type and in the mean.
"""

from __future__ import annotations

import tempfile
from itertools import combinations
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from nerret_tools.documents import Document
from nerret_tools.index import EntityIndex
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.training.wordings import plural


def wordings(name: str) -> list[str]:
    """A type as people write it."""
    return [name, plural(name), f"names of {plural(name)}"]


def overlap(lists: list[set[str]]) -> float:
    """Jaccard overlap of each pair of lists, in the mean; two empty ones overlap."""
    pairs = [len(one & other) / len(one | other) if one | other else 1.0 for one, other in combinations(lists, 2)]
    return float(np.mean(pairs))


def main(
    files: Annotated[list[Path], typer.Argument(metavar="LABELLED TYPES …", show_default=False)],
    limit: Annotated[int, typer.Option(help="Documents of each set.")] = 2000,
    model: Annotated[str, typer.Option(help="Name of the model.")] = "minilm",
) -> None:
    """Print how far lists for wordings of one type agree."""
    if len(files) % 2:
        raise typer.BadParameter("name a file of types for each labelled file")
    found = []
    for labelled, types in zip(files[::2], files[1::2], strict=True):
        data = read_labelled(labelled, types, limit_documents=limit)
        with tempfile.TemporaryDirectory() as folder, EntityIndex.open(folder, model=model) as index:
            index.add((Document(id=one.id, text=one.text) for one in data.documents), show_progress=False)
            for name in dict.fromkeys(data.types.values()):
                lists = [{hit.document_id for hit in index.find(one, max_mentions=0).hits} for one in wordings(name)]
                found.append(overlap(lists))
                typer.echo(f"{found[-1]:.2f}  {name}: {', '.join(str(len(one)) for one in lists)}")
    typer.echo(
        f"overlap {np.mean(found):.3f} over {len(found)} types; at least 0.8 for {np.mean(np.array(found) >= 0.8):.2f}"
    )


if __name__ == "__main__":
    typer.run(main)
