"""Scores in, pages of documents out: exact order, one entry per document, evidence, cursors."""

from nerret_tools.ranking.combined import combined
from nerret_tools.ranking.cursor import Cursor, ListIdentity
from nerret_tools.ranking.evidence import Evidence, gather_evidence, tell_apart
from nerret_tools.ranking.page import Page, rank_page
from nerret_tools.ranking.relevance import Limits, limits, relevances
from nerret_tools.ranking.scores import Scores
from nerret_tools.ranking.search import Search

__all__ = [
    "Cursor",
    "Evidence",
    "Limits",
    "ListIdentity",
    "Page",
    "Scores",
    "Search",
    "combined",
    "gather_evidence",
    "limits",
    "rank_page",
    "relevances",
    "tell_apart",
]
