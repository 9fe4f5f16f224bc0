"""The option that the commands which read labelled data share; apart, so that others start without it."""

from __future__ import annotations

from typing import Annotated

import typer

from nerret_tools.reading.labelled import LabelledFormat

LabelledForm = Annotated[
    LabelledFormat | None,
    typer.Option("--format", help="Of the labelled file; told from its name and content."),
]
