"""The scan copy is a cache: used when it fits, built again when it does not, never trusted when it is damaged."""

import logging
import mmap
import os
import shutil

import numpy as np
import pytest

from nerret_tools.errors import StoreError
from nerret_tools.scan import ScanCopy, rounded, score_rows
from nerret_tools.scan.rows import FileRows

pytestmark = pytest.mark.usefixtures("kept_scan")


@pytest.fixture
def filled(tmp_path, make, written):
    """A folder with two documents, closed; and what a scan of it must hold."""
    batch = [make("a", 3), make("b", 2)]
    written(tmp_path / "index", batch)
    return tmp_path / "index", np.concatenate([block.vectors for _, block in batch])


def rows_file(folder, ending="i8"):
    (path,) = folder.glob(f"scan/*/rows-*.{ending}")
    return path


def test_a_saved_copy_is_used_without_reading_chroma(filled, open_store, reads):
    folder, vectors = filled
    store = open_store(folder)

    assert np.array_equal(store.scan().vectors, vectors)
    assert isinstance(store.scan().vectors.codes[:].base.base, mmap.mmap | memoryview)
    assert reads == []


@pytest.mark.parametrize("ending", ["i8", "scales"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove rows"])
def test_damaged_rows_are_built_again(filled, open_store, reads, damage, ending):
    folder, vectors = filled
    rows = rows_file(folder, ending)
    if damage == "flip":
        content = bytearray(rows.read_bytes())
        content[7] ^= 1
        rows.write_bytes(content)
    elif damage == "truncate":
        rows.write_bytes(rows.read_bytes()[:-1])
    else:
        rows.unlink()

    store = open_store(folder)
    assert np.array_equal(store.scan().vectors, vectors)
    assert reads == ["a#0", "b#0"]


@pytest.mark.parametrize("damage", ["garbage", "cut", "empty", "foreign", "all"])
def test_a_copy_whose_description_is_damaged_is_built_again(filled, open_store, reads, damage, tmp_path, make, written):
    folder, vectors = filled
    (sidecar,) = folder.glob("scan/*/steps.jsonl")
    if damage == "garbage":
        sidecar.write_bytes(b"no archive at all" * 50)
    elif damage == "cut":
        sidecar.write_bytes(sidecar.read_bytes()[:60])
    elif damage == "empty":
        sidecar.write_bytes(b"")
    elif damage == "foreign":
        written(tmp_path / "other", [make("z", 5)])
        (theirs,) = (tmp_path / "other").glob("scan/*")
        shutil.rmtree(sidecar.parent)
        shutil.copytree(theirs, sidecar.parent)
    else:
        shutil.rmtree(folder / "scan")

    store = open_store(folder)
    assert np.array_equal(store.scan().vectors, vectors)
    assert reads == ["a#0", "b#0"]
    store.close()

    again = open_store(folder)
    assert np.array_equal(again.scan().vectors, vectors)
    assert reads == ["a#0", "b#0"]


def test_rows_behind_the_described_ones_are_cut_off(filled, open_store, reads, make):
    folder, vectors = filled
    with rows_file(folder).open("ab") as file:
        file.write(b"left by a killed process")

    store = open_store(folder)
    document, block = make("c", 1)
    store.write([(document, block)])

    assert np.array_equal(store.scan().vectors, np.concatenate([vectors, block.vectors]))
    assert reads == []


def test_only_what_changed_since_the_copy_was_saved_is_read(filled, open_store, reads, make, tmp_path):
    folder, vectors = filled
    shutil.copytree(folder / "scan", tmp_path / "older")
    store = open_store(folder)
    store.write([make("b", 1, version=1), make("c", 2), make("none", 0)])
    store.delete(["nobody"])
    store.close()
    shutil.rmtree(folder / "scan")
    shutil.copytree(tmp_path / "older", folder / "scan")

    store = open_store(folder)
    scan = store.scan()

    assert sorted(reads) == ["b#0", "c#0"]
    assert np.array_equal(scan.vectors[:3], vectors[:3])
    assert {name for name, live in zip(scan.document_ids, scan.live, strict=True) if live} == {"a", "b", "c"}


def test_many_batches_are_appended(tmp_path, make, open_store, reads):
    store = open_store(tmp_path)
    for number in range(6):
        store.write([make(f"d{number}", 2)])
        assert store.scan().document_ids.tolist() == [f"d{n}" for n in range(number + 1)]
    store.close()

    assert reads == []
    assert rows_file(tmp_path).stat().st_size == 12 * 64


def test_a_copy_that_is_mostly_dead_is_compacted(tmp_path, make, open_store, everything):
    store = open_store(tmp_path)
    store.write([make(f"d{number}", 2) for number in range(20)])
    held = store.scan()
    before = np.array(held.vectors)
    store.delete([f"d{number}" for number in range(15)])

    scan = store.scan()

    assert scan.document_ids.tolist() == [f"d{number}" for number in range(15, 20)]
    assert scan.live.all()
    assert np.array_equal(scan.vectors, before[30:])
    assert np.array_equal(held.vectors, before)
    seen = everything(store)
    store.close()
    store = open_store(tmp_path)
    assert everything(store) == seen
    assert rows_file(tmp_path).stat().st_size == 10 * 64


def test_a_cache_folder_that_cannot_be_used_is_replaced_by_memory(
    shared_server, make, open_store, tmp_path, monkeypatch, caplog
):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    store = open_store(shared_server.address, "no-cache")
    document, block = make("a", 3)

    with caplog.at_level(logging.WARNING):
        store.write([(document, block)])
        assert np.array_equal(store.scan().vectors, block.vectors)
        store.write([make("b", 1)])
        assert len(store.scan().vectors) == 4

    assert "kept in memory" in caplog.text


def test_a_copy_whose_file_cannot_grow_moves_to_memory(tmp_path, make, open_store, monkeypatch):
    store = open_store(tmp_path)
    first, second = make("a", 3), make("b", 2)
    store.write([first])

    def full(self, vectors):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileRows, "append", full)
    store.write([second])

    assert np.array_equal(store.scan().vectors, np.concatenate([first[1].vectors, second[1].vectors]))


def test_processes_that_use_a_copy_at_once_have_a_folder_each(tmp_path, caplog):
    vectors = rounded(np.random.default_rng(0).standard_normal((6, 8)).astype(np.float32))
    first = ScanCopy(tmp_path, "index", 8)
    first.append(["a", "b"], [vectors[:2], vectors[2:6]])
    first.generation = 3
    first.save()
    first.append(["c"], [vectors[:1]])

    second, third = ScanCopy(tmp_path, "index", 8), ScanCopy(tmp_path, "index", 8)

    for other in (second, third):
        assert (other.on_disk, other.generation) == (True, 3)
        assert np.array_equal(other.snapshot().vectors, vectors)
        assert other.snapshot().document_ids.tolist() == ["a", "b"]
    second.append(["d"], [vectors[3:4]])
    first.drop(["a"])
    assert third.snapshot().document_ids.tolist() == ["a", "b"]
    assert first.snapshot().document_ids.tolist() == ["a", "b", "c"]
    for one in (first, second, third):
        one.close()
    again = ScanCopy(tmp_path, "index", 8)
    assert again.snapshot().document_ids.tolist() == ["a", "b", "c"]
    again.close()
    assert caplog.text == ""


def test_a_copy_that_another_client_replaces_meanwhile_is_not_taken_over(tmp_path):
    first = ScanCopy(tmp_path, "index", 8)
    first.append(["a"], [np.ones((2, 8), np.float32)])
    first.generation = 3
    first.save()
    for rows in tmp_path.glob("rows-*"):
        rows.unlink()

    second = ScanCopy(tmp_path, "index", 8)

    assert second.generation is None
    for one in (first, second):
        one.close()


def test_more_processes_than_folders_keep_it_in_memory(tmp_path, caplog):
    copies = [ScanCopy(tmp_path, "index", 8) for _ in range(9)]
    copies[8].append(["a"], [np.ones((2, 8), np.float32)])
    copies[8].generation = 1

    assert [copy.on_disk for copy in copies] == [True] * 8 + [False]
    assert len(copies[8].snapshot().vectors) == 2
    assert "kept in memory" in caplog.text
    for one in copies:
        one.close()


def test_a_long_lived_process_leaves_no_files_of_former_compactions(tmp_path, make, open_store):
    store = open_store(tmp_path)
    for version in range(12):
        store.write([make(f"d{number}", 2, version=version) for number in range(5)])
        store.scan()
        assert len(list(tmp_path.glob("scan/*/rows-*"))) == 2


def test_a_file_that_is_cut_off_under_a_scan_raises_and_the_next_scan_builds_it_again(filled, make, open_store):
    folder, vectors = filled
    store = open_store(folder)
    held = store.scan()
    os.truncate(rows_file(folder), 10)

    with pytest.raises(StoreError, match="cut off"):
        score_rows(held.vectors, vectors[:1])
    assert np.array_equal(store.scan().vectors, vectors)

    document, block = make("c", 1)
    store.write([(document, block)])
    os.truncate(rows_file(folder), 10)
    assert np.array_equal(store.scan().vectors, np.concatenate([vectors, block.vectors]))
