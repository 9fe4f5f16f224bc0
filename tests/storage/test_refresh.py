"""A client's copy of a server's vectors: only what changed is read, whoever writes meanwhile."""

from collections import deque

import numpy as np
import pytest

from nerret_tools.errors import StoreUnavailableError
from nerret_tools.storage import refresh as module


@pytest.fixture
def pair(shared_server, proxy, open_store, request):
    """A writer and a reader of one index, as two clients that share no copy; both can be watched at the proxy."""
    name = f"pair-{abs(hash(request.node.name))}"
    return lambda: (open_store(f"http://localhost:{proxy.server_port}", name), open_store(proxy.address, name))


def of_parts(path, body):
    """Whether a request reads parts of documents, which have the vectors."""
    return path.endswith("/get") and "metadatas" in body["include"] and "#" in (body.get("ids") or [""])[0]


class Reads:
    """What goes over a proxy: parts of documents that are read, and how often all ids are listed."""

    def __init__(self, proxy):
        self.parts, self.listed, self.most = [], 0, 10**9
        proxy.before = self.note

    def note(self, path, body):
        if path.endswith("/get"):
            if of_parts(path, body):
                if len(self.parts) >= self.most:
                    return 500, {"error": "away"}
                self.parts += body["ids"]
            self.listed += not (body["include"] or body.get("ids") or body.get("where"))
        return None


@pytest.fixture
def reads(proxy):
    return Reads(proxy)


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
    assert reads.listed == 1
    reads.parts.clear()

    writer.write([make("d2", 0, version=1), make("d4", 3, version=1), make("new", 17), make("empty", 0)])
    seen = shown(reader)
    assert sorted(reads.parts) == ["d4#0", "new#0", "new#1"]
    assert reads.listed == 1
    assert seen["d4"] == make("d4", 3, version=1)[1].vectors.tolist()
    assert "d2" not in seen
    reads.parts.clear()

    writer.delete(["d1", "d3", "empty"])
    assert shown(reader).keys() == seen.keys() - {"d1"}
    assert (reads.parts, reads.listed) == ([], 2)

    writer.delete(["d5"])
    writer.write([make("d5b", 1)])
    assert shown(reader).keys() == seen.keys() - {"d1", "d5"} | {"d5b"}


def test_a_copy_is_gone_on_with_after_a_restart(pair, proxy, make, reads, open_store):
    writer, reader = pair()
    writer.write([make(f"d{number}", 2) for number in range(6)])
    reader.scan()
    reader.close()
    writer.write([make("d1", 1, version=1), make("e", 1)])
    writer.delete(["d5"])
    reads.parts.clear()
    seen = shown(open_store(proxy.address, reader.name))
    assert sorted(reads.parts) == ["d1#0", "e#0"]
    assert seen == expected(*(make(f"d{n}", 2) for n in (0, 2, 3, 4)), make("d1", 1, version=1), make("e", 1))


def test_a_first_reading_that_was_cut_off_is_gone_on_with(pair, proxy, make, reads, open_store, monkeypatch):
    monkeypatch.setattr(module, "_DOCUMENTS", 4)
    monkeypatch.setattr(module, "_SAVE_MENTIONS", 8)
    writer, reader = pair()
    documents = [make(f"d{number:02}", 2) for number in range(20)]
    writer.write(documents)
    reads.most = 12
    with pytest.raises(StoreUnavailableError):
        reader.scan()
    reader.close()
    assert len(reads.parts) == 12
    reads.parts.clear()

    changes = [make("d00", 3, version=1), make("d19", 1, version=1)]
    writer.write(changes)
    writer.delete(["d01", "d18"])
    assert shown(open_store(proxy.address, reader.name)) == expected(*documents[2:18], *changes)
    assert sorted(set(reads.parts)) == ["d00#0", *(f"d{n}#0" for n in range(12, 18)), "d19#0"]


@pytest.mark.parametrize("changes", [1, 3, 12])
def test_a_writer_at_work_never_makes_a_reader_show_half_a_document(pair, proxy, make, monkeypatch, changes):
    monkeypatch.setattr(module, "_DOCUMENTS", 3)
    writer, reader = pair()
    versions = {f"d{number}": [make(f"d{number}", 2)] for number in range(9)}
    writer.write([seen[0] for seen in versions.values()])
    left = iter(range(1, changes + 1))

    def meanwhile(path, body):
        if of_parts(path, body) and (version := next(left, None)) is not None:
            names = [f"d{(version + step) % 9}" for step in (0, 4)]
            batch = [make(name, 1 + version % 3, version=version) for name in names]
            for name, document in zip(names, batch, strict=True):
                versions[name].append(document)
            writer.write(batch)

    proxy.after = meanwhile
    for _ in range(3):
        for name, rows in shown(reader).items():
            assert rows in [block.vectors.tolist() for _, block in versions[name]]
    deque(left, maxlen=0)  # no more changes
    assert shown(reader) == expected(*(seen[-1] for seen in versions.values()))
    assert shown(writer) == shown(reader)


def test_a_batch_that_ends_while_the_reader_looks_for_the_last_time_is_left_out(pair, proxy, make, monkeypatch):
    """The reader has half-read "a" when it gives up: whatever moment the writer ends at, "a" is not shown."""
    monkeypatch.setattr(module, "_ATTEMPTS", 1)
    writer, reader = pair()
    writer.write([make("a", 2), make("b", 2)])
    reader.scan()
    writer.write([make("a", 2, version=1)])
    batch = [make("a", 2, version=2)]
    steps = []

    def stop_half_way(path, body):
        return (500, {"error": "stopped"}) if path.endswith("/upsert") and body["ids"] == ["a"] else None

    def begin(path, body):
        if of_parts(path, body):
            proxy.before = stop_half_way
            with pytest.raises(StoreUnavailableError):
                writer.write(batch)
            proxy.before = lambda path, body: None

    def done(path, body):
        if path.endswith("/get") and "$gt" in str(body.get("where")):
            steps.append(path)
            if len(steps) == 2:  # the last look is over, and only now the writer ends
                writer.write(batch)

    proxy.before, proxy.after = begin, done
    assert shown(reader).keys() == {"b"}
    assert shown(reader) == expected(make("b", 2), *batch)
