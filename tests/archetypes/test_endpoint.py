"""A real HTTP server on this machine: it answers, is slow, is down, or talks nonsense."""

import math
import threading

import pytest

from nerret_tools.archetypes.endpoint import EndpointScorer
from nerret_tools.archetypes.schema import read_types
from nerret_tools.archetypes.scorer import Question
from nerret_tools.errors import InputError, ScorerError

CITY = Question("Ada was born in London.", 16, 22, tuple(read_types({"city": "a large town", "person": None})))


def reply(content, tops=None, usage=None):
    choice = {"message": {"role": "assistant", "content": content}}
    if tops is not None:
        found = [{"token": token, "logprob": math.log(share)} for token, share in tops.items()]
        choice["logprobs"] = {"content": [{"token": content, "logprob": 0.0, "top_logprobs": found}]}
    return {"choices": [choice], "usage": usage}


def test_letters_become_probabilities_and_other_tokens_do_not(serve, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    server = serve(lambda body, n: (200, reply("A", {"A": 0.6, " B": 0.2, "The": 0.2})))
    (answer,) = EndpointScorer(server.url, "some-model").choose([CITY])
    assert answer.tolist() == pytest.approx([0.75, 0.25, 0.0])
    path, headers, body = server.requests[0]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer secret"
    assert body["model"] == "some-model"
    assert "[[London]]" in body["messages"][1]["content"]
    assert "A) city: a large town" in body["messages"][1]["content"]


def test_without_logprobs_the_letter_alone_counts(serve):
    server = serve(lambda body, n: (200, reply(" B ")))
    (answer,) = EndpointScorer(server.url, "m").choose([CITY])
    assert answer.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"<html>",
        {},
        [],
        {"choices": []},
        {"choices": [{"message": {"content": None}}]},
        reply("London is a city"),
        reply("Z"),
        reply(""),
        reply("A", {}) | {"choices": [{"message": {"content": "A"}, "logprobs": {"content": [{}]}}]},
    ],
)
def test_nonsense_is_no_answer(serve, nonsense, caplog):
    server = serve(lambda body, n: (200, nonsense))
    assert EndpointScorer(server.url, "m").choose([CITY]) == [None]
    assert "could not be used" in caplog.text


def test_a_passing_failure_is_tried_again(serve):
    server = serve(lambda body, n: (503, {}) if n < 3 else (200, reply("A")))
    (answer,) = EndpointScorer(server.url, "m", retries=3).choose([CITY])
    assert answer.tolist() == [1, 0, 0]
    assert len(server.requests) == 3


def test_a_lasting_failure_is_not(serve):
    server = serve(lambda body, n: (401, {"error": "bad key"}))
    with pytest.raises(ScorerError, match=r"401.*bad key"):
        EndpointScorer(server.url, "m").choose([CITY])
    assert len(server.requests) == 1


def test_an_endpoint_that_is_down_is_an_error():
    with pytest.raises(ScorerError, match="cannot be reached"):
        EndpointScorer("http://127.0.0.1:9/v1", "m", retries=0).choose([CITY])


def test_an_endpoint_that_is_slow_is_an_error(serve):
    given_up = threading.Event()

    def slow(body, n):
        assert given_up.wait(300)
        return 200, reply("A")

    server = serve(slow)
    with pytest.raises(ScorerError, match="did not answer in time"):
        EndpointScorer(server.url, "m", timeout=0.2, retries=1).choose([CITY])
    given_up.set()


def test_the_cost_cap_stops_before_it_is_passed(serve):
    used = {"prompt_tokens": 100, "completion_tokens": 1}
    server = serve(lambda body, n: (200, reply("A", usage=used)))
    scorer = EndpointScorer(server.url, "m", max_cost=0.001, input_price=1.0, at_once=1)
    with pytest.raises(ScorerError, match="cost cap"):
        scorer.choose([CITY] * 50)
    assert 1 < len(server.requests) < 11
    assert scorer.spent <= 0.001


def test_many_questions_keep_their_order(serve):
    def answer(body, n):
        return 200, reply("A" if "[[London]]" in body["messages"][1]["content"] else "C")

    other = Question("Ada was born in London.", 0, 3, CITY.candidates)
    answers = EndpointScorer(serve(answer).url, "m", at_once=4).choose([CITY, other] * 6)
    assert [int(one.argmax()) for one in answers] == [0, 2] * 6


def test_options_that_cannot_be_meant_are_refused():
    with pytest.raises(InputError, match="max_cost needs"):
        EndpointScorer("http://x/v1", "m", max_cost=1.0)
    with pytest.raises(InputError, match="at_once"):
        EndpointScorer("http://x/v1", "m", at_once=0)
