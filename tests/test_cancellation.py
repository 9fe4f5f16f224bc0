"""Work that nobody waits for any more ends at the next step, and nothing else does."""

import itertools
import threading

import numpy as np
import pytest

from nerret_tools.cancellation import CancelledError, cancellable, check_cancelled
from nerret_tools.scan import score_rows
from nerret_tools.scan.exact import exact_scores

ROWS = 100_000
DIMENSION = 16


@pytest.fixture(scope="module")
def vectors():
    return np.random.default_rng(3).standard_normal((ROWS, DIMENSION)).astype(np.float32)


def after(steps):
    """Says so when it has been asked that often, and keeps count."""
    asked = itertools.count(1)

    def cancelled():
        cancelled.times = next(asked)
        return cancelled.times > steps

    cancelled.times = 0
    return cancelled


def test_outside_of_it_and_until_it_is_called_off_work_goes_on():
    check_cancelled()
    with cancellable(lambda: False):
        check_cancelled()
        with cancellable(lambda: True), pytest.raises(CancelledError):
            check_cancelled()
        check_cancelled()
    check_cancelled()


def test_the_work_of_another_thread_is_its_own_affair():
    failed = []

    def work():
        try:
            check_cancelled()
        except CancelledError:
            failed.append(1)

    with cancellable(lambda: True):
        other = threading.Thread(target=work)
        other.start()
        other.join()
    assert not failed


@pytest.mark.parametrize("queries", [1, 9])
def test_a_scan_ends_between_two_blocks(vectors, queries):
    types = vectors[:queries]
    whole = score_rows(vectors, types)
    called_off = after(2)
    with cancellable(called_off), pytest.raises(CancelledError):
        score_rows(vectors, types)
    assert called_off.times == 3
    still_wanted = after(1_000)
    with cancellable(still_wanted):
        np.testing.assert_array_equal(score_rows(vectors, types), whole)
    assert still_wanted.times > 3


def test_exact_scores_end_between_two_blocks(vectors):
    rows = np.arange(ROWS)
    whole = exact_scores(vectors, vectors[0], rows)
    called_off, still_wanted = after(1), after(1_000)
    with cancellable(called_off), pytest.raises(CancelledError):
        exact_scores(vectors, vectors[0], rows)
    assert called_off.times == 2
    with cancellable(still_wanted):
        np.testing.assert_array_equal(exact_scores(vectors, vectors[0], rows), whole)
    assert still_wanted.times > 1
