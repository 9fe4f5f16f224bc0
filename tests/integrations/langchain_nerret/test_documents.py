"""Documents into and out of the index through the LangChain retriever."""

import asyncio

import pytest
from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document
from langchain_core.indexing import InMemoryRecordManager, index
from langchain_nerret import EntityTypeRetriever
from pydantic import ValidationError

from nerret_tools import EntityIndex
from nerret_tools.errors import InputError, ModelNotFoundError

TEXTS = ["Lufthansa cancelled every flight to Lima.", "Rafts drifted down the Orinoco for nine days."]


class Loader(BaseLoader):
    def lazy_load(self):
        yield Document(TEXTS[0], id="air", metadata={"source": "a"})
        yield Document(TEXTS[1], metadata={"source": "b"})


@pytest.fixture
def retriever(small_index):
    return EntityTypeRetriever(index=small_index, min_relevance=0)


def test_documents_come_back_with_their_id_text_and_metadata(retriever):
    report = retriever.add_documents(Loader().lazy_load())
    assert (report.added, report.failed) == (2, [])
    best = retriever.invoke("airline", k=1)[0]
    assert (best.id, best.page_content, best.metadata["source"]) == ("air", TEXTS[0], "a")


def test_a_document_without_an_id_is_the_same_document_when_it_comes_again(retriever):
    retriever.add_documents(Loader().lazy_load())
    assert retriever.add_documents(Loader().lazy_load()).unchanged == 2
    assert retriever.add_documents([Document(TEXTS[1], metadata={"source": "c"})]).added == 1


def test_deleted_documents_are_not_found_any_more(retriever):
    retriever.add_documents(Loader().lazy_load())
    assert retriever.delete(["air", "unknown"])["succeeded"] == ["air"]
    assert "air" not in {document.id for document in retriever.invoke("airline")}


def test_the_evidence_is_shown_where_the_users_metadata_have_keys_of_the_same_name(retriever):
    retriever.add_documents([Document(TEXTS[0], id="air", metadata={"id": "other", "score": "mine"})])
    found = retriever.invoke("airline")[0]
    assert found.metadata["id"] == "air"
    assert isinstance(found.metadata["score"], float)
    assert retriever.index.get(["air"])[0].metadata == {"id": "other", "score": "mine"}


def test_what_cannot_be_indexed_is_reported_and_the_rest_goes_in(retriever):
    bad = Document(TEXTS[0], id="date", metadata={"when": object()})
    report = retriever.add_documents([bad, Document("", id="blank"), Document(TEXTS[1], id="river")])
    assert report.added == 1
    assert [(failed.id, failed.position) for failed in report.failed] == [("date", 0), ("blank", 1)]
    assert "when" in report.failed[0].reason


def test_an_index_is_made_from_documents_and_from_texts(tmp_path, caplog):
    made = EntityTypeRetriever.from_documents(Loader().lazy_load(), path=tmp_path / "documents", k=1, min_relevance=0)
    with made.index:
        assert [document.id for document in made.invoke("airline")] == ["air"]
    made = EntityTypeRetriever.from_texts(
        [*TEXTS, " "], [{"n": 0}, {"n": 1}, {}], ids=["a", "b", "c"], path=tmp_path / "texts", min_relevance=0
    )
    with made.index:
        assert {document.id: document.metadata["n"] for document in made.invoke("airline")} == {"a": 0, "b": 1}
    assert "'c' (number 2) was not indexed: its text is empty" in caplog.text


def test_options_are_checked_before_documents_are_indexed_and_the_folder_is_free_again(tmp_path):
    def never():
        raise AssertionError("a document was taken")
        yield

    with pytest.raises(ValidationError, match="min_relevance"):
        EntityTypeRetriever.from_documents(never(), path=tmp_path / "index", min_relevance=2)
    with pytest.raises(AssertionError):
        EntityTypeRetriever.from_documents(never(), path=tmp_path / "index")
    EntityIndex.open(tmp_path / "index").close()


def test_texts_and_metadata_must_be_as_many(tmp_path):
    with pytest.raises(InputError, match="2 texts came with 1 metadatas"):
        EntityTypeRetriever.from_texts(TEXTS, [{}], path=tmp_path / "index")
    with pytest.raises(InputError, match="2 texts came with 3 ids"):
        EntityTypeRetriever.from_texts(TEXTS, ids="abc", path=tmp_path / "index")


def test_the_asynchronous_twins_do_the_same(tmp_path):
    async def work():
        made = await EntityTypeRetriever.afrom_texts(TEXTS, ids=["a", "b"], path=tmp_path / "index", min_relevance=0)
        with made.index:
            report = await made.aadd_documents(Loader().lazy_load())
            deleted = await made.adelete(["a", "b"])
            found = await made.ainvoke("airline", k=1)
        other = await EntityTypeRetriever.afrom_documents([], path=tmp_path / "index")
        with other.index:
            return report.added, deleted["num_deleted"], found[0].id, other.index.stats().documents

    assert asyncio.run(work()) == (2, 2, "air", 2)


def test_a_document_is_got_as_it_was_added(retriever):
    retriever.add_documents(Loader().lazy_load())
    expected = [Document(TEXTS[0], id="air", metadata={"source": "a"})]
    assert retriever.get_by_ids(["unknown", "air"]) == expected
    assert asyncio.run(retriever.aget_by_ids(["air"])) == expected


def test_langchains_indexing_adds_skips_and_deletes(retriever):
    def synced(documents):
        result = index(documents, records, retriever, cleanup="full", source_id_key="source", key_encoder="sha256")
        return result["num_added"], result["num_skipped"], result["num_deleted"]

    records = InMemoryRecordManager("test")
    records.create_schema()
    assert synced(Loader()) == (2, 0, 0)
    assert synced(Loader()) == (0, 2, 0)
    assert synced([next(Loader().lazy_load())]) == (0, 1, 1)
    assert [document.page_content for document in retriever.invoke("airline")] == [TEXTS[0]]


def test_an_upsert_says_which_documents_failed(retriever, caplog):
    response = retriever.upsert([Document(" ", id="blank"), Document(TEXTS[0], id="air")])
    assert response == {"succeeded": ["air"], "failed": ["blank"]}
    assert "'blank' was not indexed: its text is empty" in caplog.text


def test_an_index_is_made_with_a_model_of_ones_choice(tmp_path):
    with pytest.raises(ModelNotFoundError, match="no-such-model"):
        EntityTypeRetriever.from_documents([], path=tmp_path / "index", model="no-such-model")
    made = EntityTypeRetriever.from_texts(TEXTS, path=tmp_path / "index", model="minilm", precision="int8-onnx", k=1)
    with made.index:
        assert made.index.stats().precision == "int8-onnx"
