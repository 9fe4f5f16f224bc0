"""Results into the report's folder: one JSON file with all sets so far, and the page made from it."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.page import write_page
from nerret_tools.lab.evaluation.results import AmbiguousReport, Report, SetReport

RESULTS_FILE = "report.json"
PAGE_FILE = "report.md"


def read_report(folder: str | Path) -> Report | None:
    """Read what earlier runs wrote; ``None`` where there is nothing.

    Raises:
        DataFileError: The file is there and is something else.
    """
    path = Path(folder) / RESULTS_FILE
    if not path.exists():
        return None
    try:
        return Report.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DataFileError(
            f"{path} is not a report of this version; delete it, or name another folder for the report"
        ) from error


def write_report(
    folder: str | Path, new: SetReport, ambiguous: AmbiguousReport, page: str | Path | None = None
) -> Report:
    """Add a set to a report, in the place of an earlier one with the same folder, and write the page again.

    Args:
        folder: The report's folder, where the set's figures are already.
        new: The set.
        ambiguous: Replaces what is there.
        page: Where the page goes; ``None``: into ``folder`` as ``report.md``.

    Raises:
        DataFileError: As for `read_report`.
    """
    folder = Path(folder)
    earlier = read_report(folder)
    sets = {one.folder: one for one in earlier.sets} if earlier else {}
    sets[new.folder] = new
    report = Report(sets=list(sets.values()), ambiguous=ambiguous)
    (folder / RESULTS_FILE).write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    target = folder / PAGE_FILE if page is None else Path(page)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(write_page(report, figures=folder, page=target), encoding="utf-8")
    return report
