import pytest

from nerret_tools.cli.where import parse_where
from nerret_tools.errors import FilterError


def test_no_condition_is_no_filter():
    assert parse_where([]) is None


def test_one_condition_is_an_equality():
    assert parse_where(["year=1990"]) == {"year": 1990}
    assert parse_where(["year='1990'"]) == {"year": "1990"}
    assert parse_where(["formula=a=b"]) == {"formula": "a=b"}
    assert parse_where(["note="]) == {"note": ""}


def test_several_conditions_must_all_hold():
    assert parse_where(["year=1990", "new=true", "year=1991"]) == {
        "$and": [{"year": 1990}, {"new": True}, {"year": 1991}]
    }


@pytest.mark.parametrize("condition", ["year", "=1990", " =1990", ""])
def test_anything_else_is_refused(condition):
    with pytest.raises(FilterError, match="key=value"):
        parse_where([condition])
