"""An ingestion pipeline that indexes, updates and deletes, and a cache that never hides a gap."""

import asyncio
import pickle

import pytest
from llama_index.core import Document
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.ingestion.pipeline import get_transformation_hash
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.retrievers.nerret import (
    EntityIndexTransform,
    EntityIndexVectorStore,
    EntityTypeRetriever,
    forget_missing,
)

from nerret_tools import EntityIndex
from nerret_tools.errors import InputError
from tests.detectors import FirstWords

AIR = "Lufthansa cancelled every flight to Lima. Iberia flew on to Quito as if nothing had happened."
RIVER = "Rafts drifted down the Orinoco for nine days."


def documents(**texts):
    return [Document(id_=name, text=text, metadata={"name": name}) for name, text in texts.items()]


@pytest.fixture
def whole(small_index):
    """A pipeline that indexes documents as they are, with a cache and nothing else."""
    return IngestionPipeline(transformations=[EntityIndexTransform(small_index)])


@pytest.fixture
def split(small_index):
    """A pipeline that cuts documents into sentences and keeps the index in step with them."""
    return IngestionPipeline(
        transformations=[SentenceSplitter(chunk_size=16, chunk_overlap=0), EntityIndexTransform(small_index)],
        docstore=SimpleDocumentStore(),
        vector_store=EntityIndexVectorStore(small_index),
        docstore_strategy=DocstoreStrategy.UPSERTS_AND_DELETE,
    )


def sources(index, entity_type="airline"):
    return [found.node.ref_doc_id for found in EntityTypeRetriever(index, min_relevance=0).retrieve(entity_type)]


def test_what_passes_through_is_indexed_and_passed_on(small_index, whole):
    given = documents(air=AIR, river=RIVER)
    assert whole.run(documents=given) == given
    found = EntityTypeRetriever(small_index, min_relevance=0).retrieve("airline")[0].node
    assert (found.node_id, found.ref_doc_id, found.text, found.metadata["name"]) == ("air", "air", AIR, "air")
    assert "ref_doc_id" not in found.metadata


def test_nodes_of_a_document_know_their_source(small_index, split):
    nodes = split.run(documents=documents(air=AIR))
    assert len(nodes) > 1
    found = EntityTypeRetriever(small_index, min_relevance=0).retrieve("airline")
    assert {one.node.node_id for one in found} <= {node.node_id for node in nodes}
    assert {one.node.ref_doc_id for one in found} == {"air"}


def test_a_changed_document_replaces_its_nodes_and_a_vanished_one_takes_them_along(small_index, split):
    split.run(documents=documents(air=AIR, river=RIVER, plain="it was late and they went home."))
    before = small_index.stats().documents
    changed = split.run(documents=documents(air="Qantas sold a hotel in Cuzco.", river=RIVER))
    assert [document.text for document in small_index.get([node.node_id for node in changed])] == [
        "Qantas sold a hotel in Cuzco."
    ]
    assert small_index.stats().documents == 2 < before
    assert set(sources(small_index)) == {"air", "river"}
    split.run(documents=documents(river=RIVER))
    assert set(sources(small_index)) == {"river"}


def test_the_asynchronous_pipeline_does_the_same(small_index, split):
    async def work():
        await split.arun(documents=documents(air=AIR, river=RIVER))
        await split.arun(documents=documents(air="Qantas sold a hotel in Cuzco."))

    asyncio.run(work())
    assert set(sources(small_index)) == {"air"}
    assert small_index.stats().documents == 1


def test_the_event_loop_runs_on_while_nodes_are_indexed(small_index, ticks):
    small_index.load_model()
    given = [Document(id_=str(number), text=f"Train {number} of Iberia left Oslo.") for number in range(100)]
    [indexed], turns = ticks([EntityIndexTransform(small_index).acall(given)])
    assert len(indexed) == small_index.stats().documents == 100
    assert turns > 3


def test_the_cache_does_not_hide_that_a_document_was_deleted(small_index, whole):
    given = documents(air=AIR)
    whole.run(documents=given)
    whole.run(documents=given)
    small_index.delete(["air"])
    whole.run(documents=given)
    assert sources(small_index) == ["air"]


def test_the_cache_is_used_once_the_index_stays_as_it_is(small_index):
    ran = []

    class Counted(EntityIndexTransform):
        def __call__(self, nodes, **options):
            ran.append(len(nodes))
            return super().__call__(nodes, **options)

    whole = IngestionPipeline(transformations=[Counted(small_index)])
    given = documents(air=AIR)
    for _ in range(3):
        assert [node.node_id for node in whole.run(documents=given)] == ["air"]
    assert len(ran) == 2


def test_the_cache_tells_indexes_models_and_revisions_apart(small_index, tmp_path):
    nodes, step = documents(air=AIR), EntityIndexTransform(small_index)
    stats = small_index.stats()
    described = step.to_dict()
    assert (described["model"], described["revision"]) == (stats.model, stats.fingerprint)
    assert described["index_id"] == stats.index_id
    assert "index" not in described
    assert get_transformation_hash(nodes, step) == get_transformation_hash(nodes, EntityIndexTransform(small_index))
    with EntityIndex.open(tmp_path / "other", detector=FirstWords()) as other:
        assert EntityIndexTransform(other).to_dict()["revision"] != described["revision"]
        assert get_transformation_hash(nodes, step) != get_transformation_hash(nodes, EntityIndexTransform(other))


def test_a_kept_docstore_is_told_what_a_new_index_lacks(small_index, split, tmp_path, caplog):
    given = documents(air=AIR, river=RIVER)
    split.run(documents=given)
    assert forget_missing(split.docstore, small_index) == []
    with EntityIndex.open(tmp_path / "new") as other:
        again = IngestionPipeline(
            transformations=[SentenceSplitter(chunk_size=16, chunk_overlap=0), EntityIndexTransform(other)],
            docstore=split.docstore,
            vector_store=EntityIndexVectorStore(other),
        )
        again.run(documents=given)
        assert "forget_missing(docstore, index)" in caplog.text
        assert other.stats().documents == 0
        assert forget_missing(split.docstore, other) == ["air", "river"]
        again.run(documents=given)
        assert other.stats().documents == small_index.stats().documents


def test_a_node_that_cannot_be_indexed_is_logged_and_the_rest_goes_in(small_index, caplog):
    bad = Document(id_="date", text=AIR, metadata={"when": object()})
    EntityIndexTransform(small_index)([bad, *documents(river=RIVER)])
    assert small_index.stats().documents == 1
    assert "'date' was not indexed: metadata" in caplog.text
    assert EntityIndexVectorStore(small_index).add([bad, *documents(air=AIR)]) == ["air"]


def test_the_step_refuses_to_go_to_another_process(small_index):
    with pytest.raises(InputError, match="without num_workers"):
        pickle.dumps(EntityIndexTransform(small_index))
