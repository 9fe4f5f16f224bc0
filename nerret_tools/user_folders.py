"""Where a user's own things are kept: models, and what can be made again."""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

MODELS_VARIABLE = "NERRET_MODELS"


def models_folder() -> Path:
    """Return the folder for models of the user's own; each has a subfolder with its name.

    ``NERRET_MODELS`` names it. Without it: ``nerret/models`` in the system's place for a program's data.
    """
    if named := os.environ.get(MODELS_VARIABLE):
        return Path(named)
    return _usable(platformdirs.user_data_path, "nerret") / "models"


def cache_folder() -> Path:
    """Return the folder for copies of what is on a server, in the system's place for a program's cache."""
    return _usable(platformdirs.user_cache_path, "nerret-tools")


def provide_home() -> None:
    """Give this process a home where the system knows of none, since libraries ask for one as they are imported.

    So in a container that runs as a user without an entry in its list of users, and without ``HOME``.
    """
    try:
        Path.home()
    except RuntimeError:
        folder = Path(tempfile.gettempdir()) / f"nerret-home-{_owner()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():  # somebody else's, who may have laid it out
            folder = Path(tempfile.mkdtemp(prefix="nerret-home-"))
        os.environ["HOME"] = str(folder)
    if hasattr(os, "getuid"):
        try:
            getpass.getuser()
        except (KeyError, OSError):
            os.environ["LOGNAME"] = str(_owner())


def _owner() -> int | str:
    return os.getuid() if hasattr(os, "getuid") else "user"


def _usable(folder_of: Callable[..., Path], name: str) -> Path:
    """The folder, or one for temporary files where the system does not know where this user is at home."""
    try:
        folder = folder_of(name, appauthor=False)
    except RuntimeError:
        folder = Path()
    if folder.is_absolute():
        return folder
    return Path(tempfile.gettempdir()) / f"{name}-{_owner()}"
