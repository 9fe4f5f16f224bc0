"""``nerret stats``, ``mentions``, ``delete`` and ``compact``: looking into an index and tidying it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from nerret_tools.cli.options import AsJson, IndexName, IndexPlace, ModelName, open_index
from nerret_tools.cli.output import columns, complain, print_data, results, visible
from nerret_tools.errors import DocumentError


def stats(place: IndexPlace, name: IndexName = "default", model: ModelName = "minilm", as_json: AsJson = False) -> None:
    """Show what an index holds and what it was built with."""
    with open_index(place, name, model) as opened:
        answer, fields = opened.stats(), opened.fields()
    if as_json:
        print_data(answer.model_dump(mode="json") | {"fields": fields})
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for key, value in answer.model_dump(exclude={"details"}).items():
        shown = f"{value:,}" if isinstance(value, int) else str(value)
        table.add_row(Text(key.replace("_", " ")), Text(visible(shown), overflow="fold"))
    for key, value in answer.details.items():
        table.add_row(Text(visible(key)), Text(visible(str(value)), overflow="fold"))
    counted = ", ".join(f"{visible(field)} ({count:,})" for field, count in fields.items())
    table.add_row(Text("metadata fields"), Text(counted or "none", overflow="fold"))
    results().print(table)


def mentions(
    document_id: Annotated[str, typer.Argument(metavar="ID", help="A document's id.")],
    place: IndexPlace,
    name: IndexName = "default",
    model: ModelName = "minilm",
    as_json: AsJson = False,
) -> None:
    """Show what was taken for an entity in one document."""
    with open_index(place, name, model) as opened:
        if not opened.get([document_id]):
            raise DocumentError(f"the index has no document {document_id!r}")
        found = opened.mentions(document_id)
    if as_json:
        print_data({"document_id": document_id, "mentions": [one.model_dump() for one in found]})
        return
    table = columns("start", "end", "mention", numbers=("start", "end"))
    for mention in found:
        table.add_row(str(mention.start), str(mention.end), Text(visible(mention.text)))
    results().print(table)


def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="The ids of the documents.")],
    place: IndexPlace,
    name: IndexName = "default",
    model: ModelName = "minilm",
    as_json: AsJson = False,
) -> None:
    """Remove documents and all their mentions."""
    with open_index(place, name, model) as opened:
        known = {document.id for document in opened.get(ids)}
        deleted = opened.delete(ids)
    missing = [document_id for document_id in dict.fromkeys(ids) if document_id not in known]
    if as_json:
        print_data({"deleted": deleted, "missing": missing})
        return
    typer.echo(f"{deleted:,} deleted.")
    for document_id in missing:
        complain(f"No document {document_id!r} was there.")


def compact(
    place: IndexPlace, name: IndexName = "default", model: ModelName = "minilm", as_json: AsJson = False
) -> None:
    """Rewrite the folder so that nothing is left of what was deleted or replaced.

    Until then the text of a deleted document can still be read in the folder's files. All indexes of the folder are
    rewritten, which needs as much room again for the time it takes.
    """
    with open_index(place, name, model) as opened:
        freed = opened.compact()
    if as_json:
        print_data({"freed_bytes": freed})
        return
    size = f"{abs(freed) / 2**20:,.1f} MiB"
    typer.echo(f"Compacted; {size} given back." if freed >= 0 else f"Compacted; {size} more, as room to grow.")
