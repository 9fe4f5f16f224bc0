"""Rankings by other representations, against loops in plain Python and against the complete backbone."""

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from nerret_tools import EntityIndex
from nerret_tools.lab.evaluation.ablations import rank_by_best, score_representations
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.evaluation.representations import Vectors, read_gold_mentions, read_published
from nerret_tools.models.backbone_files import backbone_folder

from .conftest import document, labelled_data


@pytest.fixture(scope="module")
def data(small_world):
    return read_labelled(*small_world)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    with EntityIndex.open(tmp_path_factory.mktemp("model"), precision="float32") as index:
        return index.load_model()


@pytest.fixture(scope="module")
def published(model, data):
    return read_published(model, data)


@pytest.fixture(scope="module")
def hidden_states(model):
    """All hidden states of one text in the complete backbone, and its tokens' offsets."""
    folder = backbone_folder(model.spec)
    backbone, tokenizer = AutoModel.from_pretrained(folder, dtype=torch.float32), AutoTokenizer.from_pretrained(folder)

    def run(text):
        batch = tokenizer([text], return_tensors="pt", return_offsets_mapping=True)
        offsets = batch.pop("offset_mapping")[0].tolist()
        with torch.inference_mode():
            states = backbone(**batch, output_hidden_states=True).hidden_states
        return [state[0].numpy() for state in states], offsets

    return run


def test_documents_rank_by_their_best_mention_and_those_without_one_are_left_out():
    chance = np.random.default_rng(3)
    data = labelled_data([document(one, None) for one in "abcdef"] + [document("r", "river")], ["river"])
    owners = np.array([0, 0, 1, 3, 3, 3, 6])
    things, types = chance.normal(size=(7, 4)).astype(np.float32), chance.normal(size=(1, 4)).astype(np.float32)
    best = {}
    for owner, thing in zip(owners, things, strict=True):
        name = data.documents[owner].id
        best[name] = max(best.get(name, -np.inf), float(thing @ types[0]))
    assert rank_by_best(data, Vectors(owners, things, types)) == {"river": sorted(best, key=lambda name: -best[name])}


def test_first_and_last_token_are_those_of_the_complete_backbone(model, data, published, hidden_states):
    block = model.spec.tap.block
    for number in (0, 5, 11):  # of unequal length, so that there is padding
        states, _ = hidden_states(data.documents[number].text)
        assert published["first token"].things[number] == pytest.approx(states[block + 1][0], abs=1e-4)
        assert published["last token"].things[number] == pytest.approx(states[block + 1][-1], abs=1e-4)


def test_mentions_are_means_of_the_last_blocks_output(data, published, hidden_states):
    states, offsets = hidden_states(data.documents[0].text)
    (span,) = data.documents[0].gold_spans()
    inside = [place for place, (a, b) in enumerate(offsets) if a < b and a >= span.start and b <= span.end]
    assert published["last"].things[0] == pytest.approx(states[-1][inside].mean(axis=0), abs=1e-4)


def test_gold_mentions_are_the_models_own_embeddings(model, data):
    gold = read_gold_mentions(model, data)
    spans = [[(span.start, span.end) for span in one.gold_spans()] for one in data.documents]
    encoded = model.encode([one.text for one in data.documents], spans)
    assert gold.embedding.things == pytest.approx(np.concatenate([one.embeddings for one in encoded]), abs=1e-5)
    assert gold.embedding.types == pytest.approx(model.encode_types(list(data.types.values())), abs=1e-5)
    assert gold.labels[:3] == [["river"], ["river"], ["river"]]


def test_only_the_shipped_rows_have_a_projection(model, data, published):
    rows = score_representations(data, read_gold_mentions(model, data), published)
    assert [row.name for row in rows if row.projected] == [row.name for row in rows[:3]]
    assert not any(row.projected for row in rows if "published" in row.name or "without the projection" in row.name)
    assert len({row.name for row in rows}) == len(rows) >= 7
    # what surrounds a mention says less about its type than the mention does
    by_name = {row.name: row.r_precision.mean for row in rows}
    assert rows[0].r_precision.mean > by_name[next(name for name in by_name if "last token" in name)]
