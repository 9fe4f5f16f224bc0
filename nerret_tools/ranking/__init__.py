"""Scores in, pages of documents out: exact order, one entry per document, evidence, cursors."""

from nerret_tools.ranking.cursor import decode_cursor, encode_cursor, search_digest
from nerret_tools.ranking.evidence import Evidence, gather_evidence
from nerret_tools.ranking.page import Page, Position, rank_page

__all__ = [
    "Evidence",
    "Page",
    "Position",
    "decode_cursor",
    "encode_cursor",
    "gather_evidence",
    "rank_page",
    "search_digest",
]
