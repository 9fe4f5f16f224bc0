"""A large backbone in the index: given spans, a detector, or a span head trained on its own blocks."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from nerret_tools import Document, EntityIndex, EntityQuery, Span
from nerret_tools.cli.app import app
from nerret_tools.errors import FilterError, ModelError, ModelMismatchError
from nerret_tools.models import Calibration, find_spec

TOWNS = ["Vienna", "Ghent", "Oslo", "Lima", "Quito", "Turin"]
TEXT = "they left Oslo early and saw nobody"
OPTIONS = {"precision": "float32", "device": "cpu"}


@pytest.fixture
def description(tiny_llama, tmp_path):
    """A copy of the description with weights of its own."""
    shutil.copytree(tiny_llama.folder / "weights", tmp_path / "weights")
    fields = json.loads((tiny_llama.folder / "tiny.json").read_text())
    fields |= {"name": tmp_path.name, "folder": str(tiny_llama.folder / "llama")}
    (tmp_path / "tiny.json").write_text(json.dumps(fields), encoding="utf-8")
    return tmp_path / "tiny.json"


class Capitals:
    """Finds words with a capital."""

    name = "capitals"

    def detect(self, texts):
        return [
            [(text.index(word), text.index(word) + len(word)) for word in text.split() if word.istitle()]
            for text in texts
        ]


def test_documents_bring_their_spans_and_those_without_are_reported(description, tmp_path):
    documents = [Document(id="a", text=TEXT, spans=[Span(start=10, end=14)]), Document(id="b", text=TEXT)]
    with EntityIndex.open(tmp_path / "index", model=description, **OPTIONS) as index:
        report = index.add(documents)
        assert (report.added, report.mentions) == (1, 1)
        [failed] = report.failed
        assert failed.id == "b"
        assert "nerret train --only spans" in failed.reason
        assert [one.text for one in index.mentions("a")] == ["Oslo"]
        assert index.stats().details["detector"] == "none"


def test_without_a_calibration_the_ranking_and_scores_are_there_and_relevance_is_not(description, tmp_path):
    with EntityIndex.open(tmp_path / "index", model=str(description), detector=Capitals(), **OPTIONS) as index:
        index.add([Document(id=town, text=f"they left {town} early") for town in TOWNS])
        with pytest.raises(FilterError, match=r"no calibration.*min_score.*min_relevance=0"):
            index.find("town")
        with pytest.raises(FilterError, match="no calibration"):
            index.find("town", min_relevance=0.5)
        with pytest.raises(FilterError, match="no calibration, by which types are combined"):
            index.find(EntityQuery(any_of=["town", "port"]), min_relevance=0)
        everything = index.find("town", min_relevance=0)
        assert everything.total == len(TOWNS)
        assert everything.min_relevance is None
        assert {hit.relevance for hit in everything.hits} == {None}
        best = everything.hits[0].score
        assert index.find("town", min_score=best).total == 1
        assert np.isnan(index.rank_many(["town"])[0].relevances).all()


def test_the_command_takes_a_description_and_shows_scores(description, tmp_path):
    place = ["--index", str(tmp_path / "index"), "--model", str(description)]
    line = {"id": "a", "text": TEXT, "spans": [{"start": 10, "end": 14}]}
    (tmp_path / "in.jsonl").write_text(json.dumps(line))
    indexed = CliRunner().invoke(app, ["index", str(tmp_path / "in.jsonl"), *place])
    assert indexed.exit_code == 0, indexed.output
    refused = CliRunner().invoke(app, ["find", "town", *place])
    assert refused.exit_code == 2
    assert "no calibration" in refused.output
    shown = CliRunner().invoke(app, ["find", "town", "--min-relevance", "0", *place])
    assert shown.exit_code == 0, shown.output
    assert "score" in shown.output
    assert "[Oslo]" in shown.output


def test_a_span_head_trained_on_an_early_block_finds_and_embeds_in_one_pass(description, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    lines = [
        {
            "id": str(number),
            "text": f"they left {town} early and saw nobody",
            "entities": [{"start": 10, "end": 10 + len(town), "type": ("town", "port")[number % 2]}],
        }
        for number, town in enumerate(TOWNS)
    ]
    (folder / "marked.jsonl").write_text("\n".join(map(json.dumps, lines)))
    spans = {
        "kind": "spans",
        "training": {"data": [{"path": "marked.jsonl", "complete": True}], "batch_size": 6, "drop_case": 0},
        "steps": 40,
        "learning_rate": 3e-3,
        "threshold": 0.5,
    }
    calibration = {"kind": "calibration", "labelled": [{"path": "marked.jsonl", "types": "types.json"}]}
    (folder / "types.json").write_text(json.dumps({"town": "town", "port": "port"}))
    spec = find_spec(description)

    def train(*steps):
        (folder / "recipe.json").write_text(json.dumps({"start": str(spec.weights), "steps": steps}))
        arguments = [str(folder), "--out", str(spec.weights), "--recipe", str(folder / "recipe.json")]
        return CliRunner().invoke(app, ["train", "--model", str(description), *arguments])

    with EntityIndex.open(tmp_path / "index", model=description, **OPTIONS):
        pass
    trained = train(spans)
    assert trained.exit_code == 0, trained.output
    with pytest.raises(ModelMismatchError, match="detector: none in the index, span head"):
        EntityIndex.open(tmp_path / "index", model=description)
    with EntityIndex.open(tmp_path / "second", model=description, **OPTIONS) as index:
        assert index.add([Document(id="a", text="they left Porto early and saw nobody")]).mentions == 1
        assert [one.text for one in index.mentions("a")] == ["Porto"]
    head = (spec.weights / "spans.safetensors").stat().st_mtime_ns
    calibrated = train(spans, calibration)
    assert calibrated.exit_code == 0, calibrated.output
    assert 0 < Calibration.load(spec.weights / "calibration.json").cutoff < 1
    assert (spec.weights / "spans.safetensors").stat().st_mtime_ns == head  # done before, not done again
    missed = {"id": "a", "text": "they", "entities": [{"start": 0, "end": 4, "type": "town"}]}
    (folder / "marked.jsonl").write_text(json.dumps(missed))
    refused = train(calibration)
    assert refused.exit_code == 2
    assert "no mention was found in the development sentences" in " ".join(refused.output.split())


def test_calibration_without_a_span_head_uses_the_marked_spans(description, tmp_path):
    from nerret_tools.lab.training.recipe import CalibrationStep, LabelledFiles
    from nerret_tools.lab.training.steps import make_calibration

    line = {"id": "a", "text": TEXT, "entities": [{"start": 10, "end": 14, "type": "town"}]}
    other = {"id": "b", "text": TEXT, "entities": [{"start": 25, "end": 28, "type": "deed"}]}
    (tmp_path / "marked.jsonl").write_text(json.dumps(line) + "\n" + json.dumps(other))
    (tmp_path / "types.json").write_text('{"town": "town", "deed": "deed"}')
    files = LabelledFiles(path="marked.jsonl", types="types.json")
    recipe = CalibrationStep(kind="calibration", labelled=[files])
    file = make_calibration(find_spec(description), recipe, tmp_path, tmp_path / "weights")
    assert 0 < Calibration.load(file).cutoff < 1


def test_a_description_without_state_blocks_cannot_train_a_span_head(description, tmp_path):
    from nerret_tools.lab.training.recipe import SpansStep, SpanTraining
    from nerret_tools.lab.training.steps import make_span_head

    spec = dataclasses.replace(find_spec(description), state_blocks=())
    with pytest.raises(ModelError, match="names no state_blocks"):
        make_span_head(spec, SpansStep(kind="spans", training=SpanTraining()), tmp_path, tmp_path / "out")
