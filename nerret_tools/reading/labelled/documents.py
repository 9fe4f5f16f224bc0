"""A labelled document: a text with the spans and labels that somebody marked in it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, StrictInt, StrictStr, field_validator, model_validator

from nerret_tools.documents import Span


class LabelledEntity(BaseModel):
    """A span ``[start, end)`` in characters of the document's text, with its label."""

    model_config = ConfigDict(frozen=True)

    start: StrictInt
    end: StrictInt
    type: StrictStr


class LabelledDocument(BaseModel):
    """A document and every entity in it. Two labels may share one span.

    Attributes:
        id: Its name.
        text: What spans are offsets in.
        entities: What is marked.
        unknown: Labels of which nobody knows whether the document has them; for these it is neither right nor wrong.
    """

    model_config = ConfigDict(frozen=True)

    id: StrictStr
    text: StrictStr
    entities: list[LabelledEntity]
    unknown: list[StrictStr] = []

    @field_validator("id", "text")
    @classmethod
    def _can_be_stored(cls, value: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"half a surrogate pair at character {error.start}") from error
        return value

    @model_validator(mode="after")
    def _entities_lie_in_the_text(self) -> LabelledDocument:
        for entity in self.entities:
            if not 0 <= entity.start < entity.end <= len(self.text):
                raise ValueError(
                    f"entity [{entity.start}, {entity.end}) is not in the text ({len(self.text)} characters)"
                )
        return self

    def types_of_spans(self) -> dict[tuple[int, int], set[str]]:
        """The labels of each marked span, in the order in which they were marked."""
        found: dict[tuple[int, int], set[str]] = {}
        for entity in self.entities:
            found.setdefault((entity.start, entity.end), set()).add(entity.type)
        return found

    def gold_spans(self) -> list[Span]:
        """Each marked span once, in reading order, whatever its labels are."""
        return [Span(start=start, end=end) for start, end in sorted(self.types_of_spans())]
