"""Documents of one text under several ids, as one row each."""

from __future__ import annotations

from collections.abc import Sequence

from nerret_tools.documents import FindResult, Hit


def group(answers: Sequence[FindResult], limit: int | None) -> tuple[list[FindResult], dict[str, list[str]]]:
    """Keep the first document of each text, at most so many, compared without regard to case and white space.

    Returns:
        The complete answers, whose totals count texts now, and the other ids of each kept document's text.
    """
    same: dict[str, list[str]] = {}
    grouped = []
    for answer in answers:
        firsts: dict[str, Hit] = {}
        others: dict[str, list[str]] = {}
        for hit in answer.hits:
            first = firsts.setdefault(" ".join(hit.document.text.split()).casefold(), hit)
            if first is not hit:
                others.setdefault(first.document_id, []).append(hit.document_id)
        same |= others
        hits = list(firsts.values())
        grouped.append(answer.model_copy(update={"hits": hits[:limit], "total": len(hits), "next_cursor": None}))
    return grouped, same
