"""Where something was read from, and what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Origin:
    """The place of one document."""

    source: str  # the file as messages show it, or `<stdin>`
    # Line (JSON lines, CSV), row (Parquet) or item (JSON), counted from 1; `None` for a whole file
    line: int | None = None
    unit: str = "line"  # what `line` counts
    known_as: str | None = None  # what ids that are made of the file's name begin with, where that is another name

    def at(self, line: int, unit: str = "line") -> Origin:
        """A place in the same file."""
        return replace(self, line=line, unit=unit)

    @property
    def name(self) -> str:
        """The file's part of an id."""
        return self.known_as or self.source

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}, {self.unit} {self.line}"


@dataclass(frozen=True)
class ReadProblem:
    """Something that could not be read; everything else of the file is read all the same."""

    origin: Origin
    reason: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.reason}"
