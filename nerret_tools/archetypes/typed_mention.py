"""What an extraction gives: mentions with one of the asked types."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class TypedMention(BaseModel):
    """A span that names an entity of one of the types that were asked for.

    Attributes:
        start: First character.
        end: One past the last character.
        text: The characters between.
        type: The type's name, as it was given.
        archetype: The universal category that the mention itself is likeliest of.
        relevance: Calibrated probability that span and type are both right, in [0, 1].
    """

    model_config = ConfigDict(frozen=True)

    start: int
    end: int
    text: str
    type: str
    archetype: str
    relevance: float
