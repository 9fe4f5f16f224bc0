"""Where a backbone's files are: a folder the user names, an installed package, or the hub."""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
from functools import lru_cache
from pathlib import Path

from nerret_tools.errors import ModelError, ModelNotFoundError
from nerret_tools.models.spec import ModelSpec

logger = logging.getLogger(__name__)

WEIGHT_FILE = "model.safetensors"
HUB_FILES = (
    WEIGHT_FILE,
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "sentence_bert_config.json",  # for the dense baseline
    "1_Pooling/config.json",
)


def path_variable(spec: ModelSpec) -> str:
    """Name of the environment variable that may hold the backbone's folder."""
    return f"NERRET_{spec.name.upper().replace('-', '_').replace('.', '_')}_PATH"


def backbone_folder(spec: ModelSpec, path: str | Path | None = None) -> Path:
    """Find the backbone's files and check that they are the ones the model was trained on.

    Args:
        spec: The model.
        path: A folder that the user names; else the environment variable of `path_variable`.
            Without either: the installed package, then the hub at the pinned revision.

    Raises:
        ModelNotFoundError: They are nowhere; the message says which command to run.
        ModelError: The weights are not the published ones.
    """
    named = path or os.environ.get(path_variable(spec))
    if named:
        folder = Path(named)
        if not (folder / WEIGHT_FILE).is_file():
            raise ModelNotFoundError(f"{folder} has no {WEIGHT_FILE}; it must hold {spec.backbone}")
    else:
        folder = _from_package(spec) or _from_hub(spec)
    weights = folder / WEIGHT_FILE
    found = _sha256(weights, weights.stat().st_mtime_ns)
    if found != spec.sha256:
        raise ModelError(
            f"{folder / WEIGHT_FILE} is not {spec.backbone}: its sha256 is {found}, expected {spec.sha256}. "
            "Vectors from other weights cannot be compared; name the right folder."
        )
    return folder


def _from_package(spec: ModelSpec) -> Path | None:
    if spec.package is None:
        return None
    try:
        package = importlib.import_module(spec.package)
    except ImportError:
        return None
    return Path(package.get_model_path())


def _from_hub(spec: ModelSpec) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    logger.info("looking for %s at revision %s on the hub", spec.backbone, spec.revision)
    try:
        return Path(snapshot_download(spec.backbone, revision=spec.revision, allow_patterns=list(HUB_FILES)))
    except (OSError, HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        offline = "pip install 'nerret-tools[offline]', or " if spec.package else ""
        raise ModelNotFoundError(
            f"the backbone {spec.backbone} is not here and the hub cannot be reached. Run: {offline}"
            f"hf download {spec.backbone} --revision {spec.revision} --local-dir FOLDER and set "
            f"{path_variable(spec)}=FOLDER"
        ) from error


@lru_cache(maxsize=8)
def _sha256(path: Path, modified: int) -> str:
    """Hash a file; ``modified`` makes a changed file another key of the cache."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
