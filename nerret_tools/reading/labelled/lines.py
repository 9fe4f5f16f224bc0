"""The lines of a file, packed or not."""

from __future__ import annotations

import bz2
from collections.abc import Iterator
from pathlib import Path

from nerret_tools.errors import DataFileError

NumberedLine = tuple[int, str]
"""Number, counted from 1, and text of a line."""


def numbered_lines(path: Path) -> Iterator[NumberedLine]:
    """Stream the lines of a UTF-8 file; one that ends in ``.bz2`` is unpacked on the way.

    Raises:
        DataFileError: The file cannot be read, or is not UTF-8.
    """
    try:
        # Only "\n" ends a line: a text may hold other separators, such as U+2028.
        with bz2.open(path) if path.suffix == ".bz2" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise DataFileError(
            f"{path}, line {number}: not UTF-8 text ({error.reason} at byte {error.start} of the line)"
        ) from error
    except (OSError, EOFError) as error:  # bz2: EOFError for a file that was cut short
        raise DataFileError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
