"""A model's description as a JSON file, for backbones that have no name here."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nerret_tools.encoding import Component, Pooling, Tap
from nerret_tools.encoding.taps import WINDOW_TOKENS
from nerret_tools.errors import ModelError, ModelNotFoundError
from nerret_tools.models.spec import ModelSpec


class _TapFields(BaseModel):
    model_config = ConfigDict(extra="forbid")
    block: int = Field(ge=0)
    component: Component = "value"
    pooling: Pooling = "mean"


class _SpecFields(BaseModel):
    """As `ModelSpec`; ``folder`` and ``weights`` are relative to the file."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    backbone: str
    revision: str
    tap: _TapFields
    sha256: str | None = None
    licence: str = "not stated"
    state_blocks: tuple[int, ...] = ()
    dimension: int = Field(default=500, gt=0)
    weights: str = "."
    folder: str | None = None
    window_tokens: int = Field(default=WINDOW_TOKENS, gt=8)
    gated: bool = False
    adapted: bool = False
    context_dimension: int = Field(default=0, ge=0)
    context_weight: float = Field(default=0.0, ge=0, le=1)


def read_spec(path: str | Path) -> ModelSpec:
    """Read a description; ``nerret models show NAME`` prints one to start from.

    Raises:
        ModelNotFoundError: There is no such file.
        ModelError: It is not a description; the field is named.
    """
    file = Path(path).expanduser()
    try:
        fields = _SpecFields.model_validate_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelNotFoundError(f"the model description {file} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ModelError(f"the model description {file}: {where}: {first['msg']}") from error
    place = file.absolute().parent
    values = fields.model_dump() | {
        "tap": Tap(fields.tap.block, fields.tap.component, fields.tap.pooling),
        "weights": place / fields.weights,
        "folder": None if fields.folder is None else place / fields.folder,
    }
    return ModelSpec(**values)


def spec_json(spec: ModelSpec) -> str:
    """Write a description as JSON that `read_spec` reads, with absolute paths."""
    names = [name for name in _SpecFields.model_fields if name not in ("tap", "weights", "folder")]
    values = {name: getattr(spec, name) for name in names} | {
        "tap": _TapFields(block=spec.tap.block, component=spec.tap.component, pooling=spec.tap.pooling),
        "weights": str(spec.weights.absolute()),
        "folder": None if spec.folder is None else str(spec.folder.absolute()),
    }
    return _SpecFields(**values).model_dump_json(indent=1)
