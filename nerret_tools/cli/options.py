"""The options that several commands share, and the index that they open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nerret_tools.reading import FileKind

if TYPE_CHECKING:
    from nerret_tools import EntityIndex

IndexPlace = Annotated[
    str,
    typer.Option("--index", metavar="DIR", envvar="NERRET_INDEX", help="The index: a folder, or http://host:port."),
]
IndexName = Annotated[str, typer.Option("--name", help="Which index of that folder or server.")]
ModelName = Annotated[str, typer.Option("--model", help="The index's model: a name, or a description in JSON.")]
ScanDtype = Annotated[
    str, typer.Option("--scan-dtype", help="Of the products: int8, or float32 for the same answers, slower.")
]
IdField = Annotated[str, typer.Option("--id-field", help="The field or column with the id.")]
TextField = Annotated[str, typer.Option("--text-field", help="The field or column with the text.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Kind = Annotated[
    FileKind | None,
    typer.Option("--as", help="What every file is read as.", show_default="what its name ends in"),
]
Encoding = Annotated[str, typer.Option("--encoding", help="Of the files, such as cp1252 for older ones from Windows.")]
Separator = Annotated[
    str | None, typer.Option("--separator", help="Between the cells of CSV.", show_default="as the header shows")
]


def open_index(place: str, name: str, model: str, *, create: bool = False, scan_dtype: str = "int8") -> EntityIndex:
    """Opens an index through the public SDK; imported here so that `--help` stays quick."""
    from nerret_tools import EntityIndex

    return EntityIndex.open(place, name, model, create, scan_dtype=scan_dtype)
