"""A page of entities as text: a heading, then a line an entity."""

from __future__ import annotations

from nerret_tools.entities.entity import Entity, EntityPage
from nerret_tools.showing.untrusted import NOTICE, shorten, shown_id

NAMES_SHOWN = 5
NAME_CHARACTERS = 120

_COLUMNS = "columns: name, relevance, documents, mentions, also written, for instance in, evidence"


def other_names(entity: Entity) -> list[str]:
    """The most frequent of its other spellings."""
    return [shorten(one.text, NAME_CHARACTERS) for one in entity.surfaces if one.text != entity.name][:NAMES_SHOWN]


def entity_line(entity: Entity) -> str:
    """An entity with its evidence, separated by tabs."""
    relevance = f"score {entity.score:.3f}" if entity.relevance is None else f"{entity.relevance:.2f}"
    counts = f"{entity.document_count}\t{entity.mention_count}"
    ids = " | ".join(shown_id(one.document_id) for one in entity.evidence)
    name = shorten(entity.name, NAME_CHARACTERS)
    return f"{name}\t{relevance}\t{counts}\t{' | '.join(other_names(entity))}\t{ids}\t“{entity.evidence[0].snippet}”"


def entity_heading(found: EntityPage, returned: int, next_cursor: str | None, place: str = "this index") -> str:
    """What a page of entities is of, what its columns are, and what to do next; `place` says what was searched."""
    cutoff = "the cut-off" if found.min_relevance is None else f"min_relevance {found.min_relevance:.3g}"
    if not found.total:
        return f"0 entities; nothing in {place} reaches {cutoff}; try other words for the type, or a lower one"
    reach = f"{returned:,} of {found.total:,} entities in {place} that reach {cutoff}"
    if found.expected_recall is not None:
        reach += f", over which {found.expected_recall:.0%} of the right documents that were detected are expected"
    following = "this is the last page" if next_cursor is None else f"call again with cursor={next_cursor}"
    return "; ".join([reach, _COLUMNS, following, NOTICE])


def entity_text(found: EntityPage) -> str:
    """A whole page of `EntityIndex.entities` as text."""
    lines = [entity_line(one) for one in found.entities]
    return "\n".join([entity_heading(found, len(lines), found.next_cursor), *lines])
