"""The archetypes: what they are called, what they mean, and the nouns they were distilled from."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from nerret_tools.errors import ModelError

CATALOGUE_FILE = Path(__file__).with_name("archetypes.json")


class Archetype(BaseModel):
    """A universal category (SAM-NER, section 3.2)."""

    model_config = ConfigDict(frozen=True)

    name: str  # as in `TypedMention.archetype`
    definition: str  # in a sentence
    seeds: list[str]  # WordNet nouns; what lies below them in the taxonomy is of this archetype


class Catalogue(BaseModel):
    """All archetypes, in the order of a trained head."""

    model_config = ConfigDict(frozen=True)

    archetypes: list[Archetype]

    @property
    def names(self) -> list[str]:
        """In the order of a distribution's columns."""
        return [archetype.name for archetype in self.archetypes]


@lru_cache(maxsize=2)
def read_catalogue(path: Path = CATALOGUE_FILE) -> Catalogue:
    """Read the archetypes.

    Raises:
        ModelError: The file is missing or is something else.
    """
    try:
        return Catalogue.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise ModelError(f"{path} is not a list of archetypes that can be read: {error}") from error
