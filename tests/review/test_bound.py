"""The bound holds, whenever one stops, and is what a reference computed another way says."""

import math
from itertools import product

import numpy as np
import pytest

from nerret_tools.review.bound import NO_BET, least_recall, log_stake, most_relevant


def expected_stake(labels_left, steps):
    """The mean stake over all orders of drawing, by going through them: steps are bets, or ``None`` for a choice."""
    total, orders = 0.0, 0
    count, truth = len(labels_left), sum(labels_left)

    def go(left, met, done, relevant, bets, probability):
        nonlocal total, orders
        if done == len(steps):
            stake = log_stake(np.array(relevant, dtype=bool), np.array(bets), count, truth)
            total += probability * math.exp(stake)
            orders += 1
            return
        bet = steps[done]
        candidates = range(len(left)) if bet is not None else [0]
        for place in candidates:
            rest = left[:place] + left[place + 1 :]
            share = probability / len(list(candidates))
            taken = [*bets, NO_BET if bet is None else bet]
            go(rest, met + left[place], done + 1, [*relevant, left[place]], taken, share)

    go(list(labels_left), 0, 0, [], [], 1.0)
    assert orders > 1
    return total


@pytest.mark.parametrize("labels", [(1, 0, 0, 1, 0, 0), (0, 0, 1, 0, 0, 0), (1, 1, 0, 1, 0, 1)])
@pytest.mark.parametrize("steps", [(0.5, 0.3, 0.9), (None, 0.4, None, 0.2), (0.2, None, 0.2)])
def test_against_the_true_number_the_stake_does_not_grow_in_expectation(labels, steps):
    stake = expected_stake(labels, steps)
    assert stake < 1 + 1e-9
    if sum(labels) < 3:  # else all that is left may be relevant for sure, and betting less than that loses
        assert stake == pytest.approx(1.0)


def test_the_stake_grows_with_the_number_that_is_doubted():
    relevant = np.array([True, False, False, True, False, False])
    bets = np.array([NO_BET, 0.5, 0.3, 0.8, NO_BET, 0.2])
    stakes = [log_stake(relevant, bets, 20, supposed) for supposed in range(2, 17)]
    assert stakes == sorted(stakes)


def test_the_bound_is_the_largest_number_that_is_not_refuted():
    generator = np.random.default_rng(0)
    for _ in range(50):
        count = int(generator.integers(5, 40))
        taken = int(generator.integers(0, count + 1))
        relevant = generator.random(taken) < 0.2
        bets = np.where(generator.random(taken) < 0.5, NO_BET, generator.uniform(0.2, 1.0, taken))
        met = int(relevant.sum())
        possible = range(met, met + count - taken + 1)
        kept = [one for one in possible if log_stake(relevant, bets, count, one) < math.log(20)]
        assert most_relevant(relevant, bets, count, 0.95) == max([*kept, met])


def test_nothing_is_proved_by_reading_chosen_documents_only():
    assert most_relevant(np.ones(10, dtype=bool), np.full(10, NO_BET), 30, 0.95) == 30


def test_a_document_that_is_not_relevant_refutes_that_all_are():
    assert most_relevant(np.array([False]), np.array([1.0]), 30, 0.95) == 29


def test_all_read_is_known_for_sure():
    for labels in product([False, True], repeat=4):
        assert most_relevant(np.array(labels), np.full(4, NO_BET), 4, 0.95) == sum(labels)


def test_recall_of_nothing():
    assert least_recall(0, 0) == 1.0
    assert least_recall(0, 3) == 0.0
    assert least_recall(9, 10) == 0.9


@pytest.mark.parametrize("missed", [0, 30])
def test_reviews_that_stop_at_the_first_chance_are_right_as_often_as_they_say(made_up, missed):
    """With a confidence of one half, wrong ones would soon show; `missed` of the relevant documents rank last."""
    from nerret_tools.lab.evaluation.simulated_review import simulate

    wrong = 0
    for seed in range(60):
        world = made_up(count=300, relevant=60, missed=missed, seed=seed)
        relevant = np.array([one in world.right for one in world.ids])
        result = simulate(relevant, world.relevances, target_recall=0.9, confidence=0.5, seed=seed)
        assert result.judged <= 300
        wrong += result.recall < 0.9
    assert wrong <= 42  # of 60, where 30 are allowed for: over that by chance once in 1,000 times
