import pytest

from nerret_tools.lab.evaluation.span_f1 import difference_p, score_spans
from nerret_tools.reading.labelled.documents import LabelledDocument


def document(*entities):
    marked = [{"start": a, "end": b, "type": kind} for a, b, kind in entities]
    return LabelledDocument(id="x", text="0123456789", entities=marked)


def test_span_and_type_must_both_be_right():
    documents = [document((0, 2, "a"), (4, 6, "b")), document((1, 3, "a"))]
    predicted = [[(0, 2, "a"), (4, 6, "a"), (7, 9, "b")], [(1, 4, "a")]]
    scores = score_spans(documents, predicted, ["a", "b"])
    assert (scores.micro.gold, scores.micro.predicted, scores.micro.right) == (3, 4, 1)
    assert scores.micro.f1 == pytest.approx(2 / 7)
    assert (scores.spans.right, scores.spans.predicted) == (2, 4)
    assert scores.types["a"].precision == pytest.approx(1 / 3)
    assert scores.macro_f1 == pytest.approx((2 / 5 + 0) / 2)


def test_spans_of_labels_that_are_not_evaluated_do_not_count():
    scores = score_spans([document((0, 2, "other"), (4, 6, "a"))], [[(0, 2, "a"), (4, 6, "a")]], ["a"])
    assert scores.micro.f1 == 1


def test_nothing_marked_nothing_found_is_zero_without_an_error():
    scores = score_spans([document()], [[]], ["a"])
    assert scores.micro.f1 == scores.macro_f1 == 0


def test_a_difference_that_is_everywhere_is_no_chance_and_a_single_one_is():
    documents = [document((0, 2, "a")) for _ in range(40)]
    right, wrong = [[(0, 2, "a")]] * 40, [[(0, 3, "a")]] * 40
    good, bad = score_spans(documents, right, ["a"]), score_spans(documents, wrong, ["a"])
    once = score_spans(documents, [*right[:39], wrong[0]], ["a"])
    assert difference_p(good, bad) < 0.01
    assert difference_p(good, once) > 0.5
    assert difference_p(good, good) == 1
    assert "counts" not in good.model_dump()
