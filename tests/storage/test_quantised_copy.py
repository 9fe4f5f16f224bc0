"""The int8 form of a scan copy follows the copy, is saved with it, and is never trusted when it is damaged."""

import gc
import logging

import numpy as np
import pytest

from nerret_tools.errors import InputError
from nerret_tools.ranking import Scores, rank_page
from nerret_tools.scan import files as module
from nerret_tools.scan.quantised import quantise
from nerret_tools.scan.rows import FileRows

pytestmark = pytest.mark.usefixtures("kept_scan")


@pytest.fixture
def quantising(monkeypatch):
    """Counts the rows that are quantised."""
    counted = []

    def counting(vectors):
        counted.append(len(vectors))
        return quantise(vectors)

    monkeypatch.setattr(module, "quantise", counting)
    return counted


def ranked(store):
    """The complete ranking of this store's scan."""
    scan = store.scan()
    query = np.full(store.dimension, store.dimension**-0.5, np.float32)
    page = rank_page(Scores(scan, query))
    return page.document_ids, page.scores.tolist()


def test_both_formats_answer_the_same_after_every_change(tmp_path, make, open_store):
    plain, small = open_store(tmp_path, scan_dtype="float32"), open_store(tmp_path, scan_dtype="int8")
    for change in (
        lambda: small.write([make(f"d{number}", number % 4) for number in range(40)]),
        lambda: plain.write([make("d7", 3, version=1), make("e", 2)]),
        lambda: small.delete([f"d{number}" for number in range(30)]),
        lambda: small.write([make("f", 1)]),
    ):
        change()
        assert ranked(small) == ranked(plain)
        assert small.scan().quantised is not None
        assert plain.scan().quantised is None


def test_only_new_rows_are_quantised(tmp_path, make, open_store, quantising, written):
    store = open_store(tmp_path, scan_dtype="int8")
    store.write([make("a", 3), make("b", 2)])
    store.scan()
    store.write([make("c", 4)])
    store.scan()
    store.scan()
    store.close()
    written(tmp_path, [make("d", 2)])
    store = open_store(tmp_path, scan_dtype="int8")
    assert len(store.scan().quantised.codes) == 11
    assert quantising == [5, 4, 2]


def test_int8_rows_that_cannot_be_written_are_kept_in_memory(tmp_path, make, open_store, monkeypatch, caplog):
    plain, small = (
        open_store(tmp_path / "plain", scan_dtype="float32"),
        open_store(tmp_path / "small", scan_dtype="int8"),
    )
    batch = [make("a", 3), make("b", 2)]
    plain.write(batch)
    original = FileRows.append

    def full(self, rows):
        if self.path.suffix == ".scales":
            raise OSError(28, "No space left on device")
        original(self, rows)

    monkeypatch.setattr(FileRows, "append", full)
    with caplog.at_level(logging.WARNING):
        small.write(batch)
    assert ranked(small) == ranked(plain)
    assert "kept in memory" in caplog.text


def test_a_scan_in_memory_can_be_quantised(shared_server, tmp_path, make, open_store, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    plain = open_store(shared_server.address, "int8-in-memory", scan_dtype="float32")
    small = open_store(shared_server.address, "int8-in-memory", scan_dtype="int8")
    small.write([make("a", 3), make("b", 2)])
    assert ranked(small) == ranked(plain)


def test_another_number_format_is_refused_before_anything_is_made(tmp_path, open_store):
    with pytest.raises(InputError, match=r"int4.*float32, int8"):
        open_store(tmp_path / "new", scan_dtype="int4")
    assert not (tmp_path / "new").exists()


def test_single_rows_are_read_as_from_an_array(tmp_path):
    vectors = np.random.default_rng(0).standard_normal((20, 6)).astype(np.float32)
    rows = FileRows(tmp_path / "rows", 6, np.float32)
    rows.append(vectors)
    reader = rows.read()
    rows.append(vectors)
    (tmp_path / "rows").unlink()

    for key in (3, -1, slice(2, 9, 3), np.array([5, 0, 5]), np.array([], np.int64)):
        np.testing.assert_array_equal(reader[key], vectors[key])
    assert (len(reader), reader.shape) == (20, (20, 6))
    with pytest.raises(IndexError):
        reader[20]
    del reader
    gc.collect()
