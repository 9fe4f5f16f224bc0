"""`nerret sweep`: at which tap of a backbone mentions of one type lie together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerret_tools.cli.labelled import LabelledForm
from nerret_tools.cli.options import AsJson


def sweep(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="LABELLED",
            help="A labelled file, as for `nerret evaluate`; with --curve: reports of earlier sweeps.",
        ),
    ],
    types: Annotated[
        Path | None,
        typer.Option(metavar="TYPES.json", help="JSON object: label → its description; null: not compared."),
    ] = None,
    form: LabelledForm = None,
    model: Annotated[str, typer.Option(help="Name of the model whose backbone is swept.")] = "minilm",
    backbone: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Sweep this backbone instead: a folder in the Hugging Face format, or a name on the hub.",
        ),
    ] = None,
    types_count: Annotated[int, typer.Option(min=2, help="Types to draw; all, where there are fewer.")] = 20,
    sentences: Annotated[int, typer.Option(min=2, help="Documents to draw for each type.")] = 20,
    seeds: Annotated[int, typer.Option(min=1, help="How often to draw.")] = 5,
    precision: Annotated[str, typer.Option(help="float32 or bfloat16.")] = "float32",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", file_okay=False, help="Write the report and its figure there.")
    ] = None,
    curve: Annotated[bool, typer.Option("--curve", help="Draw the depth curve of earlier sweeps into --out.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure every tap of a backbone: which block, component and pooling tells types apart?

    Draws mentions of some types, reads them everywhere in one pass, and reports how well their
    cosine tells pairs of one type from pairs of two (AUC: 0.5 is chance, 1 is always).

    One model:  `nerret sweep dev.jsonl --types types.json --out DIR`

    Several:  `nerret sweep --curve DIR/sweep-a.json DIR/sweep-b.json --out DIR`
    """
    from nerret_tools.lab.sweep.command import draw_curve, measure

    if curve:
        if out is None:
            raise typer.BadParameter("--curve needs --out DIR")
        draw_curve(files, out)
        return
    if types is None or len(files) != 1:
        raise typer.BadParameter("one labelled file and --types TYPES.json are needed (or --curve and reports)")
    counts = {"types": types_count, "sentences": sentences, "seeds": seeds}
    measure(files[0], types, form, model, backbone, precision, out, as_json=as_json, **counts)
