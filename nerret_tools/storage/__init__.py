"""What is kept: Chroma holds the truth, a memory-mapped copy of the vectors is scanned.

Importing this package imports neither chromadb nor torch; opening a store imports chromadb.
"""

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
