import pytest

from nerret_tools.cli.where import parse_where
from nerret_tools.errors import FilterError


@pytest.mark.parametrize(
    ("conditions", "filter_"),
    [
        ([], None),
        (["year=1990"], {"year": 1990}),
        (["year='1990'"], {"year": "1990"}),
        (["formula=a=b"], {"formula": "a=b"}),
        (["note="], {"note": ""}),
        (["year=1990", "new=true"], {"$and": [{"year": 1990}, {"new": True}]}),
    ],
)
def test_conditions_are_equalities_that_must_all_hold(conditions, filter_):
    assert parse_where(conditions) == filter_


@pytest.mark.parametrize("condition", ["year", "=1990", " =1990", ""])
def test_anything_else_is_refused(condition):
    with pytest.raises(FilterError, match="key=value"):
        parse_where([condition])
