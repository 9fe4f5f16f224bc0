"""Paths as a user names them to the files that are read, in a stable order."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from nerret_tools.errors import DataFileError

__all__ = ["ACCEPTED_ENDINGS", "STDIN", "TEXT_ENDINGS", "find_files", "source_name"]

STDIN = "-"
TEXT_ENDINGS = (".txt", ".md")
ACCEPTED_ENDINGS = (".jsonl", ".ndjson", ".csv", ".parquet", *TEXT_ENDINGS)


def find_files(paths: Sequence[str | Path]) -> tuple[list[Path | None], Counter[str]]:
    """Lists the files to read; ``None`` stands for standard input.

    Folders are walked to the bottom, sorted by name; hidden files and folders are left out.

    Returns:
        The files, and how many files of the folders were left out, by ending.

    Raises:
        DataFileError: A path does not exist, has another ending, or is a folder without a
            readable file; or standard input is named twice.
    """
    files: list[Path | None] = []
    left_out: Counter[str] = Counter()
    if sum(str(path) == STDIN for path in paths) > 1:
        raise DataFileError("standard input (-) can be read only once")
    for path in paths:
        if str(path) == STDIN:
            files.append(None)
        elif Path(path).is_dir():
            files += _readable(Path(path), left_out)
        else:
            files.append(_checked(Path(path)))
    return files, left_out


def source_name(path: Path) -> str:
    """Names a file relative to the current folder where it lies inside it, with forward slashes."""
    absolute, here = Path(os.path.abspath(path)), Path.cwd()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else absolute).as_posix()


def _checked(path: Path) -> Path:
    if not path.exists():
        raise DataFileError(f"there is no file or folder {path}")
    if path.suffix.lower() not in ACCEPTED_ENDINGS:
        raise DataFileError(
            f"{path} has none of the endings that can be read ({', '.join(ACCEPTED_ENDINGS)}); "
            "JSON lines of another name can be piped in: nerret index - < FILE"
        )
    return path


def _readable(folder: Path, left_out: Counter[str]) -> list[Path]:
    found = []
    for path in _walk(folder):
        if path.suffix.lower() in ACCEPTED_ENDINGS:
            found.append(path)
        else:
            left_out[path.suffix.lower() or "no ending"] += 1
    if not found:
        raise DataFileError(f"the folder {folder} holds no file that ends in {', '.join(ACCEPTED_ENDINGS)}")
    return found


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise DataFileError(f"the folder {error.filename} cannot be listed: {error.strerror}") from error

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))
