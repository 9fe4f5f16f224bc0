from nerret_tools.archetypes.candidates import read_candidates
from nerret_tools.archetypes.discovery import ConsensusDetector, SpanHeadDetector, consensus
from nerret_tools.detection import Detector
from nerret_tools.models import find_spec

TEXT = "Marie Curie left Warsaw for Paris"
CURIE, MARIE, WARSAW, PARIS = (0, 11), (0, 5), (17, 23), (28, 33)


class Fixed:
    """Finds the same spans in every text."""

    def __init__(self, *spans):
        self.name = f"fixed {spans}"
        self._spans = list(spans)

    def detect(self, texts):
        return [list(self._spans) for _ in texts]


def test_a_single_word_that_only_the_explorer_found_is_dropped():
    assert consensus(TEXT, [WARSAW], [CURIE, WARSAW, PARIS]) == [CURIE, WARSAW]


def test_what_only_the_anchor_found_stays():
    assert consensus(TEXT, [MARIE, PARIS], []) == [MARIE, PARIS]


def test_any_two_detectors_make_one():
    detector = ConsensusDetector(Fixed(WARSAW), Fixed(CURIE, PARIS))
    assert isinstance(detector, Detector)
    assert detector.detect([TEXT, TEXT]) == [[CURIE, WARSAW]] * 2
    assert "fixed" in detector.name


def test_one_pass_finds_what_the_two_detectors_find_in_two():
    from nerret_tools.models.model import Model

    detector = ConsensusDetector(SpanHeadDetector(0.6), SpanHeadDetector(0.05))
    texts = [
        TEXT + " .",
        "The Eiffel Tower stands in Paris , not in Rome . Curie left it .\n\n- Rome",
        "",
        "nothing here",
    ]
    candidates = read_candidates(Model(find_spec("minilm")).load(), detector, texts)
    assert [list(map(tuple, one.spans.tolist())) for one in candidates] == detector.detect(texts)
    assert any(len(one.spans) for one in candidates)
    for one in candidates:
        assert len(one.spans) == len(one.probabilities) == len(one.embeddings)
        assert ((one.probabilities > 0.05) & (one.probabilities <= 1)).all()


def test_foreign_detectors_give_candidates_with_embeddings():
    from nerret_tools.models.model import Model

    detector = ConsensusDetector(Fixed(WARSAW), Fixed(CURIE))
    (one,) = read_candidates(Model(find_spec("minilm")).load(), detector, [TEXT])
    assert one.spans.tolist() == [list(CURIE), list(WARSAW)]
    assert one.embeddings.shape == (2, find_spec("minilm").dimension)
    assert one.probabilities[1] > one.probabilities[0]
