"""Taking away what is seen: as a file, and as the call that gives the same elsewhere."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from zlib import crc32

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from nerret_page.desk import index_of
from nerret_page.question import Question
from nerret_tools import FindResult
from nerret_tools.cli.listing import CSV_FIELDS, JSON_FIELDS, csv_lines, json_answer

PORTION = 200
"""Documents fetched at once, so that a long list takes no memory."""


def as_csv(request: Request) -> Response:
    """The list as CSV, with the columns of ``nerret find --csv``."""

    def lines(pages: Iterator[FindResult]) -> Iterator[str]:
        for number, found in enumerate(pages):
            rows = csv_lines([found], CSV_FIELDS, {})
            header = next(rows)
            yield from (line + "\r\n" for line in (rows if number else (header, *rows)))

    return _download(request, "csv", "text/csv; charset=utf-8", lines)


def as_json_lines(request: Request) -> Response:
    """The list as JSON lines, each a hit of ``nerret find --json``."""

    def lines(pages: Iterator[FindResult]) -> Iterator[str]:
        for found in pages:
            for hit in json_answer([found], JSON_FIELDS, {})["hits"]:
                yield json.dumps(hit, ensure_ascii=False, default=str) + "\n"

    return _download(request, "jsonl", "application/x-ndjson", lines)


def _download(
    request: Request, ending: str, kind: str, lines: Callable[[Iterator[FindResult]], Iterator[str]]
) -> Response:
    """All pages; the first is asked for now, so that what cannot be asked is told instead of a file."""
    question = Question.of(request.query_params)

    def page(cursor: str | None = None) -> FindResult:
        with index_of(request) as index:
            return index.find(question.asked, limit=PORTION, cursor=cursor, **question.options)

    def pages(found: FindResult) -> Iterator[FindResult]:
        yield found
        while found.next_cursor is not None:
            found = page(found.next_cursor)
            yield found

    headers = download_headers(file_stem(question.words), ending)
    return StreamingResponse(lines(pages(page())), media_type=kind, headers=headers)


def file_stem(words: str) -> str:
    """A name for a file that is safe everywhere."""
    stem = re.sub(r"[^a-z0-9]+", "-", words.lower())[:60].strip("-")
    return stem or f"type-{crc32(words.encode()):08x}"  # of another script


def download_headers(stem: str, ending: str) -> dict[str, str]:
    """By which a browser saves an answer under a name."""
    return {"Content-Disposition": f'attachment; filename="{stem}.{ending}"'}


def calls(question: Question) -> dict[str, str]:
    """The calls that give the same list: on the command line, in a program, by an agent."""
    asked, where, cutoff = question.asked, question.conditions, question.min_relevance
    types = {} if isinstance(asked, str) else {"any": asked.any_of, "all": asked.all_of[1:], "none": asked.none_of}
    scope = {} if isinstance(asked, str) or asked.scope == "mention" else {"scope": asked.scope}
    command = ["nerret", "find", question.entity_type, "--index", "DIR", "--everything"]
    command += [word for name, given in types.items() for one in given for word in (f"--{name}", one)]
    command += [word for name, one in scope.items() for word in (f"--{name}", one)]
    command += [word for line in question.where.splitlines() if line.strip() for word in ("--where", line.strip())]
    command += [] if cutoff is None else ["--min-relevance", f"{cutoff:g}"]
    options = {"min_relevance": cutoff, "where": where}
    written = "".join(f", {name}={value!r}" for name, value in options.items() if value is not None)
    program = (
        f"from nerret_tools import EntityIndex{'' if isinstance(asked, str) else ', EntityQuery'}\n\n"
        'with EntityIndex.open("DIR", create=False) as index:\n'
        f"    result = index.find({asked!r}{written})"
    )
    lists = {f"{name}_of": list(given) for name, given in types.items() if given}
    arguments = {"entity_type": question.entity_type, **lists, **scope, **options}
    said = {key: value for key, value in arguments.items() if value is not None}
    found = {
        "On the command line": shlex.join(command),
        "In a program": program,
        "By an agent, over MCP": f"find_documents_with_entity_type({json.dumps(said, ensure_ascii=False)})",
    }
    if question.where.startswith("{"):
        del found["On the command line"]  # it has no such filters
    return found
