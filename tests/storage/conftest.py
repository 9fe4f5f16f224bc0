"""A small world: documents whose vectors follow from their names, a folder store."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from nerret_tools.scan import rounded
from nerret_tools.storage import ChromaStore, MentionBlock, StoredDocument, connection
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


@contextmanager
def opening():
    """Opens stores with this world's identity, and closes them at the end."""
    opened = []

    def open_one(location, name="default", **options):
        options = {"identity": {"fingerprint": "f1", "model": "tiny"}, "dimension": DIMENSION, **options}
        opened.append(ChromaStore.open(location, name, **options))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def open_store() -> Iterator[Callable[..., ChromaStore]]:
    """Opens stores of one test."""
    with opening() as opened:
        yield opened


@pytest.fixture
def written(open_store) -> Callable[..., None]:
    """Writes documents to a store that is closed again."""

    def write(location, batch, **options):
        store = open_store(location, **options)
        store.write(batch)
        store.close()

    return write


@pytest.fixture(scope="module")
def open_for_all() -> Iterator[Callable[..., ChromaStore]]:
    """Opens stores that the tests of a module share."""
    with opening() as opened:
        yield opened


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


@pytest.fixture
def kept_scan(monkeypatch):
    """The copy of the vectors is kept in files, as that of a large index is."""
    monkeypatch.setattr(connection, "KEPT_MENTIONS", 0)
