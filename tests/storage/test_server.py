"""A Chroma server: away and back, several clients, many matches."""

import threading

import chromadb
import numpy as np
import pytest
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings

from nerret_tools.errors import IndexNotFoundError, StoreUnavailableError


def close_client(client):
    """Chroma leaves its connections open."""
    client.close()
    for part in (client, client._admin_client):
        part._server._session.close()


def kill_at_upsert(monkeypatch, server, number):
    """Kills the server just before the given upsert of a collection."""
    calls = []
    original = Collection.upsert

    def upsert(self, *args, **kwargs):
        calls.append(self.name)
        if len(calls) == number:
            server.kill()
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Collection, "upsert", upsert)


@pytest.mark.parametrize("number", [1, 2])
def test_a_write_goes_on_when_the_server_comes_back(
    number, own_server, make, open_store, everything, monkeypatch, tmp_path
):
    before, batch = [make("a", 4), make("b", 1)], [make("a", 2, version=1), make("c", 3)]
    store, undisturbed = open_store(own_server.address, retry_seconds=300), open_store(tmp_path / "other")
    for one in (store, undisturbed):
        one.write(before)
    undisturbed.write(batch)
    expected = everything(undisturbed)
    kill_at_upsert(monkeypatch, own_server, number)
    stop = threading.Event()

    def revive():
        while not stop.wait(0.05):
            if own_server._process is None:
                own_server.start()
                return

    helper = threading.Thread(target=revive)
    helper.start()
    try:
        store.write(batch)
    finally:
        stop.set()
        helper.join(timeout=300)

    assert everything(store) == expected
    store.close()
    undisturbed.close()


def test_a_server_that_stays_away_is_an_error_and_the_same_write_later_succeeds(
    own_server, make, open_store, everything, monkeypatch, tmp_path
):
    store, undisturbed = open_store(own_server.address, retry_seconds=0.3), open_store(tmp_path / "other")
    for one in (store, undisturbed):
        one.write([make("a", 4), make("b", 1)])
    batch = [make("a", 2, version=1), make("c", 3)]
    kill_at_upsert(monkeypatch, own_server, 2)

    with pytest.raises(StoreUnavailableError, match="does not answer"):
        store.write(batch)

    own_server.start()
    assert store.matching({}) == {"b"}
    assert set(everything(store)["rows"]) == {"b"}
    store.write(batch)
    undisturbed.write(batch)
    assert everything(store) == everything(undisturbed)
    store.close()
    undisturbed.close()


def test_what_another_client_writes_is_seen(shared_server, make, open_store, everything, run_script, save_batch):
    store = open_store(shared_server.address, "shared")
    store.write([make("a", 2), make("b", 2), make("c", 2)])
    assert len(store.scan().vectors) == 6

    other = run_script(
        """
import sys
import numpy as np
from nerret_tools.storage import ChromaStore
store = ChromaStore.open(sys.argv[1], "shared", identity={}, dimension=8)
store.write([tuple(pair) for pair in np.load(sys.argv[2], allow_pickle=True)["batch"]])
print(store.delete(["c"]))
store.close()
""",
        shared_server.address,
        save_batch([make("b", 3, version=1), make("d", 1)]),
    )
    assert other.stdout == "1\n", other.stderr

    seen = everything(store)
    assert {name: len(rows) for name, rows in seen["rows"].items()} == {"a": 2, "b": 3, "d": 1}
    assert seen["rows"]["b"] == make("b", 3, version=1)[1].vectors.tolist()
    store.close()


def test_a_second_writer_at_the_same_time_is_noticed_and_nothing_half_written_stays(
    shared_server, make, open_store, monkeypatch
):
    store = open_store(shared_server.address, "two-writers")
    store.write([make("a", 2)])
    original = Collection.upsert
    client = chromadb.HttpClient("127.0.0.1", shared_server.port, settings=Settings(anonymized_telemetry=False))

    def upsert(self, *args, **kwargs):
        other = client.get_collection("two-writers.documents", embedding_function=None)
        changed = {**other.metadata, "nerret.writer": "somebody else"}
        other.modify(metadata=changed)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Collection, "upsert", upsert)
    with pytest.raises(StoreUnavailableError, match="at the same time"):
        store.write([make("b", 2)])
    monkeypatch.undo()
    store.write([make("c", 1)])

    assert store.matching({}) == {"a", "c"}
    assert store.count_mentions() == 3
    close_client(client)
    store.close()


def test_more_matches_than_sqlite_has_variables(tmp_path, make, open_store):
    store = open_store(tmp_path, dimension=1)
    document, block = make("x", 1, dimension=1)
    kind, mentions = type(document), type(block)
    many = 33_500
    store.write(
        [
            (kind(f"d{n}", "t", {"even": n % 2 == 0, "all": "x"}, "h", 1 if n % 1000 == 0 else 0), block)
            if n % 1000 == 0
            else (kind(f"d{n}", "t", {"all": "x"}, "h", 0), mentions(block.spans[:0], [], block.vectors[:0]))
            for n in range(many)
        ]
    )

    assert store.matching({"all": "x"}) == {f"d{n}" for n in range(many)}
    assert store.matching({"even": True}) == {f"d{n}" for n in range(0, many, 1000)}
    assert len(store.known([f"d{n}" for n in range(many)])) == many
    assert len(store.documents([f"d{n}" for n in range(many)])) == many
    assert np.count_nonzero(store.scan().live) == 34
    store.close()


def test_a_removed_or_replaced_index_is_noticed(shared_server, open_store, make):
    store = open_store(shared_server.address, "replaced")
    store.write([make("a")])
    parts = {"host": "127.0.0.1", "port": shared_server.port}
    client = chromadb.HttpClient(**parts, settings=Settings(anonymized_telemetry=False))
    for part in ("documents", "parts"):
        client.delete_collection(f"replaced.{part}")
    with pytest.raises(IndexNotFoundError, match="removed meanwhile"):
        store.scan()
    close_client(client)
    store.close()
