"""Scores in, pages of documents out: exact order, one entry per document, evidence, cursors."""

from nerret_tools.ranking.bounds import score_scan
from nerret_tools.ranking.cursor import decode_cursor, encode_cursor, search_digest
from nerret_tools.ranking.evidence import Evidence, gather_evidence
from nerret_tools.ranking.exact import SCORE_DECIMALS
from nerret_tools.ranking.feedback import feed_back
from nerret_tools.ranking.page import Page, Position, rank_page
from nerret_tools.ranking.product import score_rows
from nerret_tools.ranking.searchable import Searchable

__all__ = [
    "SCORE_DECIMALS",
    "Evidence",
    "Page",
    "Position",
    "Searchable",
    "decode_cursor",
    "encode_cursor",
    "feed_back",
    "gather_evidence",
    "rank_page",
    "score_rows",
    "score_scan",
    "search_digest",
]
