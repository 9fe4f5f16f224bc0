"""What goes in comes out, from a folder and from a real server alike."""

import uuid

import numpy as np
import pytest

from nerret_tools.errors import DocumentError, FilterError, StoreError
from nerret_tools.storage import StoredMention


@pytest.fixture(params=["folder", "server"])
def place(request, tmp_path):
    return tmp_path / "index" if request.param == "folder" else request.getfixturevalue("shared_server").address


@pytest.fixture
def store(place, open_store):
    return open_store(place, f"test-{uuid.uuid4().hex}")


def test_documents_come_back_as_they_were_put_in(store, make):
    metadata = {"source": "wiki", "year": 1994, "draft": False, "tags": ["a", {"b": None}], "none": None}
    batch = [make("b", 2, metadata=metadata), make("a", 0, metadata={})]
    store.write(batch)

    documents = store.documents(["a", "nobody", "b"])

    assert [(d.id, d.text, d.metadata, d.content_hash, d.mention_count) for d in documents] == [
        (d.id, d.text, d.metadata, d.content_hash, d.mention_count) for d in (batch[1][0], batch[0][0])
    ]


def test_mentions_come_back_by_document_and_number(store, make):
    store.write([make("a", 2)])

    assert store.mentions([("a", 1), ("a", 2), ("b", 0)]) == {("a", 1): StoredMention("a", 1, 1, 4, "ext")}


def test_known_tells_hash_and_mention_count(store, make):
    store.write([make("a", 2), make("b", 0)])

    assert store.known(["b", "a", "c", "a"]) == {"a": ("hash 0 2", 2), "b": ("hash 0 0", 0)}


def test_an_update_replaces_text_metadata_and_surplus_mentions(store, make, everything, open_store, place):
    store.write([make("a", 5, metadata={"old": 1, "both": 1}), make("b", 1)])
    store.write([make("a", 2, version=1, metadata={"both": 2})])

    fresh = open_store(place, f"fresh-{uuid.uuid4().hex}")
    fresh.write([make("a", 2, version=1, metadata={"both": 2}), make("b", 1)])

    assert everything(store) == everything(fresh)
    assert store.matching({"old": 1}) == set()
    assert store.count_mentions() == 3
    fresh.close()


def test_delete_removes_documents_and_mentions_and_counts_those_that_were_there(store, make):
    store.write([make("a", 2), make("b", 3), make("c", 0)])

    assert store.delete(["a", "c", "nobody", "a"]) == 2
    assert (store.count_documents(), store.count_mentions()) == (1, 3)
    assert store.scan().live.tolist().count(True) == 1
    assert store.delete(["a"]) == 0


def test_every_change_raises_the_generation_and_reading_does_not(store, make):
    first = store.generation()
    store.write([make("a")])
    second = store.generation()
    store.scan(), store.known(["a"]), store.documents(["a"])

    assert first < second == store.generation()
    store.delete(["a"])
    assert store.generation() > second


def test_the_scan_holds_the_vectors_grouped_by_document(store, make):
    batch = [make("a", 3), make("without", 0), make("b", 1)]
    store.write(batch)

    scan = store.scan()

    assert np.array_equal(scan.vectors, np.concatenate([block.vectors for _, block in batch]))
    assert scan.document_ids.tolist() == ["a", "b"]
    assert scan.mention_key(2) == ("a", 2)
    assert scan.generation == store.generation()


def test_a_scan_that_was_handed_out_does_not_change(store, make):
    store.write([make("a", 3), make("b", 2)])
    before = store.scan()
    vectors, live = np.array(before.vectors), before.live.copy()

    store.write([make("a", 1, version=1)])
    store.delete(["b"])
    store.scan()

    assert np.array_equal(before.vectors, vectors)
    assert np.array_equal(before.live, live)


def test_what_was_stored_is_there_after_opening_again(store, make, everything, open_store, place):
    store.write([make("a", 3), make("b", 2)])
    store.delete(["b"])
    before, name = everything(store), store.name
    identity, index_id = store.identity, store.index_id
    store.close()

    again = open_store(place, name, identity={"fingerprint": "other"}, dimension=99, create=False)

    assert everything(again) == before
    assert (again.identity, again.index_id, again.dimension) == (identity, index_id, 8)


@pytest.mark.parametrize(
    "name", ["nul \0 in", "line\nbreak", "hash#1#2", "emoji 🦖", "x" * 1000, " ", "'\"\\;--", "é", "\uffff"]
)
def test_unusual_ids_texts_and_metadata_are_kept(store, make, name):
    document, block = make(name, 2, metadata={"value": name})
    store.write([(document, block), make("hash#1", 3)])

    assert store.documents([name])[0] == type(document)(name, document.text, {"value": name}, document.content_hash, 2)
    assert store.matching({"value": name}) == {name}
    assert set(store.mentions([(name, 0), (name, 1)])) == {(name, 0), (name, 1)}
    assert store.delete([name]) == 1
    assert store.known([name, "hash#1"]) == {"hash#1": ("hash 0 3", 3)}


def test_an_operator_that_does_not_exist_is_refused_with_those_that_do(store):
    with pytest.raises(FilterError, match=r"\$foo.*accepted are"):
        store.matching({"n": {"$foo": 1}})


def test_a_batch_that_does_not_fit_is_refused_before_anything_is_written(store, make):
    good, nan = make("a"), make("a")
    nan[1].vectors[0, 0] = np.nan
    generation = store.generation()
    for batch, reason in (([good, good], "'a' is twice"), ([make("a", dimension=5)], "8 dimensions"), ([nan], "NaN")):
        with pytest.raises(DocumentError, match=reason):
            store.write(batch)
    assert store.generation() == generation


def test_a_closed_store_says_so(store):
    store.close()
    store.close()

    with pytest.raises(StoreError, match="was closed"):
        store.generation()


def test_a_document_with_more_mentions_than_one_batch_of_chroma_holds(tmp_path, make, open_store):
    store = open_store(tmp_path)
    document, block = make("long", 6_000)
    store.write([(document, block)])
    store.write([make("short", 1)])

    assert store.count_mentions() == 6_001
    assert np.array_equal(store.scan().vectors[:-1], block.vectors)
    store.delete(["long"])
    assert store.count_mentions() == 1
