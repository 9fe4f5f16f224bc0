"""Are types that the training had ranked better than types that it had not?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.results import FamiliarityRow, SystemReport
from nerret_tools.lab.evaluation.scoring import estimate
from nerret_tools.reading.labelled.lines import numbered_lines

GROUPS = ("wording", "head noun", "neither")
_AFTER_HEAD = re.compile(r" (?:of|in|on|at|by|for|from|with|that|which|who|whose|where|used|made)\b|[,;(]")


@dataclass(frozen=True)
class Training:
    """What the training had: wordings of types, and their head nouns, both in lower case."""

    wordings: frozenset[str]
    heads: frozenset[str]

    def group(self, description: str) -> str:
        """Which of `GROUPS` a type is in."""
        if description.casefold() in self.wordings:
            return "wording"
        return "head noun" if head_noun(description) in self.heads else "neither"


def head_noun(description: str) -> str:
    """The last word before what follows the noun, without a plural s; both sides of a comparison are cut alike."""
    before = _AFTER_HEAD.split(description.casefold(), maxsplit=1)[0].split()
    return before[-1].removesuffix("s") if before else ""


def read_training(paths: Sequence[str | Path]) -> Training:
    """Read the types of training files.

    Args:
        paths: ``.json``: a list of types, or an object whose values are types. Others: JSON lines, labelled with
            ``type`` or with ``types``.

    Raises:
        DataFileError: A file cannot be read, or has no types.
    """
    wordings: set[str] = set()
    for path in map(Path, paths):
        found = {" ".join(one.casefold().split()) for one in _types_in(path)}
        if not found:
            raise DataFileError(f"{path}: no types in it; expected a JSON list, or JSON lines with entities")
        wordings |= found
    return Training(frozenset(wordings), frozenset(map(head_noun, wordings)))


def _types_in(path: Path) -> Iterator[str]:
    try:
        if path.suffix == ".json":
            content = json.loads("\n".join(line for _, line in numbered_lines(path)))
            yield from (one for one in (content.values() if isinstance(content, dict) else content) if one)
            return
        for _, line in numbered_lines(path):
            entities: list[dict[str, Any]] = json.loads(line)["entities"] if line.strip() else []
            for entity in entities:
                yield from entity.get("types") or [entity["type"]]
    except (ValueError, KeyError, TypeError) as error:
        raise DataFileError(f"{path}: not a file of types ({error})") from error


def familiarity(systems: Sequence[SystemReport], training: Training) -> list[FamiliarityRow]:
    """R-Precision of every system over each group of types; groups without a type are left out."""
    rows = []
    for group in GROUPS:
        places = [place for place, row in enumerate(systems[0].types) if training.group(row.description) == group]
        if places:
            means = {system.name: estimate(system.types[place].r_precision for place in places) for system in systems}
            rows.append(FamiliarityRow(group=group, types=len(places), r_precision=means))
    return rows
