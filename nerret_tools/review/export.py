"""The judgements of a review as a file for others, with the evidence and the certificate."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nerret_tools.errors import ReviewError, StoreUnavailableError
from nerret_tools.review.collection import ReviewDocument
from nerret_tools.review.journal import Entry
from nerret_tools.review.status import ReviewStatus
from nerret_tools.showing import snippet

COLUMNS = (
    "document_id",
    "verdict",
    "mention",
    "start",
    "end",
    "snippet",
    "relevance",
    "by_chance",
    "reviewer",
    "judged_at",
)
FORMS = (".csv", ".jsonl")

AT_ONCE = 500
"""Documents fetched at a time."""

SNIPPET_CHARACTERS = 160

Fetch = Callable[[Sequence[str]], list[ReviewDocument]]


def write_review(file: str | Path, status: ReviewStatus, entries: Sequence[Entry], fetch: Fetch) -> None:
    """Write all judged documents, those found first, and the certificate in words; as `Review.export`.

    In JSON lines the first line is the certificate with its numbers; in CSV it stands in the first row, in a column
    of its own.
    """
    path = Path(file)
    if path.suffix.lower() not in FORMS:
        raise ReviewError(f"{path}: the name must end in {' or '.join(FORMS)}")
    lines = list(_rows(entries, fetch))
    try:
        with path.open("w", encoding="utf-8", newline="") as out:
            if path.suffix.lower() == ".jsonl":
                certificate = {"certificate": status.certificate, **status.model_dump()}
                out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in (certificate, *lines))
            else:
                table = csv.writer(out)
                table.writerow((*COLUMNS, "certificate"))
                for number, line in enumerate(lines):
                    table.writerow((*line.values(), "" if number else status.certificate))
    except OSError as error:
        raise StoreUnavailableError(f"{path} cannot be written: {error.strerror or error}") from error


def _rows(entries: Sequence[Entry], fetch: Fetch) -> Iterator[dict[str, Any]]:
    """Give each judged document with `COLUMNS`, those found first; the best mention is the evidence."""
    entries = sorted(entries, key=lambda entry: ("yes", "unsure", "no").index(entry.verdict or "no"))
    for first in range(0, len(entries), AT_ONCE):
        part = entries[first : first + AT_ONCE]
        documents = {one.document.id: one for one in fetch([entry.document for entry in part])}
        for entry in part:
            one = documents[entry.document]
            best = one.mentions[0] if one.mentions else None
            around = None if best is None else snippet(one.document.text, best.start, best.end, SNIPPET_CHARACTERS)
            values = (
                entry.document,
                entry.verdict,
                None if best is None else best.text,
                None if best is None else best.start,
                None if best is None else best.end,
                around,
                None if one.relevance is None else round(one.relevance, 4),
                one.by_chance,
                entry.by,
                entry.at,
            )
            yield dict(zip(COLUMNS, values, strict=True))
