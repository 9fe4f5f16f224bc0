"""``nerret models``: which models there are, and projections that others published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerret_tools.cli.options import AsJson
from nerret_tools.cli.output import columns, print_data, results
from nerret_tools.models import MODELS, ModelSpec, find_spec
from nerret_tools.models.spec import CALIBRATION_FILE, PROJECTION_FILE
from nerret_tools.models.spec_file import spec_json

app = typer.Typer(
    help="List models, print their descriptions, import published weights.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """Show the named models and which of their weights are on this machine."""
    models = [_state(find_spec(name)) for name in MODELS]
    if as_json:
        print_data({"models": models})
        return
    table = columns("name", "backbone", "tap", "projection", "span head", "calibration")
    for model in models:
        parts = ("yes" if model[part] else "no" for part in ("projection", "span_head", "calibration"))
        table.add_row(*(str(model[key]) for key in ("name", "backbone", "tap")), *parts)
    results().print(table)


@app.command()
def show(model: Annotated[str, typer.Argument(metavar="MODEL", help="A name, or a description in JSON.")]) -> None:
    """Print a model's description as JSON, to start another one from."""
    typer.echo(spec_json(find_spec(model)))


@app.command("import-head")
def import_published(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The authors' contrastive_projection_head.pth.")],
    model: Annotated[str, typer.Option(help="The model that it is the projection of.")] = "llama-3.1-8b",
) -> None:
    """Check a projection that its authors published and keep it in the folder of your models."""
    from nerret_tools.models.import_head import import_head  # with torch

    typer.echo(str(import_head(file, find_spec(model))))


def _state(spec: ModelSpec) -> dict[str, str | bool]:
    """A named model, and which of its weights are here."""
    return {
        "name": spec.name,
        "backbone": spec.backbone,
        "tap": str(spec.tap),
        "licence": spec.licence,
        "weights": str(spec.weights),
        "projection": (spec.weights / PROJECTION_FILE).is_file(),
        "span_head": spec.has_span_head,
        "calibration": (spec.weights / CALIBRATION_FILE).is_file(),
    }
