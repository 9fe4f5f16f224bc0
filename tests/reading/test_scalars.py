import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerret_tools.reading import parse_scalar
from nerret_tools.reading.scalars import parse_cell


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1990", 1990),
        ("-3", -3),
        ("1.50", 1.5),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("007", "007"),
        ("1e5", "1e5"),
        ("", ""),
        ('"1990"', "1990"),
        ("'true'", "true"),
        ('"', '"'),
        ("nan", "nan"),
        ("٣", "٣"),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", "9223372036854775808"),
    ],
)
def test_a_value_has_the_type_that_it_looks_like(text, value):
    parsed = parse_scalar(text)
    assert parsed == value
    assert type(parsed) is type(value)


@given(st.integers(-(2**63) + 1, 2**63 - 1) | st.booleans() | st.floats(0.001, 1e6).map(lambda x: round(x, 3)))
def test_typed_values_survive_the_way_through_text(value):
    text = str(value).lower() if isinstance(value, bool) else str(value)
    assert parse_scalar(text) == value
    assert parse_cell(text) == value


@given(st.text(max_size=20))
def test_a_cell_never_loses_a_character(text):
    value = parse_cell(text)
    assert (str(value).lower() if isinstance(value, bool) else str(value)) == text
