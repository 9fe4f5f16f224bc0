"""Embeddings in two dimensions: by principal components at once, by UMAP in the background."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import threading
import warnings
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from nerret_tools.user_folders import cache_folder

_log = logging.getLogger(__name__)

Points = npt.NDArray[np.float64]

NEIGHBOURS = 15  # UMAP's default
SEED = 0


def principal_components(embeddings: np.ndarray) -> Points:
    """The two directions in which the embeddings differ most, each from 0 to 1: ``[n, 2]``."""
    centred = embeddings - embeddings.mean(axis=0)
    _, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    best = directions[:, :-3:-1]
    best *= np.sign(best[np.abs(best).argmax(axis=0), [0, 1]])  # of two mirror images always the same
    return _unit(centred @ best)


class Neighbourhoods:
    """UMAP's layout: computed by a process of its own once it is asked for, and kept on the disk for the next time.

    Args:
        name: Of the index in its state.
        embeddings: ``[n, dimension]``.

    Attributes:
        points: ``[n, 2]`` from 0 to 1, once they are there.
        progress: From 0 to 1; ``None`` before it begins.
        possible: Whether there can be any: not without umap-learn, nor with too few mentions.
    """

    def __init__(self, name: str, embeddings: np.ndarray) -> None:
        self._embeddings = embeddings
        self._lock = threading.Lock()
        self._file = cache_folder() / "maps" / f"{re.sub('[^A-Za-z0-9-]', '', name)}-{len(embeddings)}.npy"
        self.points = _read(self._file, len(embeddings))
        self.progress: float | None = None
        self.possible = self.points is not None or (find_spec("umap") is not None and len(embeddings) > NEIGHBOURS)

    def begin(self) -> None:
        """Compute it in the background; again is fine."""
        with self._lock:
            if self.points is None and self.possible and self.progress is None:
                self.progress = 0.0
                threading.Thread(target=self._lay_out, name="nerret-umap", daemon=True).start()

    def _lay_out(self) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=self._file.parent) as folder:
                np.save(Path(folder) / "embeddings.npy", self._embeddings)
                command = [sys.executable, "-m", __name__, folder]
                with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                    for line in process.stdout or ():
                        self.progress = float(line)
                if process.returncode == 0:
                    os.replace(Path(folder) / "points.npy", self._file)
        except OSError as error:
            _log.warning("the layout of the map cannot be kept: %s", error)
        self.points = _read(self._file, len(self._embeddings))
        self.possible = self.points is not None


class _Progress:
    """What tqdm writes its bar to: a share a line on stdout."""

    def write(self, text: str) -> None:
        found = re.search(r"(\d+)%", text)
        if found is not None:
            sys.stdout.write(f"{min(0.99, int(found[1]) / 100)}\n")
            sys.stdout.flush()  # fails once nobody reads it, which ends this process too

    def flush(self) -> None:
        """Nothing is held back."""


def _compute(folder: Path) -> None:
    """What the process does."""
    from umap import UMAP

    watched = {"file": _Progress(), "disable": False}
    layout = UMAP(n_neighbors=NEIGHBOURS, metric="cosine", random_state=SEED, tqdm_kwds=watched)
    np.save(folder / "points.npy", _unit(layout.fit_transform(np.load(folder / "embeddings.npy"))))


def _unit(points: np.ndarray) -> Points:
    """Both columns from 0 to 1."""
    least, most = points.min(axis=0), points.max(axis=0)
    scaled: Points = (points - least) / np.maximum(most - least, 1e-12)
    return scaled


def _read(file: Path, count: int) -> Points | None:
    try:
        points: Points = np.load(file)
    except (OSError, ValueError):
        return None
    return points if points.shape == (count, 2) else None


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # about TensorFlow, which this does not need, and UMAP's one thread
    _compute(Path(sys.argv[1]))
