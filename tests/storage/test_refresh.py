"""A client's copy of a server's vectors: only what changed is read, whoever writes meanwhile."""

from collections import deque

import numpy as np
import pytest

from nerret_tools.errors import StoreUnavailableError
from nerret_tools.storage import refresh as module
from nerret_tools.storage.keys import VECTORS
from nerret_tools.storage.table import Table


@pytest.fixture
def pair(shared_server, open_store, request):
    """A writer and a reader of one index, as two clients: they share neither connection nor copy."""
    stores = []

    def opened():
        name = f"pair-{abs(hash(request.node.name))}"
        for host in ("127.0.0.1", "localhost"):
            stores.append(open_store(f"http://{host}:{shared_server.port}", name))
        return stores

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def reads(monkeypatch):
    """The parts of documents whose vectors are read, and how often all ids were listed."""
    counted = {"vectors": [], "listed": 0}
    metadata, all_ids = Table.metadata, Table.all_ids

    def counting_vectors(self, ids, keys=None):
        counted["vectors"] += ids if keys == [VECTORS] else []
        return metadata(self, ids, keys)

    def counting_ids(self, where=None):
        counted["listed"] += where is None
        return all_ids(self, where)

    monkeypatch.setattr(Table, "metadata", counting_vectors)
    monkeypatch.setattr(Table, "all_ids", counting_ids)
    return counted


def shown(store):
    """The vectors of each live document of a scan."""
    scan = store.scan()
    live = np.flatnonzero(scan.live)
    return {scan.document_ids[at]: scan.vectors[scan.offsets[at] : scan.offsets[at + 1]].tolist() for at in live}


def expected(*pairs):
    return {document.id: block.vectors.tolist() for document, block in pairs if len(block)}


def test_only_what_changed_is_read_and_ids_are_listed_only_after_deletions(pair, make, reads):
    writer, reader = pair()
    documents = [make(f"d{number}", number % 3) for number in range(12)]
    writer.write(documents)
    assert shown(reader) == expected(*documents)
    assert reads["listed"] == 1

    reads["vectors"].clear()
    writer.write([make("d2", 0, version=1), make("d4", 3, version=1), make("new", 17), make("empty", 0)])
    seen = shown(reader)
    assert sorted(reads["vectors"]) == ["d4#0", "new#0", "new#1"]
    assert reads["listed"] == 1
    assert seen["d4"] == make("d4", 3, version=1)[1].vectors.tolist()
    assert "d2" not in seen

    reads["vectors"].clear()
    writer.delete(["d1", "d3", "empty"])
    assert shown(reader).keys() == seen.keys() - {"d1"}
    assert (reads["vectors"], reads["listed"]) == ([], 2)

    writer.delete(["d5"])
    writer.write([make("d5b", 1)])
    assert shown(reader).keys() == seen.keys() - {"d1", "d5"} | {"d5b"}


def test_a_copy_is_gone_on_with_after_a_restart(pair, shared_server, make, reads, open_store):
    writer, reader = pair()
    writer.write([make(f"d{number}", 2) for number in range(6)])
    reader.scan()
    reader.close()
    writer.write([make("d1", 1, version=1), make("e", 1)])
    writer.delete(["d5"])
    reads["vectors"].clear()

    again = open_store(f"http://localhost:{shared_server.port}", reader.name)
    seen = shown(again)

    assert sorted(reads["vectors"]) == ["d1#0", "e#0"]
    assert seen == expected(*(make(f"d{n}", 2) for n in (0, 2, 3, 4)), make("d1", 1, version=1), make("e", 1))
    again.close()


def test_a_first_reading_that_was_cut_off_is_gone_on_with(pair, shared_server, make, reads, open_store, monkeypatch):
    monkeypatch.setattr(module, "_DOCUMENTS", 4)
    monkeypatch.setattr(module, "_SAVE_MENTIONS", 8)
    writer, reader = pair()
    documents = [make(f"d{number:02}", 2) for number in range(20)]
    writer.write(documents)
    counting = Table.metadata

    def failing(self, ids, keys=None):
        if len(reads["vectors"]) >= 12:
            raise StoreUnavailableError("away")
        return counting(self, ids, keys)

    monkeypatch.setattr(Table, "metadata", failing)
    with pytest.raises(StoreUnavailableError):
        reader.scan()
    monkeypatch.setattr(Table, "metadata", counting)
    reader.close()
    assert len(reads["vectors"]) == 12
    reads["vectors"].clear()
    changes = [make("d00", 3, version=1), make("d19", 1, version=1)]
    writer.write(changes)
    writer.delete(["d01", "d18"])

    again = open_store(f"http://localhost:{shared_server.port}", reader.name)
    assert shown(again) == expected(*documents[2:18], *changes)
    assert sorted(set(reads["vectors"])) == ["d00#0", *(f"d{n}#0" for n in range(12, 18)), "d19#0"]
    again.close()


@pytest.mark.parametrize("changes", [1, 3, 12])
def test_a_writer_at_work_never_makes_a_reader_show_half_a_document(pair, make, monkeypatch, changes):
    monkeypatch.setattr(module, "_DOCUMENTS", 3)
    writer, reader = pair()
    versions = {f"d{number}": [make(f"d{number}", 2)] for number in range(9)}
    writer.write([seen[0] for seen in versions.values()])
    original, left = Table.metadata, iter(range(1, changes + 1))

    def meanwhile(self, ids, keys=None):
        for page in original(self, ids, keys):
            yield page
            version = next(left, None) if keys == [VECTORS] else None
            if version is not None:
                names = [f"d{(version + step) % 9}" for step in (0, 4)]
                batch = [make(name, 1 + version % 3, version=version) for name in names]
                for name, document in zip(names, batch, strict=True):
                    versions[name].append(document)
                writer.write(batch)

    monkeypatch.setattr(Table, "metadata", meanwhile)
    for _ in range(3):
        for name, rows in shown(reader).items():
            assert rows in [block.vectors.tolist() for _, block in versions[name]]
    deque(left, maxlen=0)  # no more changes
    assert shown(reader) == expected(*(seen[-1] for seen in versions.values()))
    assert shown(writer) == shown(reader)


def test_a_batch_that_ends_while_the_reader_looks_for_the_last_time_is_left_out(pair, make, monkeypatch):
    """The reader has half-read "a" when it gives up: whatever moment the writer ends at, "a" is not shown."""
    monkeypatch.setattr(module, "_ATTEMPTS", 1)
    writer, reader = pair()
    writer.write([make("a", 2), make("b", 2)])
    reader.scan()
    writer.write([make("a", 2, version=1)])
    upsert, metadata, changed = Table.upsert, Table.metadata, module._changed
    batch = [make("a", 2, version=2)]
    steps = []

    def stop_half_way(self, ids, *rest):
        if ids == ["a"]:
            raise StoreUnavailableError("stopped")
        upsert(self, ids, *rest)

    def begin_then_read(self, ids, keys=None):
        if keys != [VECTORS]:
            return metadata(self, ids, keys)
        monkeypatch.setattr(Table, "upsert", stop_half_way)
        with pytest.raises(StoreUnavailableError):
            writer.write(batch)
        monkeypatch.setattr(Table, "upsert", upsert)
        monkeypatch.setattr(Table, "metadata", metadata)
        return metadata(self, ids, keys)

    def changed_then_done(index, generation):
        found = changed(index, generation)
        steps.append(generation)
        if len(steps) == 2:  # the last look is over, and only now the writer ends
            writer.write(batch)
        return found

    monkeypatch.setattr(Table, "metadata", begin_then_read)
    monkeypatch.setattr(module, "_changed", changed_then_done)
    assert shown(reader).keys() == {"b"}
    assert shown(reader) == expected(make("b", 2), *batch)
