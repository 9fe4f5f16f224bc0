"""What every test shares: no network, and the paths of data that may be absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run small things; threads that wait for each other cost more

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data():
    """The folder of labelled data beside the repository; tests that need it are skipped without it."""
    if not SHARED.is_dir():
        pytest.skip("needs the labelled data in ../shared/data, which is not part of the project")
    return SHARED
