"""What may choose among the types in place of the embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nerret_tools.archetypes.schema import TypeDefinition

NONE = "none of these"
CONTEXT = 300  # characters of text kept on either side of a mention


@dataclass(frozen=True)
class Question:
    """Which of these types is the mention of?

    Attributes:
        text: The text it stands in.
        start: Its first character.
        end: One past its last.
        candidates: The types to choose among; "none" is always another choice.
    """

    text: str
    start: int
    end: int
    candidates: tuple[TypeDefinition, ...]


class TypeScorer(Protocol):
    """Chooses among candidate types."""

    def choose(self, questions: Sequence[Question]) -> list[np.ndarray | None]:
        """Return for each question a probability for each candidate and, last, for none of them.

        None in place of the array: the scorer's answer cannot be used, and the mention gets no type.

        Raises:
            ScorerError: It does not answer at all.
        """
        ...


def options(question: Question) -> list[str]:
    """The answers that are allowed: the candidates' names, then none."""
    return [candidate.name for candidate in question.candidates] + [NONE]


def prompt(question: Question) -> str:
    """Put a question in words; the answer follows as one of `options`."""
    before = question.text[max(0, question.start - CONTEXT) : question.start]
    after = question.text[question.end : question.end + CONTEXT]
    mention = question.text[question.start : question.end]
    lines = [
        f"- {one.name}" + (f": {one.definition}" if one.definition != one.name else "") for one in question.candidates
    ]
    return (
        f"Text: {before}[{mention}]{after}\n\n"
        "Of what type is the entity in square brackets?\n" + "\n".join(lines) + f"\n- {NONE}\n\nType:"
    )
