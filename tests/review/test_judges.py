"""Programs as judges: right ones, and such that raise, hang, talk nonsense or are down."""

import json
import threading

import pytest

from nerret_tools.errors import ReviewError, ScorerError


def test_a_callable_judges_to_the_end(begin, collection):
    status = begin().run(lambda one: one.document.id in collection.right, who="rule")
    assert status.done
    assert set(status.reviewers) == {"rule"}


def test_several_documents_are_judged_at_the_same_time(begin, collection):
    together = threading.Barrier(4, timeout=30)

    def judge(one):
        together.wait()
        return collection.verdict(one)

    assert begin().run(judge, at_once=4, most=12).judged == 12


def test_what_a_judge_fails_at_stays_unjudged_and_is_counted(begin, collection):
    calls = iter(range(1000))

    def judge(one):
        number = next(calls)
        if number == 1:
            raise KeyError("lost")
        return {2: "perhaps", 3: None}.get(number, collection.verdict(one))

    review = begin()
    status = review.run(judge, who="rule", most=10)
    assert (status.failures, status.unjudged, status.judged) == (3, 3, 7)
    assert status.certificate.endswith("3 handed out without a verdict.")
    left = [one.document.id for one in review.next(3, who="ann")]
    assert left == [one.document.id for one in review.next(3, who="ann")]
    for one in left:
        review.judge(one, "no", who="ann")
    assert review.status().unjudged == 0


def test_a_slow_judge_is_not_waited_for(begin, collection):
    release, calls = threading.Event(), iter(range(1000))

    def judge(one):
        if next(calls) == 0:
            release.wait(60)
        return collection.verdict(one)

    status = begin().run(judge, who="rule", timeout=0.2, most=3)
    release.set()
    assert status.failures >= 1
    assert status.judged + status.unjudged == 3


def test_a_judge_that_always_fails_is_stopped(begin, collection):
    review = begin()
    with pytest.raises(ReviewError, match=r"failed at 5 documents in a row, last at .+ZeroDivisionError"):
        review.run(lambda one: 1 / 0, who="rule")
    assert review.status().failures == 5
    assert review.status().judged == 0


@pytest.mark.parametrize("options", [{"at_once": 0}, {"timeout": 0}, {"most": 0}])
def test_options_out_of_range_are_refused(begin, options):
    with pytest.raises(ReviewError, match="at least 1"):
        begin().run(lambda one: True, **options)


def endpoint_judge(serve, answer):
    from nerret_tools.archetypes.endpoint import EndpointScorer
    from nerret_tools.review import EndpointJudge

    server = serve(answer)
    return server, EndpointJudge(EndpointScorer(server.url, "tiny", retries=0), "airline")


def test_a_language_model_behind_an_endpoint_judges(begin, collection, serve):
    def answer(body, _):
        asked = body["messages"][1]["content"]
        return 200, {"choices": [{"message": {"content": "Y" if "Lufthansa" in asked else "N"}}]}

    server, judge = endpoint_judge(serve, answer)
    status = begin().run(judge, who="tiny", at_once=4)
    assert status.done
    assert status.found >= 0.9 * len(collection.right)
    assert "Entity type: airline" in json.dumps(server.requests[0][2])


def test_an_endpoint_that_is_down_stops_the_review_and_loses_nothing(begin, serve):
    def answer(_, number):
        if number > 3:
            return 503, {"error": "overloaded"}
        return 200, {"choices": [{"message": {"content": "N"}}]}

    _, judge = endpoint_judge(serve, answer)
    review = begin()
    with pytest.raises(ScorerError, match="503"):
        review.run(judge, who="tiny")
    assert review.status().judged == 3
    assert review.status().failures == 0
    assert len(review.next(who="tiny")) == 1


def test_a_model_that_talks_nonsense_judges_nothing(begin, serve):
    _, judge = endpoint_judge(serve, lambda body, n: (200, {"choices": [{"message": {"content": "Sure! It"}}]}))
    review = begin()
    with pytest.raises(ReviewError, match="something else than Y, N or U"):
        review.run(judge, who="tiny")
    assert review.status().judged == 0


def test_a_long_document_in_whose_beginning_nothing_is_found_is_unsure(serve, collection):
    from nerret_tools.review.judges import MOST_CHARACTERS

    server, judge = endpoint_judge(serve, lambda body, n: (200, {"choices": [{"message": {"content": "N"}}]}))
    (one,) = collection.documents(["d0000"])
    long = one.model_copy(update={"document": one.document.model_copy(update={"text": "rain " * MOST_CHARACTERS})})
    assert judge(long) == "unsure"
    assert len(server.requests[0][2]["messages"][1]["content"]) < MOST_CHARACTERS + 100
