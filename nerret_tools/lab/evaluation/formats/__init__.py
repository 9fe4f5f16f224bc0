"""Files of labelled documents: JSON lines, columns of tokens and tags, NERetrieve's records."""

from nerret_tools.lab.evaluation.formats.reading import LabelledFormat, detect_format, numbered_documents

__all__ = ["LabelledFormat", "detect_format", "numbered_documents"]
