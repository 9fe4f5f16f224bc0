"""Which metadata is refused, and which part of it can be filtered."""

import math

import pytest

from nerret_tools.errors import DocumentError, FilterError
from nerret_tools.storage import check_metadata
from nerret_tools.storage.filters import parse_filter
from nerret_tools.storage.metadata import filterable, from_json, to_json

ITSELF: dict = {}
ITSELF["again"] = ITSELF


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"nerret.x": 1}, "'nerret.x' begins with 'nerret.'"),
        ({"a": {"b": [object()]}}, r"metadata\['a'\]\['b'\]\[0\] is of type object"),
        ({"a": {1: 2}}, r"metadata\['a'\] has the key 1 of type int"),
        ({3: 2}, "metadata has the key 3"),
        ({"a": b"x"}, "of type bytes"),
        ({"a": "\ud800"}, "not valid Unicode"),
        ({"\ud800": 1}, "not valid Unicode"),
        (ITSELF, "contains itself"),
        ({"a": 10**5000}, "cannot be written as JSON"),
    ],
)
def test_metadata_that_could_not_come_back_is_refused(metadata, reason):
    with pytest.raises(DocumentError, match=reason):
        check_metadata(metadata)


def test_everything_that_json_can_hold_is_kept():
    metadata = {"": 1, "$a": 2, "none": None, "deep": {"x": [1, [2.5, {}]]}, "big": 2**70, "inf": math.inf}
    check_metadata(metadata)

    assert from_json(to_json(metadata)) == metadata
    assert math.isnan(from_json(to_json({"x": math.nan}))["x"])


def test_only_plain_finite_top_level_values_can_be_filtered():
    metadata = {"s": "x", "i": 1, "f": 1.5, "b": True, "": 1, "$x": 1, "#x": 1, "chroma:document": "x"}
    metadata |= {"none": None, "list": [1], "nan": math.nan, "inf": math.inf, "big": 2**63}

    assert filterable(metadata) == {"s": "x", "i": 1, "f": 1.5, "b": True}


@pytest.mark.parametrize(
    "where",
    [
        "x",
        {1: 2},
        {"a": None},
        {"a": [1]},
        {"a": {}},
        {"a": {"$gt": "x"}},
        {"a": {"$gt": True}},
        {"a": {"$in": []}},
        {"a": math.nan},
        {"a": "\ud800"},
        {"$not": {"a": 1}},
        {"$and": []},
        {"$and": [3]},
        {"nerret.content": "x"},
    ],
)
def test_a_filter_that_means_nothing_is_refused(where):
    with pytest.raises(FilterError, match="where"):
        parse_filter(where)
