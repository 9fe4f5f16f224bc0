"""``nerret label``: texts in, their mentions of the named types out."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from nerret_tools.archetypes import EntityExtractor, SchemaReport, TypedMention
from nerret_tools.cli.options import AsJson, IdField, TextField
from nerret_tools.cli.output import columns, complain, print_json, results, visible
from nerret_tools.errors import DataFileError, DocumentError, InputError, ScorerError
from nerret_tools.exit_codes import WRONG_INPUT
from nerret_tools.reading import DocumentReader, Reading, ReadProblem
from nerret_tools.reading.labelled import LabelledFormat, read_documents
from nerret_tools.texts import check_text

PORTION = 256  # documents between two writes
COLUMN_ENDINGS = (".conll", ".tsv", ".bio", ".iob")


def label(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="JSON lines, CSV, Parquet, .txt, .md, folders, - for stdin; columns of tokens and BIO tags "
            "(.conll, .tsv, .bio, .iob). With --evaluate: labelled files.",
        ),
    ],
    types: Annotated[
        Path,
        typer.Option(
            metavar="TYPES.json",
            help="A list of names, or an object: name → definition (null: not looked for).",
            dir_okay=False,
        ),
    ],
    min_relevance: Annotated[float | None, typer.Option(metavar="P", help="Under it a span gets no type.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Report how the types fit the texts, in place of the mentions.")
    ] = False,
    evaluate: Annotated[
        bool, typer.Option("--evaluate", help="Compare with the marked entities: micro span-F1, per file and macro.")
    ] = False,
    ablations: Annotated[
        bool, typer.Option("--ablations", help="With --evaluate: also without each part of the method.")
    ] = False,
    model: Annotated[str, typer.Option(help="Name of the model.")] = "minilm",
    scorer: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Let a causal language model choose among the types: a folder or hub name, or, with --base-url, "
            "its name there.",
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="OpenAI-compatible endpoint, up to /v1; key in OPENAI_API_KEY.")
    ] = None,
    id_field: IdField = "id",
    text_field: TextField = "text",
    in_columns: Annotated[
        bool, typer.Option("--columns", help="The files are columns of tokens and BIO tags, whatever they are called.")
    ] = False,
    limit_documents: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Use the first N documents of each file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find mentions of the types in a file, with no training for them.

    Prints one JSON object a document: `{"id", "entities": [{"start", "end", "text", "type",
    "archetype", "relevance"}]}`. With --explain or --evaluate a report; --json makes it one object.
    """
    if evaluate and explain:
        raise typer.BadParameter("--evaluate and --explain are two reports; ask for one")
    if ablations and not evaluate:
        raise typer.BadParameter("--ablations belongs to --evaluate")
    asked = _read_types(types)
    extractor = EntityExtractor.load(model, _scorer(scorer, base_url))
    if evaluate:
        from nerret_tools.lab.evaluation.extraction import print_evaluation

        files = [Path(path) for path in paths]
        print_evaluation(
            extractor, files, asked, min_relevance, ablations, limit_documents, in_columns, as_json=as_json
        )
        return
    documents, problems = _read(paths, id_field, text_field, limit_documents, in_columns=in_columns)
    if explain:
        _print_explanation(extractor.explain([text for _, text in documents], asked, min_relevance), as_json=as_json)
    else:
        _extract(extractor, documents, asked, min_relevance)
    for problem in problems:
        complain(problem)
    if problems:
        raise typer.Exit(WRONG_INPUT)


def _read_types(path: Path) -> Any:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise DataFileError(f"{path}: not JSON ({error})") from error
    if isinstance(found, dict):
        return {name: value for name, value in found.items() if value is not None}
    if isinstance(found, list):
        return found
    raise DataFileError(f"{path}: expected a list of type names, or an object that maps each to its definition")


def _scorer(name: str | None, base_url: str | None) -> Any:
    if name is None:
        if base_url is not None:
            raise typer.BadParameter("--base-url needs --scorer, the model's name there")
        return None
    if base_url is not None:
        from nerret_tools.archetypes.endpoint import EndpointScorer

        return EndpointScorer(base_url, name)
    from nerret_tools.archetypes.language_model import CausalScorer

    return CausalScorer(name)


def _read(
    paths: list[str], id_field: str, text_field: str, limit: int | None, *, in_columns: bool
) -> tuple[list[tuple[str, str]], list[str]]:
    """Ids and texts, and what could not be read."""
    found: list[tuple[str, str]] = []
    problems: list[str] = []
    for path in paths:
        if in_columns or Path(path).suffix.lower() in COLUMN_ENDINGS:
            form = LabelledFormat.COLUMNS if in_columns else None
            found += [(one.id, one.text) for one in read_documents(path, form=form, limit=limit)]
            continue
        reader = DocumentReader([path], Reading(id_field, text_field, number_missing_ids=True))
        unusable = []
        for position, document in enumerate(islice(reader, limit)):
            try:
                check_text(document.text, "its text")
            except DocumentError as error:
                unusable.append(ReadProblem(reader.origin(position), str(error)))
            else:
                found.append((document.id, document.text))
        problems += map(str, [*reader.problems, *unusable])
    if not found and not problems:
        raise InputError(f"no documents in {', '.join(paths)}")
    return found, problems


def _extract(
    extractor: EntityExtractor, documents: list[tuple[str, str]], types: Any, min_relevance: float | None
) -> None:
    for first in range(0, len(documents), PORTION):
        portion = documents[first : first + PORTION]
        try:
            found = extractor.extract([text for _, text in portion], types, min_relevance)
        except ScorerError as error:
            _print_entities(portion, error.partial)
            raise
        _print_entities(portion, found)


def _print_entities(portion: list[tuple[str, str]], found: list[list[TypedMention]]) -> None:
    for (document_id, _), mentions in zip(portion, found, strict=False):
        line = {"id": document_id, "entities": [one.model_dump() for one in mentions]}
        typer.echo(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n", nl=False)


def _print_explanation(report: SchemaReport, *, as_json: bool) -> None:
    """Print how the types fit the texts."""
    if as_json:
        print_json(report)
        return
    table = columns("type", "mentions", "mean relevance", "archetypes", numbers=("mentions", "mean relevance"))
    for one in report.types:
        archetypes = ", ".join(f"{name} {share:.2f}" for name, share in one.archetypes.items())
        mean = "" if one.mean_relevance is None else f"{one.mean_relevance:.2f}"
        table.add_row(visible(one.type), f"{one.mentions:,}", mean, archetypes)
    results().print(table)
    if report.overlaps:
        figures = ("similarity", "contested mentions")
        overlaps = columns("types that overlap", *figures, numbers=figures)
        for pair in report.overlaps:
            overlaps.add_row(visible(" / ".join(pair.types)), f"{pair.similarity:.2f}", f"{pair.contested:,}")
        results().print(overlaps)
    if report.unreached:
        typer.echo(f"No mention: {', '.join(map(visible, report.unreached))}")
    typer.echo(f"{report.typed:,} of {report.candidates:,} candidate spans got a type.")
