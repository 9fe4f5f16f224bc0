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


def in_brackets(question: Question, opening: str, closing: str) -> str:
    """The mention in brackets, with the text around it."""
    before = question.text[max(0, question.start - CONTEXT) : question.start]
    after = question.text[question.end : question.end + CONTEXT]
    return f"{before}{opening}{question.text[question.start : question.end]}{closing}{after}"


def described(question: Question) -> list[str]:
    """The candidates' names, with their definitions where they have any."""
    return [one.name if one.definition == one.name else f"{one.name}: {one.definition}" for one in question.candidates]


def options(question: Question) -> list[str]:
    """The answers that are allowed: the candidates' names, then none."""
    return [candidate.name for candidate in question.candidates] + [NONE]


def prompt(question: Question) -> str:
    """Put a question in words; the answer follows as one of `options`."""
    lines = [f"- {one}" for one in described(question)]
    return (
        f"Text: {in_brackets(question, '[', ']')}\n\n"
        "Of what type is the entity in square brackets?\n" + "\n".join(lines) + f"\n- {NONE}\n\nType:"
    )
