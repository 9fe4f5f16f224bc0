"""Putting documents in: once, again, changed, broken, from a generator, while something breaks."""

import datetime
import decimal
import pathlib
import signal
import threading
import uuid

import numpy as np
import pytest

from nerret_tools import Document, EntityIndex
from nerret_tools.errors import (
    FilterError,
    IndexLockedError,
    IndexNotFoundError,
    ModelMismatchError,
    ModelNotFoundError,
    StoreUnavailableError,
)
from nerret_tools.indexing import DocumentEncoder
from nerret_tools.storage import ChromaStore
from tests.detectors import FirstWords


def test_adding_the_same_again_reads_nothing(tmp_path, documents):
    detector = FirstWords()
    with EntityIndex.open(tmp_path / "again", detector=detector) as index:
        index.add(documents)
        report = index.add(documents)
        assert (report.added, report.updated, report.unchanged) == (0, 0, len(documents))
        assert detector.read == [len(documents)]
        index.add([documents[0], Document(id="air-1", text="Iberia flew on.")])
        assert detector.read == [len(documents), 1]


def test_changed_text_replaces_its_mentions(own_index):
    before = {mention.text for mention in own_index.mentions("air-1")}
    report = own_index.add([Document(id="air-1", text="Iberia sold a hotel in Cuzco.")])
    assert (report.added, report.updated) == (0, 1)
    after = {mention.text for mention in own_index.mentions("air-1")}
    assert "Iberia" in after
    assert not before & after
    assert own_index.get(["air-1"])[0].text == "Iberia sold a hotel in Cuzco."


def test_changed_metadata_is_an_update(own_index, documents):
    changed = documents[0].model_copy(update={"metadata": {"kind": "new"}})
    assert own_index.add([changed]).updated == 1
    assert own_index.get([changed.id])[0].metadata == {"kind": "new"}


def test_metadata_comes_back_as_it_was_put_in(own_index, documents):
    assert own_index.get(["dino-1"])[0].metadata == documents[0].metadata
    nested = {"a": {"b": [1, {"c": None}]}, "nothing": None, "empty": [], "number": 1.5, "yes": True}
    own_index.add([Document(id="nested", text="Qantas flew.", metadata=nested)])
    assert own_index.get(["nested"])[0].metadata == nested


def test_deleted_documents_are_gone_with_their_mentions(own_index):
    mentions = own_index.stats().mentions
    lost = len(own_index.mentions("air-1"))
    assert own_index.delete(["air-1", "unknown"]) == 1
    assert own_index.get(["air-1"]) == []
    assert own_index.mentions("air-1") == []
    assert own_index.stats().mentions == mentions - lost
    assert "air-1" not in {hit.document_id for hit in own_index.find("airline", min_relevance=0).hits}


def test_a_generator_is_streamed_batch_by_batch(tmp_path):
    detector, seen = FirstWords(), []

    def stream():
        for number in range(7):
            seen.append(list(detector.read))
            yield Document(id=str(number), text=f"Train {number} left Oslo.")

    with EntityIndex.open(tmp_path / "stream", detector=detector) as index:
        assert index.add(stream(), batch_size=3).added == 7
        assert seen == [[]] * 3 + [[3]] * 3 + [[3, 3]]
        assert detector.read == [3, 3, 1]
        assert index.stats().documents == 7


def test_what_cannot_be_indexed_is_reported_and_the_rest_goes_in(tmp_path):
    bad = [
        (Document(id="", text="An empty id."), "", "id is empty"),
        (Document(id="blank", text="  \n "), "blank", "text is empty"),
        (Document(id="surrogate", text="broken \ud800 text"), "surrogate", "lone surrogate at character 7"),
        (Document(id="span", text="short", spans=[(0, 99)]), "span", "[0, 99)"),
        (Document(id="space", text="a   b", spans=[(1, 3)]), "space", "[1, 3)"),
        (Document(id="date", text="Qantas flew.", metadata={"when": object()}), "date", "when"),
        ({"id": "no text"}, "no text", "text"),
        (Document(id="good", text="Another text under the same id."), "good", "came earlier"),
    ]
    good = [
        Document(id="good", text="Qantas flew to Lima."),
        {"id": "mapping", "text": "Iberia flew to Quito."},
        Document(id="nul", text="Qantas\x00 flew to Lima."),
        Document(id="i" * 1000, text="Finnair flew to Oulu."),
    ]
    with EntityIndex.open(tmp_path / "mixed") as index:
        report = index.add([*good, *(document for document, _, _ in bad), good[0]])
        assert report.added == 4
        assert [(one.position, one.id) for one in report.failed] == list(enumerate((name for _, name, _ in bad), 4))
        for failed, (_, _, reason) in zip(report.failed, bad, strict=True):
            assert reason in failed.reason
        assert index.ids() == sorted(["good", "mapping", "nul", "i" * 1000])
        kept = [one.text for one in index.get(["nul", "good"])]
        assert kept == ["Qantas\x00 flew to Lima.", "Qantas flew to Lima."]


def test_values_of_programs_become_values_of_json_and_other_fields_metadata(tmp_path):
    values = {
        "when": datetime.datetime(2020, 1, 2, 3, 4, tzinfo=datetime.UTC),
        "day": datetime.date(2020, 2, 29),
        "price": decimal.Decimal("1.10"),
        "key": uuid.UUID(int=7),
        "file": pathlib.PurePosixPath("a/b.txt"),
        "score": np.float32(0.5),
        "count": np.int64(3),
        "yes": np.bool_(True),
        "row": np.arange(2),
        "tags": {"b", "a"},
        "raw": "é".encode(),
    }
    plain = {
        "when": "2020-01-02T03:04:00Z",
        "day": "2020-02-29",
        "price": "1.10",
        "key": "00000000-0000-0000-0000-000000000007",
        "file": "a/b.txt",
        "score": 0.5,
        "count": 3,
        "yes": True,
        "row": [0, 1],
        "tags": ["a", "b"],
        "raw": "é",
    }
    with EntityIndex.open(tmp_path / "values") as index:
        report = index.add(
            [
                Document(id="document", text="Qantas flew.", metadata=values),
                {"id": 7, "text": "Qantas flew.", "metadata": values, "source": "wiki"},
                {"id": np.int64(8), "text": b"Qantas flew.", "source": "wiki", "entities": []},
                Document(id=10, text="Qantas flew."),
                {"id": uuid.UUID(int=9), "text": "Qantas flew.", "spans": [(0, 6)]},
                {"id": True, "text": "Qantas flew."},
                {"id": 1.5, "text": "Qantas flew."},
                ["no", "mapping"],
            ]
        )
        assert report.added == 5
        assert [one.position for one in report.failed] == [5, 6, 7]
        assert [one.id for one in index.get(["10"])] == ["10"]
        assert index.get(["document"])[0].metadata == plain
        assert index.get(["7"])[0].metadata == plain | {"source": "wiki"}
        assert index.get(["8"])[0].metadata == {"source": "wiki"}
        assert [one.text for one in index.mentions(str(uuid.UUID(int=9)))] == ["Qantas"]
        assert index.ids({"source": "wiki"}) == ["7", "8"]
        for field in ("when", "day", "price", "key", "file", "score", "count", "yes", "raw"):
            assert index.ids({field: values[field]}) == ["7", "document"], field
        assert index.ids({"day": {"$in": {values["day"], values["when"]}}}) == ["7", "document"]


def test_a_very_long_text_keeps_its_offsets(tmp_path):
    filler = "nothing happened on that day and nobody wrote it down . " * 400
    text = filler + "Then Lufthansa cancelled every flight to Lima. " + filler
    with EntityIndex.open(tmp_path / "long") as index:
        assert index.add([Document(id="long", text=text)]).failed == []
        best = index.find("airline", min_relevance=0).hits[0].mentions[0]
        assert text[best.start : best.end] == best.text
        assert "Lufthansa" in best.text


def test_a_single_document_in_place_of_a_list_is_explained(own_index, documents):
    with pytest.raises(FilterError, match=r"pass \[document\]"):
        own_index.add(documents[0])
    with pytest.raises(FilterError, match="batch_size must be a positive whole number, not 0"):
        own_index.add(documents, batch_size=0)


def test_another_detector_is_another_index(tmp_path, documents):
    with EntityIndex.open(tmp_path / "own", detector=FirstWords()) as index:
        index.add(documents)
        assert [one.text for one in index.mentions("air-1")] == ["Lufthansa"]
    with pytest.raises(ModelMismatchError, match="detector: first words in the index, span head"):
        EntityIndex.open(tmp_path / "own")
    with EntityIndex.open(tmp_path / "own", detector=FirstWords()) as index:
        assert index.stats().documents == len(documents)


def test_a_model_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(ModelNotFoundError, match="'maxilm'; there is: minilm"):
        EntityIndex.open(tmp_path / "x", model="maxilm")
    with pytest.raises(IndexNotFoundError):
        EntityIndex.open(tmp_path / "x", create=False)
    assert not (tmp_path / "x").exists()


def test_a_second_process_that_adds_gets_the_locks_error_before_it_encodes(tmp_path, run_script):
    with EntityIndex.open(tmp_path / "locked"):
        script = "import sys; from nerret_tools import EntityIndex; EntityIndex.open(sys.argv[1]).add([])"
        result = run_script(script, tmp_path / "locked")
    assert result.returncode != 0
    assert IndexLockedError.__name__ in result.stderr
    assert "searched meanwhile" in result.stderr


@pytest.mark.parametrize("kill_at", [1, 2])
def test_killed_in_mid_add_the_same_call_completes_the_work(tmp_path, run_script, kill_at):
    """The process dies by SIGKILL while the n-th batch is encoded, and the one before is written."""
    script = """
import os, signal, sys
from nerret_tools import Document, EntityIndex

documents = [Document(id=str(n), text=f"Train {n} of Iberia left Oslo for Lima.") for n in range(40)]

class Deadly:
    name, calls = "first words", 0

    def detect(self, texts):
        self.calls += 1
        if self.calls > int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return [[(0, 5)] for _ in texts]

with EntityIndex.open(sys.argv[1], detector=Deadly()) as index:
    index.add(documents, batch_size=10)
"""
    folder = tmp_path / "killed"
    assert run_script(script, folder, kill_at).returncode == -signal.SIGKILL
    documents = [Document(id=str(n), text=f"Train {n} of Iberia left Oslo for Lima.") for n in range(40)]
    places = (EntityIndex.open(path, detector=FirstWords()) for path in (folder, tmp_path / "calm"))
    with next(places) as index, next(places) as calm:
        stored = index.stats().documents
        assert stored <= 10 * kill_at
        assert all(len(index.mentions(str(n))) > 0 for n in range(stored))
        assert index.add(documents).added == 40 - stored
        calm.add(documents)
        assert index.stats().mentions == calm.stats().mentions
        found, expected = (one.find("railway", min_relevance=0) for one in (index, calm))
        assert [hit.document_id for hit in found.hits] == [hit.document_id for hit in expected.hits]


def test_a_batch_is_written_while_the_next_is_encoded(tmp_path, documents, monkeypatch):
    encoded = threading.Event()
    outcomes, write = DocumentEncoder.outcomes, ChromaStore.write
    seen = []

    def encoding(self, given):
        found = outcomes(self, given)
        if seen:
            encoded.set()
        seen.append(given)
        return found

    def writing(self, batch):
        assert encoded.wait(60)
        write(self, batch)

    monkeypatch.setattr(DocumentEncoder, "outcomes", encoding)
    monkeypatch.setattr(ChromaStore, "write", writing)
    with EntityIndex.open(tmp_path) as index:
        assert index.add(documents[:2], batch_size=1).added == 2
        assert index.stats().documents == 2


def test_a_batch_that_cannot_be_written_ends_the_call(tmp_path, documents, monkeypatch):
    write = ChromaStore.write

    def writing(self, batch):
        if batch[0][0].id == documents[1].id:
            raise StoreUnavailableError("no room")
        write(self, batch)

    monkeypatch.setattr(ChromaStore, "write", writing)
    with EntityIndex.open(tmp_path) as index:
        with pytest.raises(StoreUnavailableError, match="no room"):
            index.add(documents[:3], batch_size=1)
        assert [one.id for one in index.get([one.id for one in documents[:2]])] == [documents[0].id]
