"""Review: one document after the other is judged until enough of the right ones are found for sure."""

from __future__ import annotations

import csv
import io
import json
import threading
from pathlib import Path
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nerret_page.desk import Desk
from nerret_page.export import download_headers, file_stem
from nerret_page.rendering import page
from nerret_tools import EntityIndex
from nerret_tools.errors import InputError, NerretError, ReviewError
from nerret_tools.review import Review

TARGETS = (0.8, 0.9, 0.95)
"""Shares of the right documents that may be asked for."""

LARGEST_BODY = 20_000  # bytes


class Task(NamedTuple):
    """Which review, by whom."""

    entity_type: str  # what is looked for
    number: int = 1  # of several reviews of one type
    who: str | None = None  # the reviewer; `None`: the user who serves the page
    target: float | None = None  # the share to be found; `None`: the file's, or 0.9

    @classmethod
    def of(cls, given: Any) -> Task:
        """Read it from the query of an address or from what a script sent.

        Raises:
            InputError: A number is none.
        """
        try:
            number, target = int(given.get("number") or 1), given.get("target")
            target = float(target) if target else None
        except ValueError:
            raise InputError("number and target of a review must be numbers") from None
        return cls(str(given.get("type") or "").strip(), number, str(given.get("who") or "").strip() or None, target)

    @property
    def file_name(self) -> str:
        """Where the judgements are kept, in the folder of reviews."""
        return f"{file_stem(self.entity_type)}{f'-{self.number}' if self.number > 1 else ''}.review.jsonl"


class Reviewing:
    """The endpoints of reviews, whose files are in a folder."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self._desk = desk
        self._folder = folder
        self._lock = threading.Lock()
        self._opened: dict[str, tuple[EntityIndex, Review]] = {}

    def view(self, request: Request) -> Response:
        """The page: which review, and whether it has begun."""
        task = Task.of(request.query_params)
        begun = bool(task.entity_type) and (self._folder / task.file_name).exists()
        with self._desk.index() as index:
            stats = index.stats()
        return page(request, "review.html", task=task, begun=begun, targets=TARGETS, stats=stats)

    async def act(self, request: Request) -> Response:
        """Begin, judge or take back, and hand out the next document."""
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            return JSONResponse({"error": "send JSON"}, 415)  # which no form of a foreign page can
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_BODY:
                return JSONResponse({"error": "too large"}, 413)
        try:
            given = json.loads(body)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise InputError("what was sent is not a JSON object")
        return await run_in_threadpool(self._act, request, given)

    def judgements(self, request: Request) -> Response:
        """All verdicts as CSV."""
        task = Task.of(request.query_params)
        table = io.StringIO()
        rows = csv.writer(table)
        rows.writerow(["document_id", "verdict", "by", "at"])
        with self._desk.index() as index:
            for one in self._review(index, task).judgements():
                rows.writerow([one.document, one.verdict, one.by, one.at])
        headers = download_headers(f"{file_stem(task.entity_type)}-judgements", "csv")
        return Response(table.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)

    def _act(self, request: Request, given: dict[str, Any]) -> Response:
        task, done = Task.of(given), given.get("do")
        with self._desk.index() as index:
            try:
                review = self._review(index, task)
                if done in ("yes", "no", "unsure"):
                    review.judge(str(given.get("document")), done, who=task.who)
                elif done == "undo":
                    review.undo(who=task.who)
                handed = review.next(who=task.who)
                status = review.status()
            except NerretError as error:
                self._opened.pop(task.file_name, None)
                if isinstance(error, ReviewError):
                    raise ReviewError(str(error).replace(f"{self._folder}/", "")) from error
                if task.file_name in str(error):  # not the index, but the judgements' own file
                    raise ReviewError(f"{task.file_name} cannot be written; what it holds stays: make room") from error
                raise
        return page(request, "judging.html", task=task, status=status, one=handed[0] if handed else None)

    def _review(self, index: EntityIndex, task: Task) -> Review:
        with self._lock:
            known = self._opened.get(task.file_name)
            if known is not None and known[0] is index and task.target in (None, known[1].header.target_recall):
                return known[1]
            path = self._folder / task.file_name
            kept = _kept(path)
            review = index.review(
                task.entity_type,
                file=path,
                target_recall=task.target or kept.get("target_recall", 0.9),
                confidence=kept.get("confidence", 0.95),
            )
            self._opened[task.file_name] = index, review
            return review


def _kept(path: Path) -> dict[str, Any]:
    """What the first line of a review's file says, where there is one."""
    try:
        with path.open(encoding="utf-8") as file:
            found = json.loads(file.readline())
    except (OSError, ValueError):
        return {}  # `EntityIndex.review` says what is wrong with it
    return found if isinstance(found, dict) else {}
