"""The application: which command lives where, and how errors become exit codes."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from nerret_tools import __version__
from nerret_tools.cli.asking import with_everything
from nerret_tools.cli.output import complain
from nerret_tools.errors import InputError, NerretError
from nerret_tools.exit_codes import FAILURE, INTERRUPTED, WRONG_INPUT

COMMANDS = {
    "index": "nerret_tools.cli.indexing:index",
    "find": "nerret_tools.cli.finding:find",
    "entities": "nerret_tools.cli.entities:entities",
    "review": "nerret_tools.cli.review:review",
    "coverage": "nerret_tools.cli.coverage:coverage",
    "label": "nerret_tools.cli.label:label",
    "evaluate": "nerret_tools.cli.evaluate:evaluate",
    "sweep": "nerret_tools.cli.sweep:sweep",
    "train": "nerret_tools.cli.train:train",
    "models": "nerret_tools.cli.models:app",
    "serve": "nerret_tools.cli.serve:serve",
    "stats": "nerret_tools.cli.upkeep:stats",
    "mentions": "nerret_tools.cli.upkeep:mentions",
    "delete": "nerret_tools.cli.upkeep:delete",
    "compact": "nerret_tools.cli.upkeep:compact",
}
"""Command name to ``module:attribute``, a function or a `typer.Typer` with subcommands.

A module here imports torch, chromadb and their like inside its functions: ``nerret --help``
imports every one of them.
"""


class CommandTable(TyperGroup):
    """Imports a command when it is asked for, and turns this package's errors into exit codes."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Lists the names in the order of the table, which is the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Loads one command, or nothing where there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        found = getattr(import_module(module), attribute)
        if not isinstance(found, typer.Typer):
            function, found = found, typer.Typer(add_completion=False, rich_markup_mode="markdown")
            found.command(cmd_name)(function)
        command = get_command(found)
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Finds the command; a bare ``--all`` is a flag where ``--all TYPE`` is an option."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command, with_everything(rest) if name in ("find", "entities") else rest

    def invoke(self, ctx: Any) -> Any:
        """Runs a command; its errors are one line on stderr, never a traceback."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            complain(f"Error: {error}")
            raise typer.Exit(WRONG_INPUT) from error
        except NerretError as error:
            complain(f"Error: {error}")
            raise typer.Exit(FAILURE) from error
        except KeyboardInterrupt as error:
            complain("Stopped.")
            raise typer.Exit(INTERRUPTED) from error


app = typer.Typer(
    cls=CommandTable,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nerret {__version__}")
        raise typer.Exit


@app.callback()
def _nerret(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Find every document that mentions an entity of a type you name.

    Index once:  `nerret index texts.jsonl --index my-index`

    Ask for any type:  `nerret find dinosaur --index my-index`
    """
