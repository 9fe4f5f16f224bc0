"""``nerret find``: the documents that mention an entity of a type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerret_tools.cli import asking, options
from nerret_tools.cli.hits import expectation, print_hits
from nerret_tools.cli.listing import CSV_FIELDS, JSON_FIELDS, check_fields, csv_lines, json_answer
from nerret_tools.cli.output import complain, print_data, print_lines, results
from nerret_tools.cli.repetitions import group
from nerret_tools.cli.where import fields_of, parse_where
from nerret_tools.errors import FilterError, InputError

if TYPE_CHECKING:
    from nerret_tools import EntityIndex
    from nerret_tools.documents import FindResult


def find(
    place: options.IndexPlace,
    types: asking.Types = None,
    any_of: asking.AnyOf = None,
    all_of: asking.AllOf = None,
    none_of: asking.NoneOf = None,
    scope: asking.ScopeOf = "mention",
    name: options.IndexName = "default",
    model: options.ModelName = "minilm",
    limit: asking.Limit = asking.PAGE,
    everything: asking.Everything = False,
    min_relevance: asking.MinRelevance = None,
    max_relevance: asking.MaxRelevance = None,
    recall: asking.Recall = None,
    min_score: Annotated[float | None, typer.Option(help="A cut-off as a cosine.")] = None,
    where: asking.Where = None,
    cursor: asking.Cursor = None,
    max_mentions: Annotated[int, typer.Option(min=1, help="Mentions shown for a document.")] = 3,
    group_duplicates: Annotated[
        bool, typer.Option("--group-duplicates", help="Documents of one text, but for case and spaces, are one row.")
    ] = False,
    scan_dtype: options.ScanDtype = "int8",
    as_json: options.AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of text.")] = False,
    fields: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,…",
            help="What --json and --csv print of a document: document_id, relevance, score, mention_count, mentions, "
            "mention, start, end, line, snippet, text, metadata, duplicates, or a field of the metadata.",
            show_default="all but the text",
        ),
    ] = None,
) -> None:
    """List the documents that mention an entity of a type, best first."""
    asked = asking.questions(types, any_of, all_of, none_of, scope)
    conditions = parse_where(where or [])
    chosen = check_fields(fields) if fields is not None else None
    if as_json and as_csv:
        raise InputError("--json and --csv are two forms; ask for one")
    if chosen is not None and not (as_json or as_csv):
        raise InputError("--fields is for --json and --csv")
    if cursor is not None and (len(asked) > 1 or group_duplicates):
        raise FilterError("--cursor continues the list of one type, without --group-duplicates")
    with options.open_index(place, name, model, scan_dtype=scan_dtype) as opened:
        narrowed: dict[str, Any] = {
            "limit": None if everything or group_duplicates else limit,
            "min_relevance": min_relevance,
            "min_score": min_score,
            "max_relevance": max_relevance,
            "recall": recall,
            "where": conditions,
            "max_mentions": max_mentions,
        }
        if len(asked) == 1:
            answers = [opened.find(asked[0], cursor=cursor, **narrowed)]
        else:
            answers = opened.find_many(asked, **narrowed)
        if conditions and not all(answer.total for answer in answers):
            _say_unknown_fields(opened, conditions)
    same: Mapping[str, list[str]] = {}
    if group_duplicates:
        answers, same = group(answers, None if everything else limit)
    if as_json:
        print_data(json_answer(answers, chosen or JSON_FIELDS, same))
    elif as_csv:
        print_lines(csv_lines(answers, chosen or CSV_FIELDS, same))
    else:
        for answer in answers:
            print_hits(answer, results(), first_page=cursor is None, by_score=min_score is not None, same=same)
            _say_what_follows(answer, one=len(answers) == 1, grouped=group_duplicates)


def _say_what_follows(found: FindResult, *, one: bool, grouped: bool) -> None:
    expected = expectation(found)
    if expected is not None:
        complain(expected)
    if len(found.hits) < found.total and (grouped or found.next_cursor is not None):
        asking.say_next_page(len(found.hits), found.total, "documents", found.next_cursor if one else None)


def _say_unknown_fields(index: EntityIndex, conditions: Mapping[str, Any]) -> None:
    known = index.fields()
    for field in fields_of(conditions):
        if field not in known:
            there = f"there are: {', '.join(known)}" if known else "none has any"
            complain(f"No document has the metadata field {field!r} of --where; {there}.")
