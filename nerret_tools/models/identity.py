"""Opening an index's store with the model that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nerret_tools.errors import IndexNotFoundError, ModelMismatchError
from nerret_tools.models import ModelSpec
from nerret_tools.storage import ChromaStore


def open_store(
    place: str | Path,
    name: str,
    spec: ModelSpec,
    *,
    detector: str | None = None,
    create: bool = False,
    precision: Callable[[], str] = lambda: "float32",
    scan_dtype: str = "int8",
) -> ChromaStore:
    """Open the store of an index, or make it; arguments as of `EntityIndex.open`.

    `detector` is the name of one that replaces the span head, `precision` is asked for the number format that a new
    index records.

    Raises:
        ModelMismatchError: The index was made with another model or detector.
        StoreError: See `ChromaStore.open`.
    """
    identity = {
        "model": spec.name,
        "fingerprint": spec.fingerprint(detector),
        **{f"part_{key}": value for key, value in spec.parts(detector).items()},
    }
    try:
        store = ChromaStore.open(
            place, name, identity=identity, dimension=spec.dimension, create=False, scan_dtype=scan_dtype
        )
    except IndexNotFoundError:
        if not create:
            raise
        identity["precision"] = precision()
        store = ChromaStore.open(place, name, identity=identity, dimension=spec.dimension, scan_dtype=scan_dtype)
    if store.identity.get("fingerprint") != identity["fingerprint"]:
        store.close()
        raise ModelMismatchError(_mismatch(store, identity))
    return store


def _mismatch(store: ChromaStore, identity: Mapping[str, Any]) -> str:
    differences = [
        f"{key.removeprefix('part_').replace('_', ' ')}: {store.identity.get(key)} in the index, {value} asked for"
        for key, value in identity.items()
        if key.startswith("part_") and store.identity.get(key) != value
    ]
    return (
        f"index {store.name!r} at {store.location} was made with model {store.identity.get('model')!r} "
        f"({store.identity.get('fingerprint')}), not with {identity['model']!r} ({identity['fingerprint']}): "
        f"{'; '.join(differences)}. Open it with the model it was made with, or make a new index."
    )
