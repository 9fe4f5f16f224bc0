"""A Chroma server: away and back, several clients, many matches."""

import threading

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings

from nerret_tools.errors import IndexNotFoundError, StoreUnavailableError
from tests.conftest import Proxy


def close_client(client):
    """Chroma leaves its connections open."""
    client.close()
    for part in (client, client._admin_client):
        part._server._session.close()


@pytest.fixture
def before_killable(own_server):
    """A proxy before the server that may be killed."""
    server = Proxy(own_server.address)
    yield server
    server.close()


def at_upsert(number, act):
    """What a proxy does before the given upsert."""
    calls = []

    def before(path, body):
        if path.endswith("/upsert"):
            calls.append(path)
            if len(calls) == number:
                act()

    return before


@pytest.mark.parametrize("number", [1, 2])
def test_a_write_goes_on_when_the_server_comes_back(
    number, own_server, before_killable, make, open_store, everything, tmp_path
):
    first, batch = [make("a", 4), make("b", 1)], [make("a", 2, version=1), make("c", 3)]
    store = open_store(before_killable.address, f"comes-back-{number}", retry_seconds=300)
    undisturbed = open_store(tmp_path / "other")
    for one in (store, undisturbed):
        one.write(first)
    undisturbed.write(batch)
    expected = everything(undisturbed)
    killed = threading.Event()

    def kill():
        own_server.kill()
        killed.set()

    def revive():
        assert killed.wait(300)
        own_server.start()

    before_killable.before = at_upsert(number, kill)
    helper = threading.Thread(target=revive)
    helper.start()
    store.write(batch)
    helper.join(timeout=300)
    assert everything(store) == expected


def test_a_server_that_stays_away_is_an_error_and_the_same_write_later_succeeds(
    own_server, before_killable, make, open_store, everything, tmp_path
):
    store = open_store(before_killable.address, "stays-away", retry_seconds=0.3)
    undisturbed = open_store(tmp_path / "other")
    for one in (store, undisturbed):
        one.write([make("a", 4), make("b", 1)])
    batch = [make("a", 2, version=1), make("c", 3)]
    before_killable.before = at_upsert(2, own_server.kill)
    with pytest.raises(StoreUnavailableError, match="does not answer"):
        store.write(batch)
    own_server.start()
    assert store.matching({}) == {"b"}
    assert set(everything(store)["rows"]) == {"b"}
    store.write(batch)
    undisturbed.write(batch)
    assert everything(store) == everything(undisturbed)


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


def test_a_second_writer_at_the_same_time_is_noticed_and_nothing_half_written_stays(
    shared_server, proxy, make, open_store
):
    store = open_store(proxy.address, "two-writers")
    store.write([make("a", 2)])
    client = chromadb.HttpClient("127.0.0.1", shared_server.port, settings=Settings(anonymized_telemetry=False))

    def write_too():
        other = client.get_collection("two-writers.documents", embedding_function=None)
        other.modify(metadata={**other.metadata, "nerret.writer": "somebody else"})

    proxy.before = at_upsert(1, write_too)
    with pytest.raises(StoreUnavailableError, match="at the same time"):
        store.write([make("b", 2)])
    store.write([make("c", 1)])
    assert store.matching({}) == {"a", "c"}
    assert store.count_mentions() == 3
    close_client(client)


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
