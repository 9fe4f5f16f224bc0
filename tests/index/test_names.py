"""What a place holds, told by opening it, and at a glance without loading Chroma."""

import shutil

import pytest

from nerret_tools import EntityIndex
from nerret_tools.errors import IndexNotFoundError, ModelNotFoundError
from tests.detectors import FirstWords


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "place"
    for name, detector in (("second", None), ("first.one", None), ("third", FirstWords())):
        EntityIndex.open(folder, name, detector=detector).close()
    return folder


def test_all_indexes_of_a_place_are_named(place):
    assert EntityIndex.names(place) == ["first.one", "second", "third"]
    with EntityIndex.open(place, "second"):
        assert EntityIndex.names(str(place)) == ["first.one", "second", "third"]


def test_a_place_without_an_index_is_an_error_and_stays_as_it_is(tmp_path):
    with pytest.raises(IndexNotFoundError):
        EntityIndex.names(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_glance_names_those_that_open(place):
    assert EntityIndex.glance(place) == ["first.one", "second"]
    with EntityIndex.open(place, "second") as index:
        index.add([])
        assert EntityIndex.glance(place) == ["first.one", "second"]


def test_a_glance_at_a_server_names_those_that_open(shared_server):
    for name, detector in (("glanced.at", None), ("of-another-model", FirstWords())):
        EntityIndex.open(shared_server.address, name, detector=detector).close()
    seen = []
    while not seen:  # a busy server may take longer than a glance waits
        seen = EntityIndex.glance(f"{shared_server.address}/")
    assert "glanced.at" in seen
    assert "of-another-model" not in seen
    assert "of-another-model" in EntityIndex.names(shared_server.address)


@pytest.mark.parametrize(
    "answer", [b"[", {"error": "who are you?"}, [{"name": 1, "metadata": None}], ["no collection"]]
)
def test_an_answer_that_is_not_understood_is_left_to_opening(serve, answer):
    assert EntityIndex.glance(serve(lambda *_: (200, answer)).address) == []


def test_a_glance_tells_nothing_where_only_opening_can(place, tmp_path):
    assert EntityIndex.glance(tmp_path / "nothing") == []
    assert EntityIndex.glance("http://127.0.0.1:9") == []
    assert EntityIndex.glance("http://") == EntityIndex.glance("http://127.0.0.1:port") == []
    shutil.copytree(place, tmp_path / "damaged")
    (tmp_path / "damaged" / "chroma.sqlite3").write_bytes(b"not a database at all" * 100)
    assert EntityIndex.glance(tmp_path / "damaged") == []
    with pytest.raises(ModelNotFoundError):
        EntityIndex.glance(place, "gigantic")


def test_a_glance_loads_neither_chroma_nor_torch(place, run_script):
    script = (
        "import sys\n"
        "from nerret_tools import EntityIndex\n"
        "names = EntityIndex.glance(sys.argv[1])\n"
        "print(names, [name for name in ('torch', 'transformers', 'chromadb') if name in sys.modules])\n"
    )
    assert run_script(script, place).stdout.strip() == "['first.one', 'second'] []"
