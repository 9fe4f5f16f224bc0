"""Projections that others trained and published, made readable for us."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from zipfile import BadZipFile

import torch
from torch import Tensor

from nerret_tools.encoding.projection import Projection
from nerret_tools.errors import ModelError, ModelNotFoundError
from nerret_tools.models.spec import PROJECTION_FILE, ModelSpec


@dataclass(frozen=True)
class PublishedHead:
    """A projection as its authors published it: two linear layers with SiLU and dropout between."""

    source: str  # where it comes from
    licence: str  # under which it is published, and by whom
    sha256: str  # of the file
    shape: tuple[int, int, int]  # width of the representations, of the hidden layer, of the embeddings


# The reference implementation of arXiv 2509.04011: Linear, SiLU, Dropout(0.1), Linear as `net.0` to
# `net.3`; its inputs are not centred and its outputs are brought to unit length by whoever compares.
PUBLISHED_HEADS = {
    "llama-3.1-8b": PublishedHead(
        source="https://github.com/ShacharOr100/ner_retriever (contrastive_projection_head.pth)",
        licence="MIT, Copyright (c) 2025 Or Shachar",
        sha256="51a741d9faf9c3938bd6482b1a58497a01f1f569a8025b98ef81f22f661544e7",
        shape=(1024, 500, 500),
    )
}


def import_head(file: Path, spec: ModelSpec, head: PublishedHead | None = None) -> Path:
    """Check a published projection and write it as safetensors into the model's folder; return the file.

    What is expected is looked up by the model's name unless it is given.

    Raises:
        ModelNotFoundError: The file is missing, or no published projection is known for the model.
        ModelError: It is another file, or does not hold what it should.
    """
    head = head or PUBLISHED_HEADS.get(spec.name)
    if head is None:
        known = ", ".join(sorted(PUBLISHED_HEADS))
        raise ModelNotFoundError(f"no published projection is known for {spec.name}; there is one for: {known}")
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelNotFoundError(f"{file} cannot be read: {error}. It can be had at {head.source}") from error
    if found != head.sha256:
        raise ModelError(
            f"{file} is not the published projection: its sha256 is {found}, expected {head.sha256}. "
            f"Download it again from {head.source}"
        )
    projection = _as_projection(_read(file), head.shape, file)
    spec.weights.mkdir(parents=True, exist_ok=True)
    out = spec.weights / PROJECTION_FILE
    projection.save(out)
    (spec.weights / "README.md").write_text(
        f"# {spec.name}\n\n`{PROJECTION_FILE}` holds the weights of {head.source}, sha256 {head.sha256}.\n"
        f"Licence: {head.licence}.\n",
        encoding="utf-8",
    )
    return out


def _read(file: Path) -> dict[str, Tensor]:
    try:
        weights = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, UnpicklingError, BadZipFile, EOFError) as error:
        raise ModelError(f"{file} cannot be read as weights: {error}") from error
    if not isinstance(weights, dict) or not all(isinstance(value, Tensor) for value in weights.values()):
        raise ModelError(f"{file} holds something else than named weights")
    return weights


def _as_projection(weights: dict[str, Tensor], shape: tuple[int, int, int], file: Path) -> Projection:
    width, hidden, out = shape
    expected = {
        "net.0.weight": (hidden, width),
        "net.0.bias": (hidden,),
        "net.3.weight": (out, hidden),
        "net.3.bias": (out,),
    }
    found = {name: tuple(value.shape) for name, value in weights.items()}
    if found != expected:
        raise ModelError(f"{file} holds {found}, expected {expected}")
    if not all(bool(torch.isfinite(value).all()) for value in weights.values()):
        raise ModelError(f"{file} holds values that are no numbers")
    projection = Projection(width, hidden, out)
    names = {"net.0": "first", "net.3": "second"}
    renamed = {names[name[:5]] + name[5:]: value.float() for name, value in weights.items()}
    projection.load_state_dict(renamed | {"center": torch.zeros(width)})
    return projection.eval()
