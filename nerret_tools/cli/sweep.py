"""`nerret sweep`: at which tap of a backbone mentions of one type lie together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerret_tools.cli.labelled import LabelledForm
from nerret_tools.cli.options import AsJson
from nerret_tools.cli.output import complain, print_json, results

if TYPE_CHECKING:
    from nerret_tools.lab.sweep.report import SweepReport


def sweep(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="LABELLED",
            help="A labelled file, as for `nerret evaluate`; with --curve: reports of earlier sweeps.",
            show_default=False,
        ),
    ],
    types: Annotated[
        Path | None,
        typer.Option(
            metavar="TYPES.json",
            help="JSON object: label → its description; null: not compared.",
            show_default=False,
        ),
    ] = None,
    form: LabelledForm = None,
    model: Annotated[str, typer.Option(help="Name of the model whose backbone is swept.")] = "minilm",
    backbone: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Sweep this backbone instead: a folder in the Hugging Face format, or a name on the hub.",
            show_default=False,
        ),
    ] = None,
    types_count: Annotated[int, typer.Option(min=2, help="Types to draw; all, where there are fewer.")] = 20,
    sentences: Annotated[int, typer.Option(min=2, help="Documents to draw for each type.")] = 20,
    seeds: Annotated[int, typer.Option(min=1, help="How often to draw.")] = 5,
    precision: Annotated[str, typer.Option(help="float32 or bfloat16.")] = "float32",
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Write the report and its figure there.", show_default=False),
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
    if curve:
        _draw_curve(files, out)
        return
    if types is None or len(files) != 1:
        raise typer.BadParameter("one labelled file and --types TYPES.json are needed (or --curve and reports)")
    report = _measure(
        files[0], types, form, model, backbone, (types_count, sentences, seeds), precision, draws=out is not None
    )
    if out is not None:
        _write(report, out)
    if as_json:
        print_json(report)
    else:
        from nerret_tools.lab.sweep.table import render

        results().print(render(report, types_count))


def _measure(
    labelled: Path,
    types: Path,
    form: LabelledForm,
    model: str,
    backbone: str | None,
    counts: tuple[int, int, int],
    precision: str,
    *,
    draws: bool,
) -> SweepReport:
    from nerret_tools.lab.evaluation.labelled import read_labelled
    from nerret_tools.lab.sweep.figures import load_matplotlib
    from nerret_tools.lab.sweep.run import sweep as run
    from nerret_tools.models import find_spec
    from nerret_tools.models.backbone_files import backbone_folder

    if draws:
        load_matplotlib()  # what is missing shows before the long work
    data = read_labelled(labelled, types, form=form)
    spec = None if backbone else find_spec(model)
    types_count, sentences, seeds = counts
    return run(
        data,
        backbone_folder(spec) if spec else str(backbone),
        name=spec.name if spec else Path(str(backbone)).name,
        source=labelled.name,
        types=types_count,
        sentences=sentences,
        seeds=seeds,
        precision=precision,
        announce=lambda stage: complain(f"{stage} ..."),
    )


def _write(report: SweepReport, out: Path) -> None:
    from nerret_tools.lab.sweep.figures import draw_heat_map

    out.mkdir(parents=True, exist_ok=True)
    written = out / f"sweep-{report.model}.json"
    written.write_text(report.model_dump_json() + "\n", encoding="utf-8")
    picture = written.with_suffix(".png")
    draw_heat_map(report, picture)
    complain(f"Wrote {written} and {picture}")


def _draw_curve(files: list[Path], out: Path | None) -> None:
    from nerret_tools.lab.sweep.figures import draw_depth_curve
    from nerret_tools.lab.sweep.report import read_report

    if out is None:
        raise typer.BadParameter("--curve needs --out DIR")
    picture = out / "sweep-depth.png"
    draw_depth_curve([read_report(path) for path in files], picture)
    complain(f"Wrote {picture}")
