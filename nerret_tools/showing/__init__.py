"""Answers as text for a language model: evidence in the place of documents, and nothing hidden in it."""

from nerret_tools.showing.entities import entity_heading, entity_line, entity_text, other_names
from nerret_tools.showing.evidence import COLUMNS, EvidenceOf, count, evidence_of, heading, line_of, text_page, title_of
from nerret_tools.showing.tool import (
    DESCRIPTION,
    ENTITIES_DESCRIPTION,
    ENTITIES_NAME,
    NAME,
    PAGE,
    FindArguments,
)
from nerret_tools.showing.untrusted import NOTICE, clean, shorten, shown_id, snippet

__all__ = [
    "COLUMNS",
    "DESCRIPTION",
    "ENTITIES_DESCRIPTION",
    "ENTITIES_NAME",
    "NAME",
    "NOTICE",
    "PAGE",
    "EvidenceOf",
    "FindArguments",
    "clean",
    "count",
    "entity_heading",
    "entity_line",
    "entity_text",
    "evidence_of",
    "heading",
    "line_of",
    "other_names",
    "shorten",
    "shown_id",
    "snippet",
    "text_page",
    "title_of",
]
