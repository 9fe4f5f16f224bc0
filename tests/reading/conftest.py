"""Files of any content in a folder of their own, read with any options."""

import gzip

import pytest

from nerret_tools.reading import DocumentReader, Reading


@pytest.fixture
def put(tmp_path, monkeypatch):
    """Writes a file below the folder in which the test runs, compressed where its name says so; gives its path."""
    monkeypatch.chdir(tmp_path)

    def write(name, content="x"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else content.encode("utf-8")
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


@pytest.fixture
def read(put):
    """Reads one file of this content: its documents, and its problems in words."""

    def documents(name, content, **options):
        put(name, content)
        reader = DocumentReader([name], Reading(**options))
        return list(reader), [str(problem) for problem in reader.problems]

    return documents


def ids(documents):
    return [document.id for document in documents]
