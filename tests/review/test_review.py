"""A review hands out documents, takes verdicts, and certifies no more than they prove."""

import asyncio
from dataclasses import replace

import pytest

from nerret_tools.errors import ReviewError
from nerret_tools.review import Review


def judge_all(review, collection, **options):
    while documents := review.next(**options):
        for one in documents:
            review.judge(one.document.id, collection.verdict(one), who=options.get("who"))
    return review.status()


def test_large_collections_need_not_be_read(made_up, begin):
    big = made_up(count=1000, relevant=130)
    status = judge_all(begin(over=big), big, count=10)
    assert status.done
    assert status.recall >= 0.9
    assert status.judged == status.reviewers["ann"] < 900
    assert status.found >= 0.9 * 130
    assert 0 < status.by_chance < status.judged
    for words in (
        "With 95% confidence at most",
        "of 1,000 documents were found to mention “airline”",
        "drawn by chance",
    ):
        assert words in status.certificate


def test_what_the_detector_missed_is_counted(made_up, begin):
    """Half of what is relevant has no mention: a review that looks at mentions only would end at once."""
    blind = made_up(count=300, relevant=40, missed=20)
    status = judge_all(begin(over=blind), blind)
    assert status.found >= 36


def test_the_most_relevant_comes_first_and_again_to_who_asks_again_without_judging(begin, collection):
    review = begin()
    (first,) = review.next()
    assert first.document.id == review.next()[0].document.id == collection.ids[0]
    assert not first.by_chance
    assert first.relevance > 0.8
    assert review.status().unjudged == 1


def test_a_review_is_gone_on_with_where_it_was_left(begin, collection):
    review = begin()
    for _ in range(7):
        (one,) = review.next()
        review.judge(one.document.id, collection.verdict(one))
    (at_hand,) = review.next()
    again = begin(seed=99)
    assert again.status() == review.status()
    assert again.next() == [at_hand]
    assert judge_all(again, collection).done


def test_a_verdict_can_be_taken_back(begin):
    review = begin()
    (one,) = review.next()
    review.judge(one.document.id, "yes")
    (next_one,) = review.next()
    assert review.undo() == one.document.id
    assert review.status().found == 0
    assert [again.document.id for again in review.next(2)] == [one.document.id, next_one.document.id]
    assert review.undo() is None


def test_a_later_verdict_replaces_the_former(begin):
    review = begin()
    review.judge("d0000", "yes")
    status = review.judge("d0000", "no", who="bob")
    assert (status.found, status.judged, status.reviewers) == (0, 1, {"bob": 1})


def test_two_reviewers_are_told_apart_and_never_get_the_same_document(begin, collection):
    ann, bob = begin("ann"), begin("bob")
    given = {"ann": [], "bob": []}
    while documents := ann.next(2) + bob.next():
        for one in documents:
            who = "bob" if one is documents[-1] and len(documents) == 3 else "ann"
            given[who].append(one.document.id)
            (bob if who == "bob" else ann).judge(one.document.id, collection.verdict(one))
    assert not set(given["ann"]) & set(given["bob"])
    status = ann.status()
    assert status.done
    assert status.reviewers == {name: len(ids) for name, ids in given.items()}
    assert ann.undo() == given["ann"][-1], "one takes back one's own verdict"


def test_what_one_reviewer_lets_lie_goes_to_another_later(begin, clock):
    (one,) = begin("ann").next()
    bob = begin("bob")
    assert bob.next()[0].document.id != one.document.id
    clock.pass_by(minutes=11)
    assert one.document.id in [given.document.id for given in bob.next(2)]


def test_what_a_judge_failed_at_is_counted_and_goes_to_another(begin):
    robot = begin("robot")
    (one,) = robot.next()
    status = robot.failed(one.document.id, "answered nonsense")
    assert (status.failures, status.unjudged, status.judged) == (1, 1, 0)
    assert robot.next()[0].document.id != one.document.id
    assert begin("ann").next()[0].document.id == one.document.id


@pytest.mark.parametrize("verdict", ["unsure", None])
def test_nothing_is_certified_by_not_deciding(made_up, begin, verdict):
    """A judge who leaves every other relevant document open does not get a certificate, even when all is read."""
    world = made_up(count=120, relevant=40)
    review, doubted = begin(over=world), sorted(world.right)[::2]
    while documents := review.next():
        for one in documents:
            name = one.document.id
            if name in doubted and verdict is None:
                review.failed(name, "no idea")
            else:
                review.judge(name, verdict if name in doubted else world.verdict(one))
    status = review.status()
    assert not status.done
    assert status.recall <= 0.51
    assert "is not reached" in status.certificate


def test_no_document_is_relevant(made_up, begin):
    world = made_up(count=30, relevant=0)
    status = judge_all(begin(over=world), world)
    assert (status.found, status.judged, status.done) == (0, 30, True)
    assert "nothing is missing" in status.certificate


def test_another_target_goes_on_with_the_same_file(begin, made_up):
    world = made_up(count=300, relevant=100)
    first = judge_all(begin(over=world, target_recall=0.7), world)
    more = judge_all(begin(over=world, target_recall=0.95), world)
    assert first.done
    assert more.done
    assert more.judged > first.judged


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target_recall": 0}, "target_recall must be over 0 and under 1"),
        ({"target_recall": 1.5}, "target_recall"),
        ({"confidence": 1}, "confidence must be"),
        ({"confidence": "high"}, "confidence"),
        ({"reviewer": " "}, "a reviewer's name"),
    ],
)
def test_impossible_options_are_refused(begin, options, message, tmp_path):
    with pytest.raises(ReviewError, match=message):
        begin(**options)
    assert not list(tmp_path.glob("*.jsonl"))


def test_verdicts_and_documents_that_are_none_are_refused(begin):
    review = begin()
    with pytest.raises(ReviewError, match="one of yes, no, unsure, not 'maybe'"):
        review.judge("d0000", "maybe")
    with pytest.raises(ReviewError, match="no document 'x1' is reviewed"):
        review.judge("x1", "yes")
    with pytest.raises(ReviewError, match="count"):
        review.next(0)


def test_a_file_of_another_review_is_refused(begin, made_up):
    begin()
    with pytest.raises(ReviewError, match="of the type 'airline', not 'dinosaur'"):
        begin(over=made_up(entity_type="dinosaur"))
    other = made_up()
    other.identity = replace(other.identity, index="news", index_id="index-2")
    with pytest.raises(ReviewError, match="of another index, named 'default'"):
        begin(over=other)
    grown = made_up()
    grown.identity = replace(grown.identity, generation=4)
    with pytest.raises(ReviewError, match=r"generation 3, the index has 4\..+ another file"):
        begin(over=grown)
    with pytest.raises(ReviewError, match=r"confidence 0\.95, not 0\.9"):
        begin(confidence=0.9)


def test_an_index_that_changes_ends_the_review_and_loses_nothing(begin, collection):
    review = begin()
    (one,) = review.next()
    collection.now = 4
    review.judge(one.document.id, "yes")
    for asked in (review.next, review.status):
        with pytest.raises(ReviewError, match="generation 4, the review 3"):
            asked()
    collection.now = 3
    assert review.status().found == 1


def test_a_document_that_is_deleted_in_mid_review_is_named(begin, collection):
    review = begin()
    collection.deleted.add("d0000")
    with pytest.raises(ReviewError, match="'d0000' is not in the index, or was deleted"):
        review.next()


def test_the_asynchronous_twins_do_the_same(begin):
    async def work(review: Review):
        (one,) = await review.anext()
        status = await review.ajudge(one.document.id, "yes")
        return status, await review.astatus()

    status, same = asyncio.run(work(begin()))
    assert status == same
    assert status.found == 1
