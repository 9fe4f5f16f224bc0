"""Progress on stderr, where it is no terminal."""

from nerret_tools import progress
from nerret_tools.progress import counting, total_of


def test_a_line_says_how_many_of_how_many_how_fast_and_how_long_it_will_take(monkeypatch, capsys):
    now = iter([5.0, 9.0, 20.0, 25.0, 31.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    with counting(True, lambda: 4_000) as advance:
        for _ in range(5):
            advance(200)
    assert capsys.readouterr().err.splitlines() == [
        "Indexing: 600 of about 4,000 documents  27/s  02:08 left",
        "Indexing: 1,000 of about 4,000 documents  31/s  01:38 left",
    ]


def test_nothing_is_shown_unasked_or_before_ten_seconds_are_over(capsys):
    for asked in (None, False, True):
        with counting(asked) as advance:
            advance(10)
    assert capsys.readouterr().err == ""


def test_how_many_there_are_is_known_of_lists_and_of_readers():
    class Reader:
        def expected(self):
            return 7

    assert total_of([1, 2])() == 2
    assert total_of(Reader())() == 7
    assert total_of(iter([1, 2]))() is None
