"""Locks, missing and unusable places, names, formats."""

import os
import shutil
import tempfile
import threading
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings

from nerret_tools.errors import IndexFormatError, IndexNotFoundError, InputError, StoreError, StoreUnavailableError
from nerret_tools.storage import connection

OTHER = """
import sys
import numpy as np
from nerret_tools.errors import NerretError
from nerret_tools.storage import ChromaStore
for step in sys.argv[2:]:
    try:
        store = ChromaStore.open(sys.argv[1], identity={}, dimension=8, create=False)
        if step == "delete":
            store.delete(["a"])
        scan = store.scan()
        texts = [document.text for document in store.documents(["a"])]
        print(sorted(scan.document_ids[scan.live]), sorted(store.matching({})), texts)
        store.close()
    except NerretError as error:
        print(type(error).__name__, error)
print("chromadb" in sys.modules)
"""


def test_other_processes_search_a_folder_that_one_writes_to_and_cannot_change_it(
    tmp_path, open_store, make, run_script
):
    store = open_store(tmp_path)
    store.write([make("a", 2), make("b", 1)])
    store.delete(["b"])
    store.write([make("c", 3), make("without", 0)])

    beside = run_script(OTHER, tmp_path, "read", "delete", "read")
    store.write([make("a", 1, version=1)])
    later = run_script(OTHER, tmp_path, "read")
    store.close()
    alone = run_script(OTHER, tmp_path, "delete")

    seen = "['a', 'c'] ['a', 'c', 'without'] ['text 0 of a']\n"
    assert beside.stdout.startswith(f"{seen}IndexLockedError another process is writing"), beside.stderr
    assert beside.stdout.endswith(f"then do the same again\n{seen}False\n")
    assert "chroma run" not in beside.stdout
    assert later.stdout == "['a', 'c'] ['a', 'c', 'without'] ['text 1 of a']\nFalse\n", later.stderr
    assert alone.stdout == "['c'] ['c', 'without'] []\nTrue\n", alone.stderr


def test_a_reader_sees_what_another_process_writes_meanwhile(
    tmp_path, open_store, make, run_script, save_batch, written
):
    written(tmp_path, [make("a", 2)])
    reader = open_store(tmp_path, create=False)
    assert reader.scan().document_ids.tolist() == ["a"]
    wrote = run_script(
        """
import sys
import numpy as np
from nerret_tools.storage import ChromaStore
store = ChromaStore.open(sys.argv[1], identity={}, dimension=8)
store.write([tuple(pair) for pair in np.load(sys.argv[2], allow_pickle=True)["batch"]])
""",
        tmp_path,
        save_batch([make("b", 3)]),
    )
    assert wrote.returncode == 0, wrote.stderr
    scan = reader.scan()
    assert scan.document_ids.tolist() == ["a", "b"]
    assert np.array_equal(scan.vectors[2:], make("b", 3)[1].vectors)


def test_where_nobody_keeps_the_copy_a_reader_builds_it_and_frees_the_folder(
    kept_scan, tmp_path, open_store, make, run_script, written
):
    written(tmp_path, [make("a", 2), make("b", 1)])
    shutil.rmtree(tmp_path / "scan")
    reader = open_store(tmp_path, create=False)
    assert np.array_equal(reader.scan().vectors[:2], make("a", 2)[1].vectors)
    deleted = run_script(OTHER, tmp_path, "delete")
    assert deleted.stdout == "['b'] ['b'] []\nTrue\n", deleted.stderr
    scan = reader.scan()
    assert scan.document_ids[scan.live].tolist() == ["b"]


def test_threads_that_read_while_one_begins_to_write_are_not_disturbed(tmp_path, open_store, make, written):
    written(tmp_path, [make("a", 2)])
    store = open_store(tmp_path)
    faults = []

    def read():
        try:
            while len(store.matching({})) < 2:
                assert store.documents(["a"])
                assert "a" in store.scan().document_ids
        except Exception as error:  # whatever a thread meets would be lost with it
            faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    store.write([make("b", 1)])
    for reader in readers:
        reader.join(timeout=300)
    assert faults == []


def test_a_forked_child_is_told_to_open_anew_and_cannot_write_beside_its_parent(tmp_path, run_script):
    forked = run_script(
        """
import os, sys
from nerret_tools.errors import IndexLockedError, StoreError
from nerret_tools.storage import ChromaStore
store = ChromaStore.open(sys.argv[1], identity={}, dimension=8)
child = os.fork()
if not child:
    for call in (store.scan, store.generation, lambda: store.delete(["a"]), lambda: store.matching({})):
        try:
            call()
        except StoreError as error:
            assert "forked" in str(error)
        else:
            os._exit(2)
    own = ChromaStore.open(sys.argv[1], identity={}, dimension=8)
    own.matching({})
    try:
        own.delete(["a"])
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


def test_without_create_a_missing_index_is_an_error_and_nothing_is_made(tmp_path, open_store, make):
    with pytest.raises(IndexNotFoundError, match="no index in"):
        open_store(tmp_path / "none" / "deep", create=False)
    assert list(tmp_path.iterdir()) == []

    open_store(tmp_path / "index", "one").close()
    with pytest.raises(IndexNotFoundError, match="'two'"):
        open_store(tmp_path / "index", "two", create=False)


def test_a_file_and_a_database_that_is_not_one_are_refused(tmp_path, open_store):
    (tmp_path / "chroma.sqlite3").write_text("this is no database" * 1000)
    with pytest.raises(StoreError, match="is a file"):
        open_store(tmp_path / "chroma.sqlite3")
    with pytest.raises(StoreUnavailableError, match=str(tmp_path)):
        open_store(tmp_path)
    shutil.rmtree(tmp_path)
    open_store(tmp_path)


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
import nerret_tools.storage.chroma_database, nerret_tools.storage.writing, nerret_tools.storage.refresh
from nerret_tools.errors import StoreUnavailableError
from nerret_tools.scan import score_scan
from nerret_tools.storage import ChromaStore
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for path in sys.argv[1:]:
    try:
        store = ChromaStore.open(path, identity={}, dimension=8)
        scan = store.scan()
        print(sorted(scan.document_ids[scan.live]), len(scan.vectors), [d.text for d in store.documents(["a"])])
        print(score_scan(scan, numpy.ones((1, 8), numpy.float32)).shape)
        store.delete(["a"])
    except StoreUnavailableError as error:
        print(error)
    else:
        print("deleted")
"""


@pytest.mark.parametrize("copy", ["in memory", "kept", "missing"])
def test_a_read_only_folder_can_be_searched_and_nothing_else(run_script, make, copy, written, monkeypatch):
    keeping = "import nerret_tools.storage.connection as c\nc.KEPT_MENTIONS = 0\n"
    script = UNPRIVILEGED
    if copy != "in memory":
        monkeypatch.setattr(connection, "KEPT_MENTIONS", 0)
        script = keeping + script
    folder = Path(tempfile.mkdtemp())
    everything = [folder]
    try:
        written(folder / "index", [make("a", 2), make("b", 1)])
        if copy == "missing":
            shutil.rmtree(folder / "index" / "scan")
        everything = [folder, *folder.rglob("*")]
        for path in everything:
            path.chmod(0o555 if path.is_dir() else 0o444)
        told = run_script(script, folder / "index", folder / "new", cwd="/")
        lines = told.stdout.splitlines()
        assert lines[:2] == ["['a', 'b'] 3 ['text 0 of a']", "(1, 3)"], told.stderr
        assert [("cannot be used for writing an index" in line) for line in lines[2:]] == [True, True]
        assert set(folder.rglob("*")) == set(everything[1:])
    finally:
        for path in everything:
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


def test_a_full_disk_is_an_error_and_loses_nothing(
    tmp_path, open_store, make, everything, run_script, save_batch, written
):
    first, batch = [make("a", 3)], [make(f"d{n}", 20) for n in range(300)]
    for name in ("full", "roomy"):
        written(tmp_path / name, first)
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
