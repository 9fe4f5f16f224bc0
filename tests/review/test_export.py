"""What is judged leaves as CSV or JSON lines, with evidence and certificate."""

import csv
import json

import pytest

from nerret_tools.errors import ReviewError, StoreUnavailableError


@pytest.fixture
def judged(begin, collection):
    review = begin()
    review.run(collection.verdict, who="rule")
    return review


def test_json_lines_begin_with_the_certificate(judged, collection, tmp_path):
    judged.export(tmp_path / "out.jsonl")
    first, *rows = map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    assert first["certificate"] == judged.status().certificate
    assert first["found"] == judged.status().found
    assert len(rows) == first["judged"]
    assert {row["document_id"] for row in rows if row["verdict"] == "yes"} <= collection.right
    best = rows[0]
    assert (best["verdict"], best["mention"], best["start"], best["end"]) == ("yes", "Lufthansa", 0, 9)
    assert (best["snippet"], best["reviewer"], best["judged_at"]) == (
        "Lufthansa left.",
        "rule",
        "2026-01-01T00:00:00+00:00",
    )
    assert {row["by_chance"] for row in rows} == {True, False}
    assert rows[-1]["mention"] is None


def test_csv_has_the_certificate_in_its_first_row(judged, tmp_path):
    judged.export(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == judged.status().judged
    assert rows[0]["certificate"] == judged.status().certificate
    assert {row["certificate"] for row in rows[1:]} == {""}
    assert rows[0]["verdict"] == "yes"


def test_another_ending_and_a_place_that_cannot_be_written_are_refused(judged, tmp_path):
    with pytest.raises(ReviewError, match=r"must end in \.csv or \.jsonl"):
        judged.export(tmp_path / "out.xlsx")
    with pytest.raises(StoreUnavailableError, match="cannot be written"):
        judged.export(tmp_path / "none" / "out.csv")
