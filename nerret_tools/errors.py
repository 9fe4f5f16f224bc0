"""Every exception that nerret-tools raises on purpose.

::

    NerretError
    ├── InputError (ValueError)          what the caller passed cannot be used
    │   ├── EntityTypeError              the entity type: empty, too long, no letters
    │   ├── DocumentError                one document or its spans
    │   ├── FilterError                  `where`, `limit`, `min_score`, `min_relevance`
    │   ├── CursorError                  foreign, stale or damaged cursor
    │   ├── DataFileError                a file that cannot be read as documents or labels
    │   └── ReviewError                  a review: its file, a verdict, or the index has changed since
    ├── ModelError                       a model that cannot be loaded or used
    │   ├── ModelNotFoundError           unknown name, or weights that are nowhere to be had
    │   ├── ScorerError                  the language model that chooses types does not answer
    │   └── ModelMismatchError           the index was built with another model
    ├── StoreError                       the place where the index is kept
    │   ├── IndexNotFoundError           `create=False` and nothing there
    │   ├── IndexLockedError             another process has the folder open
    │   ├── IndexFormatError             written by a newer version, or not an index
    │   └── StoreUnavailableError        server away, disk full, no permission
    ├── ClusterError                     Ray does not start or answer, or its workers fail for good
    └── MissingExtraError (ImportError)  an optional dependency is not installed

Messages say what happened, to which input, and what to do next.
"""

from typing import Any

__all__ = [
    "ClusterError",
    "CursorError",
    "DataFileError",
    "DocumentError",
    "EntityTypeError",
    "FilterError",
    "IndexFormatError",
    "IndexLockedError",
    "IndexNotFoundError",
    "InputError",
    "MissingExtraError",
    "ModelError",
    "ModelMismatchError",
    "ModelNotFoundError",
    "NerretError",
    "ReviewError",
    "ScorerError",
    "StoreError",
    "StoreUnavailableError",
]


class NerretError(Exception):
    """Base of all errors of this package."""


class InputError(NerretError, ValueError):
    """Something that the caller passed cannot be used."""


class EntityTypeError(InputError):
    """The entity type is empty, too long, or has no letters."""


class DocumentError(InputError):
    """A document, or one of its spans, cannot be indexed."""


class FilterError(InputError):
    """A search option (`where`, `limit`, `min_score`, ...) is not usable."""


class CursorError(InputError):
    """A cursor is damaged, belongs to another search, or the index has changed since."""


class DataFileError(InputError):
    """A file cannot be read as documents or as labelled data."""


class ReviewError(InputError):
    """A review cannot be begun or gone on with: its file is another's, or the index has changed since."""


class ModelError(NerretError):
    """A model cannot be loaded or used."""


class ModelNotFoundError(ModelError):
    """The model's name is unknown, or its weights are nowhere to be had."""


class ModelMismatchError(ModelError):
    """The index was built with another model than the one asked for."""


class ScorerError(ModelError):
    """The language model that chooses among types does not answer, or would cost too much.

    Attributes:
        partial: What was extracted before, one list a text, for the first texts; set by
            `EntityExtractor.extract`.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.partial: list[list[Any]] = []


class StoreError(NerretError):
    """The place where the index is kept cannot be used."""


class IndexNotFoundError(StoreError):
    """There is no index at the given place and `create` is false."""


class IndexLockedError(StoreError):
    """Another process has the index folder open."""


class IndexFormatError(StoreError):
    """What is stored is not an index, or a newer version wrote it."""


class StoreUnavailableError(StoreError):
    """The store does not answer or cannot write: server away, disk full, no permission."""


class ClusterError(NerretError):
    """The Ray cluster cannot be used, or its workers failed for good."""


class MissingExtraError(NerretError, ImportError):
    """An optional dependency is not installed; the message names the extra."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an optional package: pip install 'nerret-tools[{extra}]'")
        self._asked = (feature, extra)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by what it was made with, so that workers can send it."""
        return type(self), self._asked
