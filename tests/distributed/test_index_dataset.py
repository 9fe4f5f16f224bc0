"""An index made with Ray is the one made on one machine, whatever the documents come from."""

import csv

import pytest

from nerret_tools import EntityIndex
from nerret_tools.distributed import index_dataset
from nerret_tools.errors import DataFileError, FilterError, InputError, ModelMismatchError, StoreUnavailableError
from nerret_tools.reading import DocumentReader, Reading
from tests.detectors import FirstWords

from .conftest import QUIET, lines

pytestmark = [pytest.mark.usefixtures("cluster"), *QUIET]
FLOAT32 = {"precision": "float32"}  # in which rounding hardly depends on the batch


def test_the_index_and_the_report_equal_those_of_a_single_process(shared_server, write_lines, tmp_path, assert_equal):
    good = lines(60)
    good[5]["spans"] = [[0, 4], [2, 9]]
    good[6]["spans"] = []
    good[7]["text"] = " ".join(record["text"] for record in lines(90)) * 3  # several windows
    bad = [
        "{broken",
        {"id": "no text"},
        {"text": "no id"},
        {"id": " ", "text": "Etna."},
        {"id": "empty", "text": "  "},
        {"id": "half", "text": "half \ud800 a pair"},
        {"id": "outside", "text": "Etna smokes.", "spans": [[0, 400]]},
        {"id": "blank", "text": "Etna   smokes.", "spans": [[5, 6]]},
    ]
    source = write_lines(
        tmp_path / "some.jsonl", [*good[:20], *bad, *good[20:], good[0], {**good[1], "text": "other content"}]
    )
    url = shared_server.address
    reader = DocumentReader([source])
    with EntityIndex.open(url, "equal-here", **FLOAT32) as here:
        alone = here.add(reader)

    report = index_dataset(source, url, "equal-there", workers=2, batch_size=16, **FLOAT32)

    assert (report.added, report.unchanged, report.updated, report.mentions) == (60, 1, 0, alone.mentions)
    expected = {(problem.origin.line, None, problem.reason) for problem in reader.problems}
    expected |= {(reader.origin(one.position).line, one.id, one.reason) for one in alone.failed}
    numbers = [one.line for one in report.failed]
    assert {(one.line, one.id, one.reason) for one in report.failed} == expected
    assert {one.source for one in report.failed} == {reader.problems[0].origin.source}
    assert [one.position + 1 for one in report.failed] == numbers == sorted(numbers)
    assert len(numbers) == 9
    assert_equal(url, "equal-here", "equal-there")
    with EntityIndex.open(url, "equal-here") as here, EntityIndex.open(url, "equal-there") as there:
        for question in ({}, {"min_relevance": 0}, {"where": {"odd": True}, "limit": 5}):
            one, other = (index.find("airline", **question) for index in (here, there))
            assert [hit.document_id for hit in one.hits] == [hit.document_id for hit in other.hits]
            assert [hit.score for hit in one.hits] == pytest.approx([hit.score for hit in other.hits], abs=2e-3)
            assert one.total == other.total

    good[3]["text"] = "Vesuvius smokes."
    changed = write_lines(tmp_path / "changed.jsonl", [*good, {"id": "new", "text": "KLM flies."}])
    report = index_dataset(changed, url, "equal-there", workers=1)
    assert (report.added, report.updated, report.unchanged, report.failed) == (1, 1, 59, [])
    with EntityIndex.open(url, "equal-here", **FLOAT32) as here:
        here.add(DocumentReader([changed]))
    assert_equal(url, "equal-here", "equal-there")


def test_every_kind_of_source_gives_the_documents_it_gives_on_one_machine(
    shared_server, write_lines, tmp_path, assert_equal
):
    import datasets
    import pyarrow
    import pyarrow.parquet

    folder = tmp_path / "mixed"
    folder.mkdir()
    rows = [{"id": f"t{number}", "text": record["text"], "year": None} for number, record in enumerate(lines(4))]
    with (folder / "a.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "text", "code"])
        writer.writeheader()
        writer.writerow({"id": "c1", "text": "Etna\nsmokes.", "code": "007"})
        writer.writerow({"id": "c2", "text": "KLM flies.", "code": "1990"})
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "b.parquet")
    write_lines(folder / "c.jsonl", lines(2))
    (folder / "d.md").write_text("# Qantas flies.")
    (folder / "e.pdf").write_bytes(b"")
    saved = tmp_path / "saved"
    many = [{**row, "id": f"h{number}", "when": {"year": number}} for number, row in enumerate(rows)]
    datasets.Dataset.from_list(many).save_to_disk(saved, num_shards=2)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(many), tmp_path / "same.parquet")
    url = shared_server.address
    with EntityIndex.open(url, "kinds-here", **FLOAT32) as here:
        here.add(DocumentReader([folder, tmp_path / "same.parquet"]))

    report = index_dataset([folder, saved], url, "kinds-there", workers=1, **FLOAT32)

    assert (report.added, report.failed) == (13, [])
    assert_equal(url, "kinds-here", "kinds-there")


def test_a_ray_dataset_is_indexed_in_its_order_with_a_detector_of_ones_own(
    shared_server, tmp_path, write_lines, assert_equal
):
    import ray.data

    records = [{"key": number, "body": one["text"], "year": one["year"]} for number, one in enumerate(lines(100))]
    records[80] = {**records[0], "body": "Etna smokes."}  # a second document 0: the first is kept
    dataset = ray.data.from_items(records, override_num_blocks=12)
    names = {"reading": Reading(id_field="key", text_field="body")}
    url = shared_server.address

    report = index_dataset(
        dataset, url, "rows-there", detector=FirstWords(), workers=1, batch_size=16, **names, **FLOAT32
    )

    assert (report.added, report.mentions) == (99, 99)
    assert [(one.id, one.position) for one in report.failed] == [("0", 80)]
    source = write_lines(tmp_path / "rows.jsonl", records)
    with EntityIndex.open(url, "rows-here", detector=FirstWords(), **FLOAT32) as here:
        here.add(DocumentReader([source], **names))
    assert_equal(url, "rows-here", "rows-there")
    with pytest.raises(ModelMismatchError, match="first words"):
        index_dataset(dataset, url, "rows-there", **names)
    with pytest.raises(DataFileError, match='no column "id"'):
        index_dataset(dataset, url, "rows-there", detector=FirstWords())


def test_what_cannot_work_is_said_at_once(shared_server, tmp_path, write_lines):
    source = write_lines(tmp_path / "a.jsonl", lines(2))
    with pytest.raises(InputError, match="chroma run --path"):
        index_dataset(source, str(tmp_path / "folder"))
    with pytest.raises(StoreUnavailableError, match="no Chroma server answers"):
        index_dataset(source, "http://127.0.0.1:9")
    with pytest.raises(DataFileError, match="standard input"):
        index_dataset("-", shared_server.address)
    with pytest.raises(DataFileError, match="there is no file"):
        index_dataset(tmp_path / "nothing.jsonl", shared_server.address)
    with pytest.raises(FilterError, match="workers"):
        index_dataset(source, shared_server.address, workers=(3, 2))


def test_a_dataset_of_several_splits_is_not_guessed_about(shared_server, tmp_path):
    import datasets

    one = datasets.Dataset.from_list([{"id": "a", "text": "Etna smokes."}])
    datasets.DatasetDict({"train": one, "test": one}).save_to_disk(tmp_path / "saved")
    with pytest.raises(DataFileError, match="name the folders to index: test, train"):
        index_dataset(tmp_path / "saved", shared_server.address)


def test_an_error_of_the_workers_is_this_packages_own(shared_server, tmp_path, write_lines):
    from nerret_tools.errors import ModelError

    source = write_lines(tmp_path / "a.jsonl", lines(2))
    with pytest.raises(ModelError, match="nowhere"):
        index_dataset(source, shared_server.address, "no-backbone", backbone=tmp_path / "nowhere", workers=1)
