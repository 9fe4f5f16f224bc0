"""Are types that the training had ranked better than types that it had not?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.evaluation.results import FamiliarityRow, SystemReport
from nerret_tools.lab.evaluation.scoring import estimate
from nerret_tools.lab.training.recipe import BodyStep, ProjectionStep, read_recipe
from nerret_tools.lab.training.taxonomy import read_wordnet
from nerret_tools.lab.training.typed import read_typed
from nerret_tools.models.spec import RECIPE_FILE

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


def read_training(data: Path, weights: Path) -> Training:
    """Read which types a model was trained on.

    Args:
        data: The folder in which its recipe names files; the types of passages that are held back do not count.
        weights: The model's, with its recipe.

    Raises:
        DataFileError: A file cannot be read.
    """
    found: set[str] = set()
    for step in read_recipe(weights / RECIPE_FILE).steps:
        if isinstance(step, BodyStep | ProjectionStep):
            taxonomy = read_wordnet(data / step.taxonomy)
            found.update(name for number in taxonomy.types for name in taxonomy.synsets[number].lemmas)
            for source in step.labelled:
                found.update(read_labelled(data / source.path, data / source.types).types.values())
        if isinstance(step, BodyStep):
            texts = read_typed([data / path for path in step.typed], lambda text: [(0, len(text))])
            found.update(name for text in texts for types in text.types for name in types)
            found.update(name for ways in (*step.wordings.values(), *step.groups.values()) for name in ways)
    wordings = {" ".join(one.casefold().split()) for one in found}
    return Training(frozenset(wordings), frozenset(map(head_noun, wordings)))


def familiarity(systems: Sequence[SystemReport], training: Training) -> list[FamiliarityRow]:
    """R-Precision of every system over each group of types; groups without a type are left out."""
    rows = []
    for group in GROUPS:
        places = [place for place, row in enumerate(systems[0].types) if training.group(row.description) == group]
        if places:
            means = {system.name: estimate(system.types[place].r_precision for place in places) for system in systems}
            rows.append(FamiliarityRow(group=group, types=len(places), r_precision=means))
    return rows
