"""Of a checkpoint in several files, those that hold what lies below the tap."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

SHARD_INDEX = "model.safetensors.index.json"

_BLOCK = re.compile(r"(?:^|\.)layers?\.(\d+)\.")
_ABOVE = re.compile(r"^lm_head\.|^(?:model\.)?norm\.")  # the head and the last norm


def needed_shards(weight_map: Mapping[str, str], block_count: int) -> dict[str, str]:
    """Choose the weights of the first blocks and of what lies before them.

    Args:
        weight_map: Name of each weight → the file that has it, as in the checkpoint's index.
        block_count: Blocks that are loaded.

    Returns:
        The same mapping without files that hold nothing needed.
    """
    kept = {
        file
        for name, file in weight_map.items()
        if not _ABOVE.search(name) and ((block := _BLOCK.search(name)) is None or int(block[1]) < block_count)
    }
    return {name: file for name, file in weight_map.items() if file in kept}


@contextmanager
def without_upper_shards(folder: Path, block_count: int) -> Iterator[Path]:
    """Give a folder that names the needed files only: the others are not opened and may be absent.

    A folder whose weights are one file is given as it is; that file is memory-mapped and only
    what is needed is read from it.
    """
    if not (folder / SHARD_INDEX).is_file():
        yield folder
        return
    index = json.loads((folder / SHARD_INDEX).read_text(encoding="utf-8"))
    needed = needed_shards(index["weight_map"], block_count)
    index["weight_map"] = {name: str((folder / file).absolute()) for name, file in needed.items()}
    with TemporaryDirectory(prefix="nerret-") as view:
        (Path(view) / SHARD_INDEX).write_text(json.dumps(index), encoding="utf-8")
        config = (folder / "config.json").read_text(encoding="utf-8")
        (Path(view) / "config.json").write_text(config, encoding="utf-8")
        yield Path(view)
