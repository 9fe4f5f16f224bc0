"""`nerret coverage`: whose fault it is that a relevant document is not listed."""

import json

import pytest

from nerret_tools import Document, EntityIndex

AIRLINES = {
    "listed": "Lufthansa cancelled every flight to Lima on Monday.",
    "unseen": "On Monday the pilots of Qantas went back to work.",
    "other": "Rafts drifted down the Orinoco for nine days.",
    "late": "Everybody in the valley remembers the winter of the Orinoco flood.",
}


def spans(text, names, **more):
    return [{"start": text.index(one), "end": text.index(one) + len(one), **more} for one in names]


@pytest.fixture
def labelled(tmp_path):
    """Two documents name an airline; "late" is said to name one too, by a word that nothing would rank high."""
    marked = {"listed": ["Lufthansa"], "unseen": ["Qantas"], "late": ["winter"]}
    lines = [
        json.dumps({"id": key, "text": text, "entities": spans(text, marked.get(key, []), type="air")})
        for key, text in AIRLINES.items()
    ]
    (tmp_path / "labelled.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "types.json").write_text('{"air": "airline"}', encoding="utf-8")
    return tmp_path / "labelled.jsonl"


@pytest.fixture
def index(tmp_path):
    """The same documents with spans as a detector might have given them: Qantas is not among them."""
    found = {"listed": ["Lufthansa"], "unseen": [], "other": ["Orinoco"], "late": ["winter", "valley"]}
    with EntityIndex.open(tmp_path / "index") as opened:
        opened.add([Document(id=key, text=text, spans=spans(text, found[key])) for key, text in AIRLINES.items()])
    return tmp_path / "index"


def test_each_missing_document_is_somebodys_fault(answer, labelled, index, tmp_path):
    report = answer("coverage", labelled, "--types", tmp_path / "types.json", "--index", index)
    (airline,) = report["types"]
    assert airline["relevant"] == 3
    assert airline["found"] + airline["detector"] + airline["ranker"] + airline["cut_off"] == 3
    missing = {one["document_id"]: one for one in airline["documents"]}
    assert "listed" not in missing, "Lufthansa is an airline beyond doubt"
    assert (missing["unseen"]["fault"], missing["unseen"]["names"]) == ("detector", ["Qantas"])
    assert missing["late"]["fault"] in ("ranker", "cut-off")
    assert any(line.startswith("1 of 2 missing: the detector") for line in report["advice"])


def test_without_an_index_the_labelled_file_is_indexed(nerret, labelled, tmp_path):
    result = nerret("coverage", labelled, "--types", tmp_path / "types.json")
    assert result.exit_code == 0, result.output
    assert "airline" in result.stdout
    assert "late (winter)" in result.stdout
    assert "missing: the" in result.stderr


def test_a_review_is_labels_too(answer, index, tmp_path):
    file = tmp_path / "a.review.jsonl"
    with EntityIndex.open(index) as opened:
        opened.review("airline", file=file, reviewer="ann").run(lambda one: one.document.id in ("listed", "unseen"))
    (airline,) = answer("coverage", file, "--index", index)["types"]
    assert (airline["description"], airline["relevant"]) == ("airline", 2)
    assert {one["document_id"] for one in airline["documents"]} <= {"unseen"}


def test_what_does_not_fit_together_is_refused(refused, labelled, index, tmp_path):
    other = tmp_path / "other.jsonl"
    other.write_text(labelled.read_text(encoding="utf-8").replace('"late"', '"gone"'), encoding="utf-8")
    types = ("--types", tmp_path / "types.json")
    refused("--types is needed", "coverage", labelled)
    missing = "1 labelled documents are not in the index, such as 'gone'"
    refused(missing, "coverage", other, *types, "--index", index)
    refused("cannot be read", "coverage", tmp_path / "none.jsonl", *types)
