"""Named models: what they are made of, where their weights are, how they are loaded.

`EntityModel`, what `Model.load` gives, is imported from its module, `entity_model`.
"""

from typing import TYPE_CHECKING

from nerret_tools.lazy import exported

if TYPE_CHECKING:
    from nerret_tools.models.calibration import Calibration
    from nerret_tools.models.model import Model
    from nerret_tools.models.registry import MODELS, find_spec
    from nerret_tools.models.spec import ModelSpec

__all__ = ["MODELS", "Calibration", "Model", "ModelSpec", "find_spec"]

_PLACES = {
    "Calibration": "calibration",
    "MODELS": "registry",
    "Model": "model",
    "ModelSpec": "spec",
    "find_spec": "registry",
}
__getattr__ = exported(__name__, _PLACES)
