"""``nerret train``: make a model's weights again, or others from other data."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerret_tools.cli.output import print_json
from nerret_tools.models import find_spec
from nerret_tools.models.spec import RECIPE_FILE

if TYPE_CHECKING:
    from nerret_tools.lab.training.recipe import Recipe

app = typer.Typer(
    help="Train a model's span head, projection or calibration from a recipe and data.",
    no_args_is_help=True,
    add_completion=False,
)

Data = Annotated[
    Path,
    typer.Option(help="Folder that the recipe's files are in.", exists=True, file_okay=False),
]
Out = Annotated[Path, typer.Option(help="Folder for the weights.", file_okay=False)]
RecipePath = Annotated[
    Path | None,
    typer.Option("--recipe", help="JSON; where it is left out the model's own, else minilm's.", dir_okay=False),
]
Model = Annotated[str, typer.Option(help="Which model's backbone and tap: a name, or a description in JSON.")]
Seed = Annotated[int | None, typer.Option(help="Instead of the recipe's.")]


@app.command()
def adapter(data: Data, out: Out, recipe: RecipePath = None, model: Model = "minilm", seed: Seed = None) -> None:
    """Train an adapter of the backbone with projection and span head (an hour or two on two cores)."""
    from nerret_tools.lab.training.steps import make_adapter

    whole = _recipe(recipe, model)
    part = _seeded(_present(whole.adapter, "adapter"), seed)
    _run(lambda: make_adapter(find_spec(model), part, whole.spans, data, out))


@app.command()
def refinement(
    data: Data,
    out: Out,
    recipe: RecipePath = None,
    model: Model = "minilm",
    seed: Seed = None,
    number: Annotated[int | None, typer.Option(help="Only this one of them, from 1; all where left out.")] = None,
) -> None:
    """Train adapter, projection and span head further, from those in the folder (an hour on two cores)."""
    from nerret_tools.errors import DataFileError
    from nerret_tools.lab.training.steps import make_refinement

    whole = _recipe(recipe, model)
    first = _present(whole.adapter, "adapter")
    parts = [_seeded(part, seed) for part in _present(whole.refinements, "refinements")]
    if number is not None and not 1 <= number <= len(parts):
        raise DataFileError(f"the recipe has {len(parts)} refinements; there is no number {number}")
    chosen = parts if number is None else [parts[number - 1]]
    _run(lambda: [make_refinement(find_spec(model), first, part, whole.spans, data, out) for part in chosen][-1])


@app.command()
def context(data: Data, out: Out, recipe: RecipePath = None, model: Model = "minilm", seed: Seed = None) -> None:
    """Train the context head, which reads the text around a mention (about ten minutes on two cores).

    The folder must hold adapter and projection; the projection gives up as many dimensions.
    """
    from nerret_tools.lab.training.steps import make_context

    part = _seeded(_present(_recipe(recipe, model).context, "context"), seed)
    _run(lambda: make_context(find_spec(model), part, data, out))


@app.command()
def spans(data: Data, out: Out, recipe: RecipePath = None, model: Model = "minilm", seed: Seed = None) -> None:
    """Train the span head, which finds mentions (about half an hour on two cores)."""
    from nerret_tools.lab.training.steps import make_span_head

    part = _seeded(_recipe(recipe, model).spans, seed)
    _run(lambda: make_span_head(find_spec(model), part, data, out))


@app.command()
def projection(
    data: Data,
    out: Out,
    recipe: RecipePath = None,
    model: Model = "minilm",
    seed: Seed = None,
    taxonomy: Annotated[str | None, typer.Option(help="Another wndb(5WN) noun file, in the data folder.")] = None,
    labelled: Annotated[
        str | None, typer.Option(help="Other labelled JSON lines, in the data folder; needs --types.")
    ] = None,
    types: Annotated[str | None, typer.Option(help="JSON object, label to description, for --labelled.")] = None,
) -> None:
    """Train the projection, which makes representations type-aware (about ten minutes on two cores)."""
    from nerret_tools.lab.training.recipe import LabelledFiles
    from nerret_tools.lab.training.steps import make_projection

    part = _seeded(_recipe(recipe, model).projection, seed)
    if (labelled is None) != (types is None):
        raise typer.BadParameter("--labelled and --types go together")
    changes: dict[str, Any] = {} if taxonomy is None else {"taxonomy": taxonomy}
    if labelled is not None and types is not None:
        changes["labelled"] = [LabelledFiles(path=labelled, types=types)]
    _run(lambda: make_projection(find_spec(model), part.model_copy(update=changes), data, out))


@app.command()
def calibration(data: Data, out: Out, recipe: RecipePath = None, model: Model = "minilm") -> None:
    """Fit relevance and the default cut-off on development types (a few minutes on two cores)."""
    from nerret_tools.lab.training.steps import make_calibration

    part = _recipe(recipe, model).calibration
    _run(lambda: make_calibration(find_spec(model), part, data, out))


@app.command()
def archetypes(
    data: Data,
    out: Out,
    recipe: RecipePath = None,
    model: Model = "minilm",
    clusters: Annotated[
        bool, typer.Option("--clusters", help="Only print how types cluster, to choose archetypes and their number.")
    ] = False,
) -> None:
    """Train the archetype head and fit how types are chosen (about six minutes on two cores)."""
    from nerret_tools.lab.training import archetype_steps as steps

    spec = find_spec(model)
    part = steps.read_archetype_recipe(recipe or spec.weights / steps.RECIPE_FILE)
    if clusters:
        print_json(steps.report_clusters(spec, part, data))
        return
    _run(lambda: steps.make_archetypes(spec, part, data, out))


@app.command()
def export(
    model: Model = "minilm",
    out: Annotated[Path | None, typer.Option(help="Folder; the model's own where it is left out.")] = None,
) -> None:
    """Turn the trained weights into the graph that ONNX Runtime runs: the last step (a few seconds)."""
    from nerret_tools.lab.training.export import export as write

    _run(lambda: write(find_spec(model), out))


def _recipe(path: Path | None, model: str) -> Recipe:
    from nerret_tools.lab.training.recipe import read_recipe

    own = find_spec(model).weights / RECIPE_FILE
    return read_recipe(path or (own if own.is_file() else find_spec("minilm").weights / RECIPE_FILE))


def _present(part: Any, name: str) -> Any:
    from nerret_tools.errors import DataFileError

    if not part:
        raise DataFileError(f'the recipe has no part "{name}"')
    return part


def _seeded(part: Any, seed: int | None) -> Any:
    return part if seed is None else part.model_copy(update={"seed": seed})


def _run(step: Callable[[], Path]) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    typer.echo(str(step()))
