"""``nerret train``: make a model's weights again, or others from other data."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from nerret_tools.cli.output import print_json
from nerret_tools.models import find_spec
from nerret_tools.models.spec import RECIPE_FILE


def train(
    data: Annotated[Path, typer.Argument(help="Folder that the recipe's files are in.", exists=True, file_okay=False)],
    out: Annotated[Path | None, typer.Option(help="Folder for the weights; needed unless --clusters.")] = None,
    recipe: Annotated[
        Path | None,
        typer.Option(
            help="JSON; where it is left out the model's own, else one that leaves the backbone as it is.",
            dir_okay=False,
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(help="Which model's backbone and tap: a name, or a description in JSON.")
    ] = "minilm",
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only the steps of this kind, with what the folder has: spans, calibration … Repeatable."),
    ] = None,
    clusters: Annotated[
        bool, typer.Option("--clusters", help="Only print how types cluster, to choose archetypes and their number.")
    ] = False,
) -> None:
    """Run all steps of a recipe; those that the folder has from an earlier call are not repeated.

    The same weights for the same recipe, data, precision and number of threads.
    """
    from nerret_tools.lab.training.recipe import ArchetypesStep, read_recipe
    from nerret_tools.lab.training.steps import FROZEN, run_recipe, run_steps

    spec = find_spec(model)
    own = spec.weights / RECIPE_FILE
    whole = read_recipe(recipe or (own if own.is_file() else FROZEN))
    if clusters:
        from nerret_tools.lab.training.archetype_steps import report_clusters

        parts = [step for step in whole.steps if isinstance(step, ArchetypesStep)]
        if not parts:
            raise typer.BadParameter("the recipe has no step that trains archetypes")
        print_json(report_clusters(spec, parts[0], data))
        return
    if out is None:
        raise typer.BadParameter("say where the weights go: --out FOLDER")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    typer.echo(str(run_steps(spec, whole, only, data, out) if only else run_recipe(spec, whole, data, out)))
