"""Small cases: a type, a handful of texts, and which of them are right.

    python -m nerret_tools.lab.evaluation.cases CASES.jsonl [--model minilm] [--json]

One JSON object a line: `{"case", "type", "docs": [{"id", "text", "expected"}]}`. For looking at what one change
does to the faults that people met; a set of a dozen cases says nothing about quality.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from nerret_tools.cli.output import print_json, results
from nerret_tools.documents import Document
from nerret_tools.index import EntityIndex
from nerret_tools.reading.labelled.json_lines import checked, json_object
from nerret_tools.reading.labelled.lines import numbered_lines

__all__ = ["Case", "CaseResult", "CasesReport", "read_cases", "run_cases"]


class CaseText(BaseModel):
    """A text, and whether a list for the case's type should hold it."""

    id: str
    text: str
    expected: bool


class Case(BaseModel):
    """One line of the file; further fields are passed over."""

    case: str
    type: str
    docs: list[CaseText]


class CaseResult(BaseModel):
    """What the index made of a case."""

    case: str  # its name
    type: str  # the type asked for
    ordered: bool  # every right text ranks above every wrong one; a text without a mention ranks below all
    cut_off_right: bool  # the default list holds the right texts and no other
    ranking: list[str]  # ids, best first; `+` before a right one, `|` where the default list ends
    relevances: list[float]  # of each ranked text, rounded


class CasesReport(BaseModel):
    """All cases, and how many went well."""

    cases: list[CaseResult]
    ordered: int
    cut_off_right: int


def read_cases(path: str | Path) -> list[Case]:
    """Read a file of cases.

    Raises:
        DataFileError: The file cannot be read, or a line is no case; its number is named.
    """
    cases = []
    for number, line in numbered_lines(Path(path)):
        if line.strip():
            place = f"{path}, line {number}"
            cases.append(checked(Case, json_object(line, place, "case, type and docs"), place))
    return cases


def run_cases(cases: list[Case], model: str = "minilm") -> CasesReport:
    """Index each case's texts by themselves, with detected spans, and ask for its type."""
    found = []
    with tempfile.TemporaryDirectory(prefix="nerret-cases-") as folder:
        for number, case in enumerate(cases):
            with EntityIndex.open(Path(folder) / str(number), model=model) as index:
                index.add((Document(id=one.id, text=one.text) for one in case.docs), show_progress=False)
                ranked = index.find(case.type, min_relevance=0, max_mentions=0).hits
                listed = {hit.document_id for hit in index.find(case.type, max_mentions=0).hits}
            relevances = {hit.document_id: hit.relevance or 0.0 for hit in ranked}
            found.append(judge(case, relevances, listed))
    return CasesReport(
        cases=found,
        ordered=sum(one.ordered for one in found),
        cut_off_right=sum(one.cut_off_right for one in found),
    )


def judge(case: Case, relevances: dict[str, float], listed: set[str]) -> CaseResult:
    """Compare a ranking (id → relevance, best first) and a default list with what is expected."""
    right = {one.id for one in case.docs if one.expected}
    places = {document_id: place for place, document_id in enumerate(relevances)}
    last = len(places)
    worst_right = max((places.get(one, last) for one in right), default=-1)
    best_wrong = min((places.get(one.id, last) for one in case.docs if not one.expected), default=last)
    ranking = [("+" if one in right else "") + one for one in relevances]
    ranking.insert(len(listed), "|")
    return CaseResult(
        case=case.case,
        type=case.type,
        ordered=worst_right < best_wrong,
        cut_off_right=listed == right,
        ranking=ranking,
        relevances=[round(value, 2) for value in relevances.values()],
    )


def main(
    path: Annotated[Path, typer.Argument(metavar="CASES.jsonl", show_default=False)],
    model: Annotated[str, typer.Option(help="Name of the model.")] = "minilm",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print for each case whether right texts rank above wrong ones, and whether the default list is right."""
    report = run_cases(read_cases(path), model)
    if as_json:
        print_json(report)
        return
    table = Table(box=SIMPLE_HEAD)
    for heading in ("case", "right above wrong", "cut-off right", "ranking (+ right, | cut-off)"):
        table.add_column(heading, overflow="fold")
    for one in report.cases:
        verdicts = ("yes" if good else "no" for good in (one.ordered, one.cut_off_right))
        names = (name.replace(f"{one.case}-", "") for name in one.ranking)
        table.add_row(Text(one.type), *verdicts, Text(" ".join(names) + f"  {one.relevances}"))
    results().print(table)
    typer.echo(f"right above wrong {report.ordered}, cut-off right {report.cut_off_right} of {len(report.cases)} cases")


if __name__ == "__main__":
    typer.run(main)
