"""What ``nerret sweep`` does; its options are in `nerret_tools.cli.sweep`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nerret_tools.cli.output import complain, print_json, results
from nerret_tools.lab.drawing import load_matplotlib
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.sweep.figures import draw_depth_curve, draw_heat_map
from nerret_tools.lab.sweep.report import read_report
from nerret_tools.lab.sweep.run import sweep
from nerret_tools.lab.sweep.table import render
from nerret_tools.models import find_spec
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.reading.labelled import LabelledFormat


def measure(
    labelled: Path,
    types_file: Path,
    form: LabelledFormat | None,
    model: str,
    backbone: str | None,
    precision: str,
    out: Path | None,
    *,
    types: int,
    sentences: int,
    seeds: int,
    as_json: bool,
) -> None:
    """Sweep one backbone; print the best taps or one JSON object, and write report and heat map into ``out``."""
    if out is not None:
        load_matplotlib()  # what is missing shows before the long work
    data = read_labelled(labelled, types_file, form=form)
    spec = None if backbone else find_spec(model)
    report = sweep(
        data,
        backbone_folder(spec) if spec else str(backbone),
        name=spec.name if spec else Path(str(backbone)).name,
        source=labelled.name,
        types=types,
        sentences=sentences,
        seeds=seeds,
        precision=precision,
        announce=lambda stage: complain(f"{stage} ..."),
    )
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        written = out / f"sweep-{report.model}.json"
        written.write_text(report.model_dump_json() + "\n", encoding="utf-8")
        draw_heat_map(report, written.with_suffix(".png"))
        complain(f"Wrote {written} and {written.with_suffix('.png')}")
    if as_json:
        print_json(report)
    else:
        results().print(render(report, types))


def draw_curve(files: Sequence[Path], out: Path) -> None:
    """Draw the depth curve of earlier sweeps."""
    picture = out / "sweep-depth.png"
    draw_depth_curve([read_report(path) for path in files], picture)
    complain(f"Wrote {picture}")
