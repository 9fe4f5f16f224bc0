"""Filters compare as Python does, whatever Chroma makes of mixed numbers."""

import operator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerret_tools.errors import FilterError
from nerret_tools.storage.filters import parse_filter

NUMBERS = [0, 1, 2, 3, 2.0, 2.5, -0.5, 2**53, 2**53 + 1, float(2**53), 2**63, 2**70, -(2**63) - 1, 1e300]
VALUES = st.sampled_from([*NUMBERS, True, False, "", "2", "2.5", "b"])
KEYS = st.sampled_from(["price", "year", "kind"])
OPERATORS = {"$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}

DOCUMENTS = [
    {"price": number, "year": NUMBERS[at - 1], **({"kind": at % 2 == 0} if at % 3 else {})}
    for at, number in enumerate(NUMBERS)
] + [{}, {"price": "2"}, {"price": None, "kind": "b"}, {"price": [2], "year": "2.5"}, {"kind": ""}]

leaves = st.one_of(
    st.builds(lambda key, value: {key: value}, KEYS, VALUES),
    st.builds(lambda key, name, value: {key: {name: value}}, KEYS, st.sampled_from(["$eq", "$ne"]), VALUES),
    st.builds(
        lambda key, name, value: {key: {name: value}},
        KEYS,
        st.sampled_from(sorted(OPERATORS)),
        st.sampled_from(NUMBERS),
    ),
    st.builds(
        lambda key, name, values: {key: {name: values}},
        KEYS,
        st.sampled_from(["$in", "$nin"]),
        st.lists(VALUES, min_size=1, max_size=4),
    ),
)
wheres = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda name, parts: {name: parts}, st.sampled_from(["$and", "$or"]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


def truth(where, metadata):
    """The same, said once more in plain Python."""
    ((key, value),) = where.items()
    if key == "$and":
        return all(truth(part, metadata) for part in value)
    if key == "$or":
        return any(truth(part, metadata) for part in value)
    ((name, operand),) = value.items() if isinstance(value, dict) else (("$eq", value),)
    stored = metadata.get(key)
    if name in OPERATORS:
        return isinstance(stored, int | float) and OPERATORS[name](stored, operand)
    found = stored in (operand if name in ("$in", "$nin") else [operand])
    return found if name in ("$eq", "$in") else not found


@pytest.fixture(scope="module")
def priced(tmp_path_factory, make, open_for_all):
    """A store whose documents have these metadata."""
    store = open_for_all(tmp_path_factory.mktemp("priced"))
    store.write([make(f"d{at}", 0, metadata=metadata) for at, metadata in enumerate(DOCUMENTS)])
    return store


@settings(max_examples=150)
@given(where=wheres)
def test_a_filter_finds_what_python_finds(priced, where):
    assert priced.matching(where) == {f"d{at}" for at, metadata in enumerate(DOCUMENTS) if truth(where, metadata)}


def test_a_fraction_is_no_whole_number(tmp_path, make, open_store):
    store = open_store(tmp_path)
    store.write([make(str(price), 0, metadata={"price": price}) for price in (2, 2.5, 3)])
    assert store.matching({"price": 2.5}) == {"2.5"}
    assert store.matching({"price": {"$lt": 2.5}}) == {"2"}
    assert store.matching({"price": {"$gte": 2.5}}) == {"2.5", "3"}


def test_large_and_deep_filters_are_answered_or_refused_with_the_reason(priced):
    assert priced.matching({"$or": [{"kind": f"x{number}"} for number in range(1000)] + [{"kind": "b"}]}) == {"d16"}
    assert priced.matching({"kind": {"$in": [f"x{number}" for number in range(40_000)] + ["b"]}}) == {"d16"}
    deep = {"kind": "b"}
    for _ in range(99):
        deep = {"$and": [deep, {"price": {"$ne": 7}}]}
    assert priced.matching(deep) == {"d16"}
    for _ in range(200):
        deep = {"$and": [deep]}
    with pytest.raises(FilterError, match="nested more than 100 deep"):
        parse_filter(deep)
