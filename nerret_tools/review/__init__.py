"""Review to a certified recall: judge documents until it is proved that enough of the relevant ones are found."""

from nerret_tools.review.collection import Collection, Identity, ReviewDocument
from nerret_tools.review.journal import Entry, Verdict
from nerret_tools.review.judges import EndpointJudge, Judge
from nerret_tools.review.review import Review
from nerret_tools.review.status import ReviewStatus

__all__ = [
    "Collection",
    "EndpointJudge",
    "Entry",
    "Identity",
    "Judge",
    "Review",
    "ReviewDocument",
    "ReviewStatus",
    "Verdict",
]
