"""NERetrieve's records: supervised ones with their text, retrieval ones with a corpus beside them."""

import bz2
import json

import pytest

from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.labelled import read_documents
from nerret_tools.reading.labelled import LabelledFormat, detect_format

TEXT = "In Ghent, Ada Kern's tram (no. 4) passes the Old Weir."
TOKENS = [
    "In",
    "Ghent",
    ",",
    "Ada",
    "Kern",
    "'s",
    "tram",
    "(",
    "no",
    ".",
    "4",
    ")",
    "passes",
    "the",
    "Old",
    "Weir",
    ".",
]
TAGGED = {
    "CITY": {"Ghent": {"Ghent": [[1]]}},
    "PERSON": {"Ada Kern": {"Ada Kern": [[3, 4]], "A. Kern": [[]]}},
    "DAM": {"Old Weir": {"Old Weir": [[14, 15], [14, 15]]}, "Weir": {"old weir": [[15, 14]]}},
}


@pytest.fixture
def read(tmp_path):
    def _read(*records, name="NERetrive_sup_test.jsonl.bz2", corpus=None, **options):
        pack = bz2.compress if name.endswith(".bz2") else bytes
        (tmp_path / name).write_bytes(pack("\n".join(map(json.dumps, records)).encode()))
        if corpus is not None:
            packed = bz2.compress("\n".join(map(json.dumps, corpus)).encode())
            (tmp_path / "NERetrive_IR_corpus.jsonl.bz2").write_bytes(packed)
        assert detect_format(tmp_path / name) is LabelledFormat.NERETRIEVE
        return read_documents(tmp_path / name, **options)

    return _read


def surfaces(document):
    return [(document.text[entity.start : entity.end], entity.type) for entity in document.entities]


MARKED = [("Ghent", "CITY"), ("Ada Kern", "PERSON"), ("Old Weir", "DAM")]


def test_token_numbers_become_characters_of_the_text_as_it_was(read):
    (document,) = read({"id": "p1", "content": TEXT, "document_token_sequence": TOKENS, "tagged_entities": TAGGED})
    assert (document.id, document.text) == ("p1", TEXT)
    assert surfaces(document) == MARKED


def test_tokens_that_are_not_in_the_text_are_joined(read):
    tokens = ["``" if token == "'s" else token for token in TOKENS]
    (document,) = read({"id": "p1", "content": TEXT, "document_token_sequence": tokens, "tagged_entities": TAGGED})
    assert document.text == " ".join(tokens)
    assert surfaces(document) == MARKED


def test_labels_of_the_retrieval_task_find_their_text_in_the_corpus(read):
    labels = [{"id": f"p{n}", "doc_id": "x", "tagged_entities": {"CITY": {"a": {"b": [[n]]}}}} for n in range(3)]
    corpus = [{"id": f"p{n}", "content": "Ypres and Bruges"} for n in (7, 3, 2, 0, 1)]
    documents = read(*labels, name="NERetrive_IR_test.jsonl", corpus=corpus)
    assert {document.id: surfaces(document) for document in documents} == {
        "p0": [("Ypres", "CITY")],
        "p1": [("and", "CITY")],
        "p2": [("Bruges", "CITY")],
    }


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ({"id": "p1", "tagged_entities": {}}, r"line 1: no content, and NERetrive_IR_corpus\.jsonl"),
        ({"id": "p1", "content": "a b", "tagged_entities": {"X": {"y": {"z": [[2]]}}}}, "mention 'z' is at tokens"),
        ({"id": "p1", "content": "a b", "tagged_entities": {"X": {"y": [[0]]}}}, r"tagged_entities\.X\.y: Input"),
        ({"id": 4, "content": "a b", "tagged_entities": {}}, "id: Input should be a valid string"),
    ],
)
def test_a_bad_record_is_named(read, record, complaint):
    with pytest.raises(DataFileError, match=complaint):
        read(record)


def test_a_paragraph_that_the_corpus_lacks_is_named(read):
    labels = [{"id": f"p{n}", "tagged_entities": {}} for n in range(3)]
    with pytest.raises(DataFileError, match=r"line 2: .* has no paragraph 'p1', nor 1 others"):
        read(*labels, name="NERetrive_IR_test.jsonl", corpus=[{"id": "p0", "content": "a"}])
    assert [d.id for d in read(*labels, name="NERetrive_IR_test.jsonl", corpus=[{"id": "p0", "content": "a"}], limit=1)]
    with pytest.raises(DataFileError, match="line 2: id 'p0' is already on line 1"):
        read(labels[0], labels[0], name="NERetrive_IR_test.jsonl", corpus=[])
