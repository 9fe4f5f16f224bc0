"""Where weights that the user trained or imported are kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

FOLDER_VARIABLE = "NERRET_MODELS"


def user_folder() -> Path:
    """Return the folder for models of the user's own; each has a subfolder with its name.

    ``NERRET_MODELS`` names it. Without it: ``nerret/models`` in the system's place for a program's
    data (``$XDG_DATA_HOME`` or ``~/.local/share``; ``~/Library/Application Support`` on macOS;
    ``%LOCALAPPDATA%`` on Windows).
    """
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "nerret" / "models"
