"""Results into the report's folder: one JSON file with all sets so far, and the page made from it."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.study.page import write_page
from nerret_tools.lab.evaluation.study.results import AmbiguousStudy, SetStudy, Study

RESULTS_FILE = "report.json"
PAGE_FILE = "report.md"


def read_study(folder: str | Path) -> Study | None:
    """Read what earlier runs wrote; ``None`` where there is nothing.

    Raises:
        DataFileError: The file is there and is something else.
    """
    path = Path(folder) / RESULTS_FILE
    if not path.exists():
        return None
    try:
        return Study.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DataFileError(
            f"{path} is not a report of this version; delete it, or name another folder for the report"
        ) from error


def write_study(folder: str | Path, new: SetStudy, ambiguous: AmbiguousStudy, page: str | Path | None = None) -> Study:
    """Add a set to a report, in the place of an earlier one with the same folder, and write the page again.

    Args:
        folder: The report's folder, where the set's figures are already.
        new: The set.
        ambiguous: Replaces what is there.
        page: Where the page goes; ``None``: into ``folder`` as ``report.md``.

    Raises:
        DataFileError: As for `read_study`.
    """
    folder = Path(folder)
    earlier = read_study(folder)
    sets = {one.folder: one for one in earlier.sets} if earlier else {}
    sets[new.folder] = new
    study = Study(sets=list(sets.values()), ambiguous=ambiguous)
    (folder / RESULTS_FILE).write_text(study.model_dump_json(indent=1) + "\n", encoding="utf-8")
    target = folder / PAGE_FILE if page is None else Path(page)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(write_page(study, figures=folder, page=target), encoding="utf-8")
    return study
