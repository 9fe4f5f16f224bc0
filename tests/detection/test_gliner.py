"""The GLiNER adapter, on a small object with GLiNER's documented interface."""

import pytest

from nerret_tools import Document, EntityIndex
from nerret_tools.detection import Detector, GlinerDetector


class CapitalWords:
    """Answers as GLiNER does: a list of entities a text, with start, end, text, label and score."""

    def __init__(self):
        self.calls = []

    def inference(self, texts, labels, flat_ner=True, threshold=0.5):
        self.calls.append((len(texts), flat_ner, threshold))
        answers = []
        for text in texts:
            found, place = [], 0
            for word in text.split():
                start = text.index(word, place)
                place = start + len(word)
                if word[0].isupper():
                    entity = {"start": start, "end": place, "text": word, "label": labels[0], "score": 0.9}
                    found += [entity, {**entity, "label": labels[1]}]
            answers.append(found)
        return answers


class OlderCapitalWords:
    """The same under the method's former name."""

    def batch_predict_entities(self, texts, labels, flat_ner=True, threshold=0.5):
        return CapitalWords().inference(texts, labels, flat_ner, threshold)


@pytest.mark.parametrize("model", [CapitalWords(), OlderCapitalWords()])
def test_each_span_comes_once_whatever_its_labels(model):
    detector = GlinerDetector(model)
    assert isinstance(detector, Detector)
    assert detector.detect(["Iberia flew to Madrid", "nobody came"]) == [[(0, 6), (15, 21)], []]


def test_texts_go_in_batches_with_nested_spans_allowed():
    model = CapitalWords()
    GlinerDetector(model, threshold=0.2, batch_size=2).detect(["A", "B", "C"])
    assert model.calls == [(2, False, 0.2), (1, False, 0.2)]


def test_an_index_can_be_built_with_it(tmp_path):
    with EntityIndex.open(tmp_path / "gliner", detector=GlinerDetector(CapitalWords())) as index:
        index.add([Document(id="a", text="Then Iberia flew to Madrid")])
        assert [mention.text for mention in index.mentions("a")] == ["Then", "Iberia", "Madrid"]
        assert "gliner:CapitalWords:0.3" in index.stats().details["detector"]
