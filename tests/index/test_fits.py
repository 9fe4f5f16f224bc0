"""A page can be ended by what is on it, and the next one goes on right behind."""

from __future__ import annotations


def test_pages_that_end_where_something_does_not_fit_make_up_the_whole(index):
    whole = index.find("airline", min_relevance=0)
    assert len(whole.hits) > 3
    for limit in (None, 3):
        found, cursor = [], None
        while True:
            seen = []

            def fits(hit, seen=seen):
                seen.append(hit.document_id)
                return len(seen) <= 2

            page = index.find("airline", min_relevance=0, limit=limit, cursor=cursor, fits=fits)
            assert page.total == whole.total
            assert len(page.hits) <= 2
            found += page.hits
            cursor = page.next_cursor
            if cursor is None:
                break
        assert found == whole.hits


def test_a_page_is_never_empty_because_nothing_fits(index):
    page = index.find("airline", min_relevance=0, fits=lambda hit: False)
    assert page.hits == index.find("airline", min_relevance=0, limit=1).hits
    assert page.next_cursor is not None


def test_where_everything_fits_nothing_changes(index):
    assert index.find("airline", limit=2, min_relevance=0, fits=lambda hit: True) == index.find(
        "airline", limit=2, min_relevance=0
    )
