"""Files of labelled documents: JSON lines, columns of tokens and tags, NERetrieve's records."""

from nerret_tools.reading.labelled.documents import LabelledDocument, LabelledEntity
from nerret_tools.reading.labelled.reading import LabelledFormat, detect_format, numbered_documents, read_documents

__all__ = [
    "LabelledDocument",
    "LabelledEntity",
    "LabelledFormat",
    "detect_format",
    "numbered_documents",
    "read_documents",
]
