"""The file that describes a copy: which files it is made of, then a line for each step that led to its contents.

A line is written when the rows it speaks of are. What a killed process left behind the last line, or of half a
line, is not used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["STEPS", "Step", "header_line", "read_header", "read_lines"]

STEPS = "steps.jsonl"
"""Its name."""

_BETWEEN = b"[null, null, "
"""With this begins a step to which others belong: only all of them together lead to a state of the index."""


@dataclass
class Step:
    """What changed: a line of the file that describes a copy.

    Attributes:
        generation: Of the index, after it; ``None`` in between, and while the copy is filled for the first time.
        begun: While it is: the generation that the documents which are here already come from.
        drop: Documents that are gone.
        add: Documents that came, after those were gone, and how many rows each brought.
        sums: Sequence[int] of these rows.
    """

    generation: int | None = None
    begun: int | None = None
    drop: list[str] = field(default_factory=list)
    add: list[tuple[str, int]] = field(default_factory=list)
    sums: Sequence[int] = (0, 0)

    @property
    def rows(self) -> int:
        """That it appended."""
        return sum(count for _, count in self.add)

    def to_line(self) -> bytes:
        """One line of JSON."""
        return json.dumps([self.generation, self.begun, self.drop, self.add, list(self.sums)]).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Step:
        """Back from `to_line`."""
        generation, begun, drop, add, sums = json.loads(line)
        return cls(generation, begun, drop, [(str(name), int(count)) for name, count in add], sums)


def read_lines(path: Path, offset: int = 0) -> tuple[list[bytes], int]:
    """The lines behind an offset up to the last complete state, and where they end.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        file.seek(offset)
        lines = file.read().splitlines(keepends=True)
    while lines and (lines[-1].startswith(_BETWEEN) or not lines[-1].endswith(b"\n")):
        lines.pop()
    return lines, offset + sum(map(len, lines))


def header_line(index_id: str, dimension: int, stem: str) -> bytes:
    """The first line."""
    return json.dumps({"index_id": index_id, "dimension": dimension, "stem": stem}).encode() + b"\n"


def read_header(lines: Sequence[bytes], index_id: str, dimension: int) -> str:
    """The stem of the files' names.

    Raises:
        ValueError: They are another index', or there is no header.
    """
    header = json.loads(lines[0]) if lines else None
    if not isinstance(header, dict) or (header.get("index_id"), header.get("dimension")) != (index_id, dimension):
        raise ValueError("it belongs to another index, or to none")
    return Path(str(header["stem"])).name
