"""Locks, missing and unusable places, names, formats."""

import os
import shutil
import tempfile
from pathlib import Path

import chromadb
import pytest
from chromadb.config import Settings

from nerret_tools.errors import (
    IndexFormatError,
    IndexNotFoundError,
    InputError,
    StoreError,
    StoreUnavailableError,
)

OPENER = """
import sys
from nerret_tools.errors import NerretError
from nerret_tools.storage import ChromaStore
try:
    ChromaStore.open(sys.argv[1], identity={}, dimension=8).close()
except NerretError as error:
    print(type(error).__name__, error)
else:
    print("opened")
"""


def test_a_second_process_is_told_at_once_how_to_share_the_folder(tmp_path, open_store, run_script):
    store = open_store(tmp_path)

    refused = run_script(OPENER, tmp_path)
    store.close()
    accepted = run_script(OPENER, tmp_path)

    assert refused.stdout.startswith("IndexLockedError"), refused.stderr
    assert f"chroma run --path {tmp_path}" in refused.stdout
    assert "http://" in refused.stdout
    assert accepted.stdout == "opened\n"


def test_a_forked_child_cannot_use_its_parents_folder(tmp_path, run_script):
    forked = run_script(
        """
import os, sys
from nerret_tools.errors import IndexLockedError
from nerret_tools.storage import ChromaStore
store = ChromaStore.open(sys.argv[1], identity={}, dimension=8)
child = os.fork()
if not child:
    try:
        ChromaStore.open(sys.argv[1], identity={}, dimension=8)
    except IndexLockedError:
        os._exit(7)
    os._exit(1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
store.close()
""",
        tmp_path,
    )
    assert forked.stdout == "7\n", forked.stderr


def test_several_stores_of_one_process_share_a_folder(tmp_path, make, open_store, everything):
    first, second, other = open_store(tmp_path), open_store(tmp_path), open_store(tmp_path, "other")
    first.write([make("a")])
    second.write([make("b", 3)])
    other.write([make("c")])
    first.close()

    assert second.matching({}) == {"a", "b"}
    assert set(everything(second)["rows"]) == {"a", "b"}
    assert other.matching({}) == {"c"}
    second.close()
    other.close()


def test_without_create_a_missing_index_is_an_error_and_nothing_is_made(tmp_path, open_store, make):
    with pytest.raises(IndexNotFoundError, match="no index in"):
        open_store(tmp_path / "none" / "deep", create=False)
    assert list(tmp_path.iterdir()) == []

    open_store(tmp_path / "index", "one").close()
    with pytest.raises(IndexNotFoundError, match="'two'"):
        open_store(tmp_path / "index", "two", create=False)


def test_a_path_that_is_a_file_is_refused(tmp_path, open_store):
    (tmp_path / "file").write_text("x")

    with pytest.raises(StoreError, match="is a file"):
        open_store(tmp_path / "file")


def test_a_database_that_is_not_one_is_refused(tmp_path, open_store):
    (tmp_path / "chroma.sqlite3").write_text("this is no database" * 1000)

    with pytest.raises(StoreUnavailableError, match=str(tmp_path)):
        open_store(tmp_path)
    shutil.rmtree(tmp_path)
    open_store(tmp_path).close()


@pytest.mark.parametrize("name", ["", ".a", "a.", "a..b", "a b", "é", "a/b", "x" * 201, "-a", "a\n"])
def test_a_name_that_chroma_does_not_take_is_refused(tmp_path, name, open_store):
    with pytest.raises(InputError, match="index name"):
        open_store(tmp_path / "index", name)
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize("name", ["a", "A.b_c-d", "x" * 200, "a_", "1.2.3.4"])
def test_other_names_work(tmp_path, name, open_store):
    open_store(tmp_path, name).close()


def test_a_newer_format_and_a_foreign_collection_are_told_apart(tmp_path, open_store):
    open_store(tmp_path).close()
    client = chromadb.PersistentClient(str(tmp_path), settings=Settings(anonymized_telemetry=False))
    collection = client.get_collection("default.documents", embedding_function=None)
    collection.modify(metadata={**collection.metadata, "nerret.format": 99})
    client.create_collection("foreign.documents", embedding_function=None)
    client.close()

    with pytest.raises(IndexFormatError, match=r"format 99.*upgrade"):
        open_store(tmp_path)
    with pytest.raises(IndexFormatError, match="not written by nerret-tools"):
        open_store(tmp_path, "foreign")


def test_no_server_is_an_error_that_says_how_to_start_one(open_store, tmp_path):
    with pytest.raises(StoreUnavailableError, match="chroma run --path DIR --port 1"):
        open_store("http://127.0.0.1:1")
    with pytest.raises(StoreError, match="http://host:port"):
        open_store("http://")
    assert list(tmp_path.iterdir()) == []


UNPRIVILEGED = """
import os, sys
import chromadb, filelock, numpy
import nerret_tools.storage.opening, nerret_tools.storage.writing, nerret_tools.storage.refresh
from nerret_tools.errors import StoreUnavailableError
from nerret_tools.storage import ChromaStore
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for path in sys.argv[1:]:
    try:
        ChromaStore.open(path, identity={}, dimension=8)
    except StoreUnavailableError as error:
        print(error)
    else:
        print("opened")
"""


def test_a_folder_that_cannot_be_written_is_an_error(open_store, run_script):
    folder = Path(tempfile.mkdtemp())
    try:
        open_store(folder / "index").close()
        for path in (folder / "index", folder):
            path.chmod(0o555)
        told = run_script(UNPRIVILEGED, folder / "index", folder / "new", cwd="/")
        assert told.stdout.count("cannot be used for an index") == 2, told.stderr
        assert not (folder / "new").exists()
    finally:
        for path in (folder, folder / "index"):
            path.chmod(0o755)
        shutil.rmtree(folder)


FULL_DISK = """
import resource, sys
import numpy as np
from nerret_tools.errors import StoreUnavailableError
from nerret_tools.storage import ChromaStore
store = ChromaStore.open(sys.argv[1], identity={}, dimension=8)
batch = [tuple(pair) for pair in np.load(sys.argv[2], allow_pickle=True)["batch"]]
size = int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    for first in range(0, len(batch), 100):
        store.write(batch[first : first + 100])
except StoreUnavailableError as error:
    print(error)
"""


def test_a_full_disk_is_an_error_and_loses_nothing(tmp_path, open_store, make, everything, run_script, save_batch):
    first, batch = [make("a", 3)], [make(f"d{n}", 20) for n in range(300)]
    for name in ("full", "roomy"):
        store = open_store(tmp_path / name)
        store.write(first)
        store.close()
    size = os.path.getsize(tmp_path / "full" / "chroma.sqlite3") + 200_000

    told = run_script(FULL_DISK, tmp_path / "full", save_batch(batch), size)

    assert "disk has room" in told.stdout, told.stderr
    store, roomy = open_store(tmp_path / "full"), open_store(tmp_path / "roomy")
    assert "a" in store.matching({})
    assert store.count_documents() < 301
    assert store.count_mentions() == 3 + 20 * (store.count_documents() - 1)
    store.write(batch)
    roomy.write(batch)
    assert everything(store) == everything(roomy)
    store.close()
    roomy.close()
