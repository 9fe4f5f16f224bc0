"""An index searched in int8 gives the answers of one searched in float32, through the public names."""

import pytest

from nerret_tools import EntityIndex
from nerret_tools.errors import InputError

TYPES = ["dinosaur", "airline", "river", "a place where old things are shown"]


def pages(index, entity_type, **options):
    result = index.find(entity_type, **options)
    yield result
    while result.next_cursor is not None:
        result = index.find(entity_type, cursor=result.next_cursor, **options)
        yield result


@pytest.mark.parametrize(
    "options", [{}, {"min_relevance": 0, "limit": 2}, {"min_score": 0.1, "where": {"kind": "air"}}]
)
def test_answers_are_the_same_to_the_last_digit(index, options):
    with EntityIndex.open(index.stats().location, scan_dtype="float32") as plain:
        for entity_type in TYPES:
            there, here = ([page.model_dump() for page in pages(one, entity_type, **options)] for one in (plain, index))
            assert there == here
        assert [one.ids for one in plain.rank_many(TYPES)] == [one.ids for one in index.rank_many(TYPES)]
        several = plain.find_many(TYPES, min_relevance=0)
        assert several == index.find_many(TYPES, min_relevance=0)
        assert any(one.hits for one in several)


def test_another_number_format_is_refused(tmp_path):
    with pytest.raises(InputError, match="scan_dtype 'float16' is not possible"):
        EntityIndex.open(tmp_path / "new", scan_dtype="float16")
    assert not (tmp_path / "new").exists()
