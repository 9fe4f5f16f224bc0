"""Where something was read from, and what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Origin", "ReadProblem"]


@dataclass(frozen=True)
class Origin:
    """The place of one document.

    Attributes:
        source: The file as the user named it, or ``<stdin>``.
        line: Line (JSON lines, CSV) or row (Parquet), counted from 1; ``None`` for a whole file.
        unit: What ``line`` counts: ``"line"`` or ``"row"``.
    """

    source: str
    line: int | None = None
    unit: str = "line"

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}, {self.unit} {self.line}"


@dataclass(frozen=True)
class ReadProblem:
    """Something that could not be read; everything else of the file is read all the same."""

    origin: Origin
    reason: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.reason}"
