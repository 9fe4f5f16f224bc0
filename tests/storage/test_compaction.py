"""Erasing: after compacting, no byte of a deleted or replaced document is in any file of the folder."""

import struct

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings

from nerret_tools.errors import StoreError
from nerret_tools.storage.packed import pack_vectors


def found(folder, needle):
    """The files that hold these bytes."""
    return [path.name for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()]


@pytest.fixture
def erased(tmp_path, make, open_store):
    """A folder with two indexes, from which documents were deleted and replaced; and what must not be found in it."""
    store, other = open_store(tmp_path, dimension=64), open_store(tmp_path, "other", dimension=64)
    # More than Chroma keeps in its log, so that its graphs are written
    store.write([make(f"document{number}", 3, dimension=64) for number in range(400)])
    other.write([make("kept", 2, dimension=64)])
    secret = make("secret-id", 4, version=7, metadata={"who": "secret-who"}, dimension=64)
    store.write([secret, make("changed", 2, version=8, dimension=64)])
    other.write([make("secret-too", 2, dimension=64)])
    store.write([make("changed", 1, version=9, dimension=64)])
    store.delete(["secret-id", *(f"document{number}" for number in range(0, 400, 2))])
    other.delete(["secret-too"])
    block = secret[1]
    (vectors,) = pack_vectors(block.vectors, [len(block)])
    vector = vectors[:86].encode()
    gone = [b"secret", b"text 8 of changed", vector, b"text 0 of document398", b"document396"]
    return store, other, gone


def test_nothing_of_deleted_and_replaced_documents_is_left(erased, everything, tmp_path, open_store):
    store, other, gone = erased
    assert sum(bool(found(tmp_path, needle)) for needle in gone) > len(gone) / 2
    held, vectors = store.scan(), np.array(store.scan().vectors)
    before = everything(store), everything(other)

    freed = store.compact()

    assert {needle: found(tmp_path, needle) for needle in gone} == {needle: [] for needle in gone}
    assert freed > 0
    assert (everything(store), everything(other)) == before
    assert np.array_equal(held.vectors, vectors)
    assert found(tmp_path, b"text 9 of changed")
    store.close()
    other.close()
    assert {needle: found(tmp_path, needle) for needle in gone} == {needle: [] for needle in gone}
    again = open_store(tmp_path, dimension=64)
    assert everything(again) == before[0]


def test_a_compacted_index_is_written_to_as_before(erased, make, tmp_path):
    store, _, _ = erased
    store.compact()
    store.write([make("secret-id", 2, dimension=64), make("document1", 1, version=2, dimension=64)])
    assert store.delete(["document3"]) == 1
    assert {"secret-id", "document1"} < store.matching({})
    assert store.count_mentions() == 2 + 1 + 3 * 198 + 1
    assert len(store.scan().vectors) >= store.count_mentions()
    assert not (tmp_path / ".compacting").exists()


def test_readers_in_other_processes_go_on(erased, tmp_path, run_script):
    for store in erased[:2]:
        store.close()
    compact = "import sys\nfrom nerret_tools.storage import ChromaStore\n"
    compact += "ChromaStore.open(sys.argv[1], identity={}, dimension=64).compact()"
    told = run_script(
        """
import subprocess, sys
from nerret_tools.storage import ChromaStore
reader = ChromaStore.open(sys.argv[1], identity={}, dimension=64, create=False)
print(len(reader.scan().vectors) > 600, len(reader.matching({})), flush=True)
compacted = subprocess.run([sys.executable, "-c", sys.argv[2], sys.argv[1]], check=False)
print(len(reader.scan().vectors), len(reader.matching({})), compacted.returncode)
""",
        tmp_path,
        compact,
    )
    assert told.stdout == "True 201\n601 201 0\n", told.stderr


def test_a_kill_before_the_new_files_take_the_place_changes_nothing(
    erased, everything, tmp_path, open_store, run_script
):
    store, other, gone = erased
    before = everything(store)
    store.close()
    other.close()
    died = run_script(
        """
import os, signal, sys
from pathlib import Path
from nerret_tools.storage import ChromaStore
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
ChromaStore.open(sys.argv[1], identity={}, dimension=64).compact()
""",
        tmp_path,
    )
    assert died.returncode == -9, died.stderr
    again = open_store(tmp_path, dimension=64)
    assert everything(again) == before
    again.compact()
    assert everything(again) == before
    assert {needle: found(tmp_path, needle) for needle in gone} == {needle: [] for needle in gone}


def test_a_folder_with_other_programs_collections_is_left_alone(tmp_path, open_store, make):
    client = chromadb.PersistentClient(str(tmp_path), settings=Settings(anonymized_telemetry=False))
    client.create_collection("somebody-elses", embedding_function=None)
    client.close()
    store = open_store(tmp_path)
    store.write([make("a")])
    with pytest.raises(StoreError, match="somebody-elses"):
        store.compact()
    assert store.matching({}) == {"a"}


def graphs(folder):
    """All graphs of a folder: what each file holds, and when it was written."""
    files = [path for header in folder.glob("*/header.bin") for path in header.parent.iterdir()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_nothing_is_written_to_the_graphs_again_by_reading(erased, everything, tmp_path):
    store, other, _ = erased
    store.compact()
    written = graphs(tmp_path)
    assert sum(path.name == "index_metadata.pickle" for path in written) == 4
    everything(store), everything(other)
    for one in (store, other):
        for name in ("documents", "parts"):
            rows = getattr(one._index, name)
            assert sum(len(ids) for ids, _ in rows.pages(rows.all_ids())) == rows.count()
    assert graphs(tmp_path) == written


def test_where_a_graph_means_nothing_are_zeros_after_closing(tmp_path, open_store, make, everything):
    store = open_store(tmp_path, dimension=64)
    store.write([make(f"document{number}", 3, dimension=64) for number in range(400)])
    store.write([make("more", 2, dimension=64)])
    before = everything(store)
    planted = []
    for header in tmp_path.glob("*/header.bin"):
        used, size = struct.unpack_from("<QQ", header.read_bytes(), 20)
        for name, first in (("data_level0.bin", used * size), ("length.bin", 0)):
            path = header.parent / name
            path.write_bytes((path.read_bytes()[:first] + b"needle" * 1_000)[: max(path.stat().st_size, first + 600)])
            planted.append((path, first))
    assert len(planted) == 4
    assert len(found(tmp_path, b"needle")) == 4
    store.close()
    assert not any(any(path.read_bytes()[first:]) for path, first in planted)
    again = open_store(tmp_path, dimension=64)
    again.begin_writing()
    assert everything(again) == before


def test_another_programs_lengths_are_kept(tmp_path, make, written):
    client = chromadb.PersistentClient(str(tmp_path), settings=Settings(anonymized_telemetry=False))
    configuration = {"hnsw": {"space": "cosine", "sync_threshold": 1}}
    theirs = client.create_collection("somebody-elses", embedding_function=None, configuration=configuration)
    theirs.add(ids=["one"], embeddings=[[3.0, 4.0]])
    client.close()
    written(tmp_path, [make("a")])
    client = chromadb.PersistentClient(str(tmp_path), settings=Settings(anonymized_telemetry=False))
    kept = client.get_collection("somebody-elses", embedding_function=None).get(include=["embeddings"])
    assert np.allclose(kept["embeddings"], [[3.0, 4.0]])
    client.close()
