"""``nerret review``: judge documents until enough of the relevant ones are found for sure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from nerret_tools.cli.hits import HIGHLIGHT, excerpt
from nerret_tools.cli.keys import single_keys
from nerret_tools.cli.options import IndexName, IndexPlace, ModelName, open_index
from nerret_tools.cli.output import complain, results, visible
from nerret_tools.errors import InputError

if TYPE_CHECKING:
    from nerret_tools.review import Review, ReviewDocument, ReviewStatus, Verdict

VERDICTS: dict[str, Verdict] = {"y": "yes", "n": "no", "u": "unsure"}
KEYS = "y yes   n no   u unsure   b back   t whole text   q quit"

OTHER_LINES = 6
"""Lines of the screen that are not the document's."""


def review(
    entity_type: Annotated[str, typer.Argument(metavar="TYPE", help='In your own words: "dinosaur", "airline".')],
    place: IndexPlace,
    file: Annotated[Path, typer.Option(dir_okay=False, help="Where the judgements are kept; made, or gone on with.")],
    name: IndexName = "default",
    model: ModelName = "minilm",
    target: Annotated[float, typer.Option(metavar="SHARE", help="Of the relevant documents, to be found.")] = 0.9,
    confidence: Annotated[float, typer.Option(metavar="SHARE", help="How sure that is to be.")] = 0.95,
    reviewer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who judges; two on one file need two names.", show_default="you")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the draws by chance, in a new file.", show_default="any")] = None,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="Judge nothing; write the judgements as .csv or .jsonl."),
    ] = None,
    judge_endpoint: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Let a model judge: an OpenAI-compatible address; key in OPENAI_API_KEY."),
    ] = None,
    judge_model: Annotated[str | None, typer.Option(metavar="NAME", help="The model's name there.")] = None,
    at_once: Annotated[int, typer.Option(min=1, help="Documents that the model judges at the same time.")] = 8,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many documents.")] = None,
) -> None:
    """Judge documents until it is proved that enough of the relevant ones are found.

    Shows the most relevant first, and some by chance from the whole collection, also such without any
    mention: they prove how much can be missing. Stop with q and go on later with the same command.
    """
    if (judge_endpoint is None) != (judge_model is None):
        raise InputError("--judge-endpoint and --judge-model belong together")
    with open_index(place, name, model) as opened:
        found = opened.review(
            entity_type, file=file, target_recall=target, confidence=confidence, reviewer=reviewer, seed=seed
        )
        if export is not None:
            found.export(export)
            complain(f"Written to {export}.")
        elif judge_endpoint is not None and judge_model is not None:
            _let_judge(found, judge_endpoint, judge_model, reviewer, at_once, limit)
        else:
            _ask(found, limit)
        status = found.status()
    typer.echo(visible(status.certificate))
    if export is None and not status.done:
        complain("The same command goes on.")


def _let_judge(found: Review, endpoint: str, model: str, reviewer: str | None, at_once: int, limit: int | None) -> None:
    from nerret_tools.archetypes.endpoint import EndpointScorer
    from nerret_tools.review import EndpointJudge

    judge = EndpointJudge(EndpointScorer(endpoint, model, at_once=at_once), found.entity_type)
    with Console(stderr=True).status("") as line:
        found.run(
            judge,
            who=reviewer or model,
            at_once=at_once,
            most=limit,
            told=lambda status: line.update(Text(_progress(status))),
        )


def _ask(found: Review, limit: int | None) -> None:
    """Show one document after the other and take a key for each."""
    screen, judged = results(), 0
    status = found.status()
    with single_keys() as read_key:
        while limit is None or judged < limit:
            documents = found.next()
            if not documents:
                break
            _show(screen, documents[0], found.entity_type, status)
            key = _key(read_key, screen, documents[0])
            if key == "q":
                break
            if key == "b":
                judged -= found.undo() is not None
                status = found.status()
            else:
                status = found.judge(documents[0].document.id, VERDICTS[key])
                judged += 1
    screen.print()


def _key(read_key: Callable[[], str], screen: Console, one: ReviewDocument) -> str:
    while True:
        try:
            key = read_key().lower()
        except (EOFError, OSError):  # the terminal is gone, or there was none
            return "q"
        if key in VERDICTS or key in ("b", "q"):
            return key
        if key in ("", "\x03", "\x04"):
            return "q"
        if key == "t":
            screen.print(Text(visible(one.document.text)))
            screen.print(Text(KEYS, style="dim"))


def _show(screen: Console, one: ReviewDocument, entity_type: str, status: ReviewStatus) -> None:
    screen.clear()
    screen.print(Text(_progress(status), style="bold"))
    relevance = "" if one.relevance is None else f"   relevance {one.relevance:.2f}"
    chance = "   drawn by chance" if one.by_chance else ""
    screen.print(Text(visible(one.document.id) + relevance + chance, style="dim"))
    room = max(1, screen.height - OTHER_LINES) * max(20, screen.width - 2)
    screen.print(excerpt(one, room, brackets=not screen.is_terminal))
    screen.print()
    question = Text.assemble("Does it mention ", (visible(entity_type), HIGHLIGHT), "?   ", (KEYS, "dim"))
    screen.print(question)


def _progress(status: ReviewStatus) -> str:
    return (
        f"{status.judged:,} of {status.documents:,} judged   {status.found:,} found   recall at least "
        f"{status.recall:.1%} of {status.target_recall:.0%} ({status.confidence:.0%} sure)"
    )
