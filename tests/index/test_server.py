"""An index on a Chroma server, through the public names."""

import pytest

from nerret_tools import Document, EntityIndex
from nerret_tools.errors import CursorError, IndexNotFoundError, StoreUnavailableError


def test_an_index_on_a_server_answers_like_one_in_a_folder(shared_server, index, documents):
    with EntityIndex.open(shared_server.address, name="like-a-folder") as remote:
        assert remote.add(documents).added == len(documents)
        there, here = (one.find("airline", min_relevance=0) for one in (remote, index))
        assert [hit.document_id for hit in there.hits] == [hit.document_id for hit in here.hits]
        assert remote.mentions("air-1") == index.mentions("air-1")


def test_two_clients_see_each_others_writes(shared_server, documents):
    place = {"path": shared_server.address, "name": "two-clients"}
    with EntityIndex.open(**place) as writer, EntityIndex.open(**place) as reader:
        writer.add(documents[:3])
        cursor = reader.find("airline", min_relevance=0, limit=1).next_cursor
        writer.add(documents[3:])
        assert reader.stats().documents == len(documents)
        with pytest.raises(CursorError, match="changed"):
            reader.find("airline", min_relevance=0, cursor=cursor)
        writer.delete(["air-2"])
        assert "air-2" not in {hit.document_id for hit in reader.find("airline", min_relevance=0).hits}


def test_a_server_that_comes_back_loses_nothing_and_one_that_is_gone_is_named(own_server, documents, tmp_path):
    def stream():
        yield from documents[:3]
        own_server.kill()
        own_server.start()
        yield from documents[3:]

    with EntityIndex.open(own_server.address, "comes-back") as remote, EntityIndex.open(tmp_path / "calm") as calm:
        assert remote.add(stream(), batch_size=2).added == len(documents)
        calm.add(documents)
        assert remote.stats().mentions == calm.stats().mentions
    with pytest.raises(IndexNotFoundError):
        EntityIndex.open(own_server.address, name="nothing", create=False)
    own_server.kill()
    with pytest.raises(StoreUnavailableError, match="chroma run --path"):
        EntityIndex.open(own_server.address)


def test_a_document_added_to_a_server_comes_back_whole(shared_server):
    with EntityIndex.open(shared_server.address, name="comes-back-whole") as remote:
        document = Document(id="ä #1\n", text="Qantas\x00 flew 🦕", metadata={"deep": {"a": [None]}})
        remote.add([document])
        assert remote.get([document.id]) == [document]
