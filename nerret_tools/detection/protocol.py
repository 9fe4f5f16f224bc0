"""What a detector is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


@runtime_checkable
class Detector(Protocol):
    """Finds mentions without knowing the types that will be asked for.

    Attributes:
        name: Goes into the index's fingerprint; another detector is another index.
    """

    name: str

    def detect(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return character offsets ``(start, end)`` for each text, in the order of ``texts``."""
        ...
