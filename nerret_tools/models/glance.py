"""Which indexes of a place a model can surely open, told in a few milliseconds."""

from __future__ import annotations

from pathlib import Path

from nerret_tools.models.registry import find_spec
from nerret_tools.models.spec import ModelSpec
from nerret_tools.storage.glance import states_at_a_glance


def glance(place: str | Path, model: str | Path | ModelSpec) -> list[str]:
    """See `EntityIndex.glance`."""
    fingerprint = find_spec(model).fingerprint()
    return [name for name, one in states_at_a_glance(place).items() if one.identity.get("fingerprint") == fingerprint]
