"""Vectors of the gold mentions and of whole texts, from the shipped model and from the published backbone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import AutoConfig, AutoTokenizer

from nerret_tools.encoding.precision import PRECISIONS, QUANTIZED
from nerret_tools.encoding.taps import Tap
from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.models.backbone_files import backbone_folder
from nerret_tools.models.encoders import load_encoder

if TYPE_CHECKING:
    from nerret_tools.encoding.backbone import CutBackbone
    from nerret_tools.encoding.encoder import TextEncoder
    from nerret_tools.encoding.pieces import EncodedText
    from nerret_tools.encoding.projector import Projector
    from nerret_tools.models.entity_model import EntityModel

BATCH_SIZE = 64
"""Texts a forward pass; sorted by length, so that little of it is padding."""


@dataclass(frozen=True)
class Vectors:
    """Things to compare with types, and the types read in the same way."""

    owners: np.ndarray  # number of the document that each thing is in, `[n]`
    things: np.ndarray  # `[n, d]`
    types: np.ndarray  # in the order of the data, `[types, d]`


@dataclass(frozen=True)
class GoldMentions:
    """The gold mentions as the shipped model reads them."""

    raw: Vectors  # at the tap, before the projection
    mention: Vectors  # projected from the mention alone, unit length
    context: Vectors | None  # projected from what surrounds it, unit length; only of a model with a context head
    labels: list[list[str]]  # labels of each mention
    context_weight: float = 0.0  # share of the context's cosine in a score

    @property
    def embedding(self) -> Vectors:
        """What the index keeps: mention and context, where there is one."""
        return self.mention if self.context is None else side_by_side(self.mention, self.context, self.context_weight)


def side_by_side(one: Vectors, other: Vectors, weight: float = 0.5) -> Vectors:
    """Two unit-length readings of the same things as one, whose cosine is the mean of their cosines.

    Args:
        one: The first reading.
        other: The second one.
        weight: Of the second one's cosine in the mean.
    """
    first, second = np.float32((1 - weight) ** 0.5), np.float32(weight**0.5)
    return Vectors(
        one.owners,
        np.concatenate([one.things * first, other.things * second], axis=1),
        np.concatenate([one.types * first, other.types * second], axis=1),
    )


def read_gold_mentions(model: EntityModel, data: LabelledData) -> GoldMentions:
    """Read every marked span, whatever its label."""
    encoded = _encode_spans(model.encoder, data)
    raw = _at_spans(model.encoder, data, encoded)
    context = None
    if model.context is not None:
        around = np.concatenate([one.contexts for one in encoded if len(one.spans)])
        context = _project(model.context, Vectors(raw.owners, around, raw.types))
    labels: list[list[str]] = []
    for document, one in zip(data.documents, encoded, strict=True):
        for start, end in one.spans.tolist():
            entities = document.entities
            labels.append(sorted({entity.type for entity in entities if (entity.start, entity.end) == (start, end)}))
    mention = _project(model.projection, raw)
    return GoldMentions(raw, mention, context, labels, model.spec.context_weight)


def read_published(model: EntityModel, data: LabelledData) -> dict[str, Vectors]:
    """Read the backbone as it was published, without what was trained here.

    Returns:
        ``tap``: mentions at the model's tap. ``last``: mentions in the last block's output.
        ``first token``, ``last token``: of the whole text, special tokens included, at the tap.
    """
    spec = model.spec
    folder = backbone_folder(spec)
    top = Tap(AutoConfig.from_pretrained(folder).num_hidden_layers - 1, "output", spec.tap.pooling)
    precision = model.precision if model.precision in (*PRECISIONS, *QUANTIZED) else "float32"
    at_tap = load_encoder(spec, precision=precision, adapted=False)
    at_top = load_encoder(replace(spec, tap=top, state_blocks=()), precision=precision, adapted=False)
    tokenizer = AutoTokenizer.from_pretrained(folder, model_max_length=spec.window_tokens, padding_side="right")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    first, last = _read_ends(at_tap.backbone, tokenizer, [document.text for document in data.documents])
    first_of_types, last_of_types = _read_ends(at_tap.backbone, tokenizer, list(data.types.values()))
    all_documents = np.arange(len(data.documents))
    return {
        "tap": _at_spans(at_tap, data, _encode_spans(at_tap, data)),
        "last": _at_spans(at_top, data, _encode_spans(at_top, data)),
        "first token": Vectors(all_documents, first, first_of_types),
        "last token": Vectors(all_documents, last, last_of_types),
    }


def _encode_spans(encoder: TextEncoder, data: LabelledData) -> list[EncodedText]:
    texts = [document.text for document in data.documents]
    spans = [[(span.start, span.end) for span in document.gold_spans()] for document in data.documents]
    return encoder.encode(texts, spans)


def _at_spans(encoder: TextEncoder, data: LabelledData, encoded: Sequence[EncodedText]) -> Vectors:
    return Vectors(
        owners=np.repeat(np.arange(len(encoded)), [len(one.spans) for one in encoded]),
        things=np.concatenate([one.vectors for one in encoded if len(one.spans)]),
        types=encoder.encode_types(list(data.types.values())),
    )


def _project(projection: Projector, vectors: Vectors) -> Vectors:
    return Vectors(vectors.owners, projection(vectors.things), projection(vectors.types))


@torch.inference_mode()
def _read_ends(backbone: CutBackbone, tokenizer: Any, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """First and last token of each text at the tap, ``[texts, d]`` float32 each."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    ends = None
    for start in range(0, len(order), BATCH_SIZE):
        places = order[start : start + BATCH_SIZE]
        batch = tokenizer(
            [texts[place] for place in places],
            padding=True,
            truncation=True,
            return_tensors="pt",
        ).to(backbone.device)
        tapped, _ = backbone(batch["input_ids"], batch["attention_mask"])
        lengths = batch["attention_mask"].sum(dim=1)
        both = torch.stack([tapped[:, 0], tapped[torch.arange(len(places)), lengths - 1]])
        if ends is None:
            ends = np.zeros((2, len(texts), both.shape[-1]), dtype=np.float32)
        ends[:, places] = both.float().cpu().numpy()
    if ends is None:
        raise ValueError("there are no texts to read")
    return ends[0], ends[1]
