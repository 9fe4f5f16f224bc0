"""Ray, started quietly where the caller has not started or joined it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import ray

from nerret_tools.errors import ClusterError
from nerret_tools.threads import processors

ADDRESS_VARIABLE = "RAY_ADDRESS"
"""Ray's own: the cluster to join. Without it, one is started on this machine for as long as it is needed."""

_USAGE_STATISTICS = "RAY_USAGE_STATS_ENABLED"
_CORE_LOGGING = "RAY_BACKEND_LOG_LEVEL"
"""Of Ray's C++ part, which writes to stderr: at its own level it warns of every pool of actors."""


def end_with_all_of_ray(code: int) -> NoReturn:
    """End this process and everything it started, at once and without a word.

    For Ctrl-C: taken down in order, Ray's core at times ends the process before it can say anything, and leaves a
    helper behind. The index is made to be killed at any moment, and a cluster that was joined notices by itself.
    """
    import psutil  # comes with Ray

    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            process.kill()
    os._exit(code)


@contextmanager
def connected(cpus: int | None = None) -> Iterator[None]:
    """Use the Ray of this process, join the cluster of ``RAY_ADDRESS``, or start one here with so many CPUs at least.

    What was joined or started is left at the end. ``cpus=None``: as many as the machine has.

    Raises:
        ClusterError: The cluster does not answer.
    """
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault(_USAGE_STATISTICS, "0")
    address = os.environ.get(ADDRESS_VARIABLE)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        if address:
            ray.init(address, **quiet)
        else:
            os.environ.setdefault(_CORE_LOGGING, "fatal")
            ray.init(
                "local", include_dashboard=False, num_cpus=None if cpus is None else max(cpus, processors()), **quiet
            )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ClusterError(
            f"Ray {f'at {address} ' if address else ''}cannot be used ({error}); check {ADDRESS_VARIABLE}, set "
            "RAY_AUTH_MODE=token where the cluster asks for a token, or unset both to run on this machine alone"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()
