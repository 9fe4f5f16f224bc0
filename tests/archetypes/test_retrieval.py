from __future__ import annotations

from dataclasses import replace

import numpy as np

from nerret_tools.archetypes.retrieval import ArchetypeLens
from nerret_tools.models import find_spec


def test_mentions_agree_with_types_of_their_kind():
    from nerret_tools.models.entity_model import load_model

    spec = find_spec("minilm")
    model, lens = load_model(spec), ArchetypeLens.load(spec)
    texts = ["Angela Merkel spoke in Berlin .", "The Rhine flows to the sea ."]
    encoded = model.encode(texts, [[(0, 13)], [(4, 9)]])
    mentions = np.concatenate([one.embeddings for one in encoded])
    assert lens.names(mentions) == ["Person", "Location"]
    person, river = (lens.agreement(mentions, model.encode_types([kind])[0]) for kind in ("politician", "river"))
    assert person[0] > person[1]
    assert river[1] > river[0]


def test_a_model_without_archetypes_has_no_lens(tmp_path):
    assert ArchetypeLens.load(replace(find_spec("minilm"), weights=tmp_path)) is None
