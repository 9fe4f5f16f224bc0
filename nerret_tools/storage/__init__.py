"""What is kept: Chroma holds the truth, a memory-mapped copy of the vectors is scanned.

Importing this package imports neither chromadb nor torch; opening a store imports chromadb.
"""

from typing import TYPE_CHECKING

from nerret_tools.lazy import exported

if TYPE_CHECKING:
    from nerret_tools.storage.chroma import ChromaStore
    from nerret_tools.storage.metadata import check_metadata
    from nerret_tools.storage.records import MentionBlock, StoredDocument, StoredMention

__all__ = [
    "ChromaStore",
    "MentionBlock",
    "StoredDocument",
    "StoredMention",
    "check_metadata",
]

_PLACES = {
    "ChromaStore": "chroma",
    "MentionBlock": "records",
    "StoredDocument": "records",
    "StoredMention": "records",
    "check_metadata": "metadata",
}
__getattr__ = exported(__name__, _PLACES)
