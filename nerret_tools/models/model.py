"""Which model, and how it runs: a value that is handed down, and gives the loaded model when that is needed."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec as find_package
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from nerret_tools.encoding.backend import DEVICE_VARIABLE, ONNX_PRECISION
from nerret_tools.encoding.loading import LOADING
from nerret_tools.errors import MissingExtraError, ModelError
from nerret_tools.models.spec import ModelSpec

if TYPE_CHECKING:
    from nerret_tools.models.entity_model import EntityModel

logger = logging.getLogger(__name__)

_KEPT = 4  # loaded models
_loaded: OrderedDict[tuple[Model, frozenset[tuple[str, int]]], EntityModel] = OrderedDict()


@dataclass(frozen=True)
class Model:
    """A description and how to run it. Equal values share one loaded model.

    Attributes:
        spec: Which model.
        backbone: Folder of the backbone's files; see `backbone_folder`. Named, it runs in torch.
        precision: ``int8-onnx`` runs the exported graph on the CPU; ``float32``, ``bfloat16``, ``int8``
            and ``int4`` run in torch, see `choose_precision`. None: the graph where the model has one
            and no device is named, else what the hardware is good at.
        device: See `choose_devices`; None: what ``NERRET_DEVICE`` says.
    """

    spec: ModelSpec
    backbone: str | Path | None = None
    precision: str | None = None
    device: str | None = None

    @property
    def light(self) -> bool:
        """Whether it runs in ONNX Runtime.

        Raises:
            ModelError: ``int8-onnx`` was asked for and is not to be had.
        """
        if self.precision == ONNX_PRECISION:
            if not self.spec.has_graph:
                raise ModelError(f"precision {ONNX_PRECISION}: model {self.spec.name} has no exported graph")
            return True
        named = self.device or os.environ.get(DEVICE_VARIABLE) or "cpu"
        if self.precision or self.backbone or named != "cpu" or not self.spec.has_graph:
            return False
        if find_package("onnxruntime") is None:
            logger.warning("there is no onnxruntime here; model %s runs in torch, which is slower", self.spec.name)
            return False
        return True

    def number_format(self) -> str:
        """Return what an index records: ``int8-onnx``, ``float32``, ``bfloat16``, ``int8`` or ``int4``.

        Raises:
            ModelError: The precision or the device is not possible.
            MissingExtraError: It needs torch.
        """
        if self.light:
            return ONNX_PRECISION
        return str(self._torch().number_format(self.precision, self.device))

    def load(self) -> EntityModel:
        """Return the model ready to run; loaded once a process for equal values.

        Raises:
            ModelError: Files are missing, damaged or not the right ones.
            MissingExtraError: It needs torch, or the device or precision other packages.
        """
        with LOADING:
            # What an index recorded and what is chosen without a word are one; weights trained again are another model.
            key = replace(self, precision=self.number_format()), _stamps(self.spec.weights)
            if key not in _loaded:
                _loaded[key] = self._load()
                while len(_loaded) > _KEPT:
                    _loaded.popitem(last=False)
            _loaded.move_to_end(key)
            return _loaded[key]

    def _load(self) -> EntityModel:
        if self.light:
            found: EntityModel = import_module("nerret_tools.models.graph").load_model(self.spec)
        else:
            found = self._torch().load_model(self.spec, self.backbone, self.precision, self.device)
        return found

    def _torch(self) -> ModuleType:
        """The place that imports torch, and so is not imported itself before it is needed."""
        if find_package("torch") is None or find_package("transformers") is None:
            how = self.precision or self.device or "without an exported graph"
            raise MissingExtraError(f"Model {self.spec.name} ({how})", "torch")
        return import_module("nerret_tools.models.encoders")


def _stamps(folder: Path) -> frozenset[tuple[str, int]]:
    """Names and times of the files of a folder."""
    if not folder.is_dir():
        return frozenset()
    return frozenset((file.name, file.stat().st_mtime_ns) for file in folder.iterdir())
