"""The ``nerret`` command: results on stdout, everything else on stderr.

Exit codes: 0 found or empty, 2 wrong usage or input (also when some documents failed and the
others went in), 1 failure, 130 stopped with Ctrl-C.
"""

__all__ = ["main"]


def main() -> None:
    """Runs the command with the process's arguments and exits."""
    from nerret_tools.cli.app import app
    from nerret_tools.cli.output import accept_any_character
    from nerret_tools.user_folders import provide_home

    provide_home()
    accept_any_character()
    app(prog_name="nerret")
