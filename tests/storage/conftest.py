"""A small world: documents whose vectors follow from their names, a folder store."""

import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nerret_tools.scan import rounded
from nerret_tools.storage import ChromaStore, MentionBlock, StoredDocument
from nerret_tools.storage.keys import VECTORS
from nerret_tools.storage.table import Table

DIMENSION = 8


@pytest.fixture(scope="session")
def make() -> Callable[..., tuple[StoredDocument, MentionBlock]]:
    """A document with `count` mentions; everything in it follows from name, version and count."""

    def document(name, count=2, version=0, metadata=None, dimension=DIMENSION):
        world = np.random.default_rng(zlib.crc32(f"{name} {version}".encode()))
        vectors = world.standard_normal((count, dimension)).astype(np.float32)
        vectors = rounded(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
        spans = np.array([(number, number + 3) for number in range(count)], dtype=np.int64).reshape(count, 2)
        text = f"text {version} of {name}"
        surfaces = [text[start:end] for start, end in spans]
        kept = {"version": version} if metadata is None else metadata
        stored = StoredDocument(name, text, kept, f"hash {version} {count}", count)
        return stored, MentionBlock(spans, surfaces, vectors)

    return document


@pytest.fixture(scope="session")
def open_store() -> Callable[..., ChromaStore]:
    """Opens with this world's identity."""

    def opened(location, name="default", **options):
        options = {"identity": {"fingerprint": "f1", "model": "tiny"}, "dimension": DIMENSION, **options}
        return ChromaStore.open(location, name, **options)

    return opened


@pytest.fixture(scope="session")
def everything() -> Callable[[ChromaStore], dict]:
    """All that a reader can see of a store, in a form that two stores can be compared by."""

    def seen(store):
        ids = sorted(store.matching({}))
        counts = {name: count for name, (_, count) in store.known(ids).items()}
        scan = store.scan()
        rows = {}
        for position, name in enumerate(scan.document_ids):
            if scan.live[position]:
                rows[name] = scan.vectors[scan.offsets[position] : scan.offsets[position + 1]].tolist()
        keys = [(name, number) for name, count in counts.items() for number in range(count)]
        documents = store.documents(ids)
        return {
            "documents": [(d.id, d.text, d.metadata, d.content_hash, d.mention_count) for d in documents],
            "mentions": store.mentions(keys),
            "rows": rows,
            "counts": (store.count_documents(), store.count_mentions()),
        }

    return seen


@pytest.fixture(scope="session")
def run_script() -> Callable[..., subprocess.CompletedProcess]:
    """Runs Python code in a process of its own that sees the same packages."""

    def run(code, *arguments, **options):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=300, env=environment, check=False, **options
        )

    return run


@pytest.fixture
def save_batch(tmp_path) -> Callable[..., Path]:
    """Puts a batch into a file for another process."""

    def save(batch):
        path = tmp_path / "batch.npz"
        pairs = np.empty((len(batch), 2), dtype=object)
        for row, pair in enumerate(batch):
            pairs[row, 0], pairs[row, 1] = pair
        np.savez(path, batch=pairs)
        return path

    return save


@pytest.fixture
def reads(monkeypatch):
    """The parts of documents whose vectors are read back from Chroma."""
    counted = []
    original = Table.metadata

    def metadata(self, ids, keys=None):
        counted.extend(ids if keys == [VECTORS] else [])
        return original(self, ids, keys)

    monkeypatch.setattr(Table, "metadata", metadata)
    return counted
