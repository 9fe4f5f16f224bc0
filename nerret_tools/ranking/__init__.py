"""Scores in, pages of documents out: exact order, one entry per document, evidence, cursors."""

from nerret_tools.ranking.cursor import Cursor, ListIdentity
from nerret_tools.ranking.evidence import Evidence, gather_evidence
from nerret_tools.ranking.page import Page, rank_page
from nerret_tools.ranking.relevance import cutoff, relevance, relevances
from nerret_tools.ranking.scores import Scores
from nerret_tools.ranking.search import Search

__all__ = [
    "Cursor",
    "Evidence",
    "ListIdentity",
    "Page",
    "Scores",
    "Search",
    "cutoff",
    "gather_evidence",
    "rank_page",
    "relevance",
    "relevances",
]
