"""Indexing on several machines: Ray Data reads and encodes, one writer stores. Needs the extra ``ray``."""

from nerret_tools.errors import MissingExtraError

try:
    import ray.data  # noqa: F401
except ImportError as error:
    raise MissingExtraError("Indexing with Ray", "ray") from error

from nerret_tools.distributed.run import index_dataset

__all__ = ["index_dataset"]
