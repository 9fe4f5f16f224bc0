"""Files in, documents out: JSON lines, CSV, Parquet, text files, folders of those, standard input."""

from nerret_tools.reading.problems import ReadProblem
from nerret_tools.reading.reader import DocumentReader
from nerret_tools.reading.records import FileKind, Reading
from nerret_tools.reading.scalars import parse_scalar

__all__ = ["DocumentReader", "FileKind", "ReadProblem", "Reading", "parse_scalar"]
