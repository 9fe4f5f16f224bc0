"""Paths as a user names them to the files that are read, in a stable order, and the names they get."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nerret_tools.errors import DataFileError
from nerret_tools.reading.problems import Origin
from nerret_tools.reading.records import FileKind, Reading

STDIN = "-"
LINKS = "links to folders"
"""What stands among the endings of what is left out, where a link leads to a folder."""

NO_ENDING = "no ending"
COMPRESSED = ".gz"
_KINDS = {
    ".jsonl": FileKind.JSON_LINES,
    ".ndjson": FileKind.JSON_LINES,
    ".json": FileKind.JSON,
    ".csv": FileKind.CSV,
    ".tsv": FileKind.TSV,
    ".parquet": FileKind.PARQUET,
    ".txt": FileKind.TEXT,
    ".md": FileKind.TEXT,
}
ACCEPTED_ENDINGS = tuple(_KINDS)
_ADVICE = {
    (".html", ".htm", ".xhtml"): "markup is no text; make text of it first, for example with: "
    "pandoc -t plain PAGE.html -o PAGE.txt",
    (".pdf", ".docx", ".odt", ".rtf", ".epub", ".doc"): "make text of it first, for example with pandoc or pdftotext",
    (".xlsx", ".xls", ".ods"): "save the sheet as CSV",
    (".zip", ".tar", ".tgz", ".bz2", ".xz", ".zst", ".7z"): "unpack it first (.gz is read as it is)",
}


@dataclass(frozen=True)
class Source:
    """A file to read."""

    path: Path | None  # where it is; `None` for standard input
    name: str  # what the ids that are made of its name begin with
    shown: str  # what messages call it

    @property
    def origin(self) -> Origin:
        """The place that its records are in."""
        return Origin(self.shown, known_as=self.name)


def find_files(paths: Sequence[str | Path], reading: Reading | None = None) -> tuple[list[Source], Counter[str]]:
    """Lists the files to read.

    Folders are walked to the bottom, sorted by name; hidden files and folders are left out, and links to folders,
    which may lead in a circle.

    Returns:
        The files, and how many files of the folders were left out, by ending.

    Raises:
        DataFileError: A path does not exist, has another ending, or is a folder without a readable file; standard
            input is named twice; a file is not below the root of the ids; or two files would get one name.
    """
    reading = reading or Reading()
    left_out: Counter[str] = Counter()
    if sum(str(path) == STDIN for path in paths) > 1:
        raise DataFileError("standard input (-) can be read only once")
    files: list[Source] = []
    for path in paths:
        if str(path) == STDIN:
            files.append(Source(None, "<stdin>", "<stdin>"))
        elif Path(path).is_dir():
            files += [_named(file, Path(path), reading) for file in _readable(Path(path), left_out, reading)]
        else:
            files.append(_named(_checked(Path(path), reading), Path(os.path.abspath(path)).parent, reading))
    refuse_one_name_for_two(files)
    return files, left_out


def file_kind(path: Path, reading: Reading) -> FileKind | None:
    """What a file is read as; ``None`` where no reader is for it."""
    if reading.kind is not None:
        return reading.kind
    kind = _KINDS.get(_ending(path).removesuffix(COMPRESSED))
    return None if kind is FileKind.PARQUET and _is_compressed(path) else kind


def source_name(path: Path) -> str:
    """Names a file relative to the current folder where it lies inside it, with forward slashes."""
    absolute, here = Path(os.path.abspath(path)), Path.cwd()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else absolute).as_posix()


def _named(file: Path, folder: Path, reading: Reading) -> Source:
    """A file with its name: below the root of the ids, or below the folder, whose own name comes first.

    Some systems part accents from their letters in file names; ids are composed (Unicode's normal form C).
    """
    absolute, top = Path(os.path.abspath(file)), Path(os.path.abspath(folder)).parent
    if reading.id_root is not None:
        top = Path(os.path.abspath(Path(reading.id_root).expanduser()))
        if not absolute.is_relative_to(top):
            raise DataFileError(f"{file} is not below {reading.id_root}, which ids are to be relative to (--id-root)")
    name = unicodedata.normalize("NFC", absolute.relative_to(top).as_posix())
    return Source(file, name, source_name(file))


def refuse_one_name_for_two(files: Sequence[Source]) -> None:
    """Raise `DataFileError` where ids made of the names of two files would be equal."""
    seen: dict[str, Path] = {}
    for file in files:
        if file.path is None:
            continue
        first = seen.setdefault(file.name, file.path)
        if first is not file.path and os.path.abspath(first) != os.path.abspath(file.path):
            raise DataFileError(
                f"{first} and {file.path} would both be called {file.name!r}; name a folder above both as the root "
                "of the ids (--id-root)"
            )


def _ending(path: Path) -> str:
    """The ending in lower case, with the one before ``.gz``."""
    ending = path.suffix.lower()
    return path.with_suffix("").suffix.lower() + ending if ending == COMPRESSED else ending


def _is_compressed(path: Path) -> bool:
    return path.suffix.lower() == COMPRESSED


def _checked(path: Path, reading: Reading) -> Path:
    if not path.exists():
        raise DataFileError(f"there is no file or folder {path}")
    if file_kind(path, reading) is None:
        ending = _ending(path)
        advice = next((text for endings, text in _ADVICE.items() if ending in endings), None)
        raise DataFileError(
            f"{path} has none of the endings that can be read ({', '.join(ACCEPTED_ENDINGS)}, also with .gz); "
            + (advice or "say what it is with --as text or --as jsonl")
        )
    return path


def _readable(folder: Path, left_out: Counter[str], reading: Reading) -> list[Path]:
    found = []
    for path in _walk(folder, left_out):
        if file_kind(path, reading) is not None:
            found.append(path)
        else:
            left_out[_ending(path) or NO_ENDING] += 1
    if not found:
        there = f" (there are: {', '.join(left_out)}; --as text reads them as texts)" if left_out else ""
        raise DataFileError(f"the folder {folder} holds no file that ends in {', '.join(ACCEPTED_ENDINGS)}{there}")
    return found


def _walk(folder: Path, left_out: Counter[str]) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise DataFileError(f"the folder {error.filename} cannot be listed: {error.strerror}") from error

    for place, folders, names in os.walk(folder, onerror=refuse):
        visible = sorted(name for name in folders if not name.startswith("."))
        links = sum(os.path.islink(os.path.join(place, name)) for name in visible)
        if links:
            left_out[LINKS] += links
        folders[:] = visible
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))
