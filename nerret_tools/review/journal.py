"""The file of a review: JSON lines that are only ever added to, each judgement on the disk before it counts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from nerret_tools.errors import DataFileError, ReviewError, StoreUnavailableError

FORMAT: Literal["nerret-review"] = "nerret-review"
VERSION = 1
BEGINNING = b'{"format":"nerret-review"'

CHANGED = (
    "What the judgements prove holds for the documents of then; they are kept in the file. "
    "Begin another review under another file's name"
)

LOCK_SECONDS = 30.0
"""Longer than anybody holds the file: a line is written in milliseconds."""

Verdict = Literal["yes", "no", "unsure"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
Done = Literal["shown", "judged", "undone", "failed"]


class Header(BaseModel):
    """The first line: what is reviewed. Only the target may differ when it is gone on with."""

    format: Literal["nerret-review"] = FORMAT
    version: int = VERSION
    entity_type: str
    index: str
    index_id: str
    generation: int
    documents: int
    model: str  # fingerprint
    target_recall: float
    confidence: float
    seed: int
    begun: str  # UTC, ISO 8601

    def check_same(self, wanted: Header, file: str) -> None:
        """Refuse a file in which something else was judged than what is wanted."""
        if " ".join(self.entity_type.split()) != " ".join(wanted.entity_type.split()):
            raise ReviewError(
                f"{file} is of the type {self.entity_type!r}, not {wanted.entity_type!r}; name another file"
            )
        if self.index_id != wanted.index_id:
            raise ReviewError(f"{file} is of another index, named {self.index!r}; name another file")
        if self.confidence != wanted.confidence:
            raise ReviewError(f"{file} has confidence {self.confidence}, not {wanted.confidence}; it cannot be changed")
        if (self.generation, self.documents, self.model) != (wanted.generation, wanted.documents, wanted.model):
            raise ReviewError(
                f"{file} is of generation {self.generation}, the index has {wanted.generation}. {CHANGED}"
            )


class Entry(BaseModel):
    """A line: what was done with a document, by whom and when.

    ``shown``: handed out, ``bet`` says how much was bet where it was drawn by chance; ``judged``: with a verdict;
    ``undone``: the verdict was taken back; ``failed``: a judge gave none, for a reason.
    """

    done: Done
    document: str
    by: str
    at: str  # UTC, ISO 8601
    verdict: Verdict | None = None
    bet: float | None = None
    reason: str | None = None


class Journal:
    """Reads what was added to a file by whomever, and adds.

    Raises:
        StoreUnavailableError: It cannot be read or written; so all methods.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = FileLock(f"{self.path}.lock", timeout=LOCK_SECONDS, thread_local=False)
        self._read_to = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep everybody else from adding, in other processes too."""
        with self._complaining():
            try:
                self._lock.acquire()
            except Timeout:
                raise StoreUnavailableError(
                    f"{self.path} is held by another process for {LOCK_SECONDS:g} seconds; close that one"
                ) from None
        try:
            yield
        finally:
            self._lock.release()

    def begin(self, header: Header) -> Header:
        """Write the header into a new file; return the one that is there.

        Raises:
            ReviewError: It is of another review, or of a state of the index before it changed.
        """
        with self.held(), self._complaining():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab+") as file:
                file.seek(0)
                first = file.readline()
                if not first.endswith(b"\n") and BEGINNING.startswith(first[: len(BEGINNING)]):
                    file.truncate(0)  # empty, or a header that was torn when a process was killed
                    first = b""
            if not first:
                first = self._add([header])
        self._read_to = len(first)
        there = _header(self.path, first)
        there.check_same(header, f"the review in {self.path}")
        return there

    def news(self) -> list[Entry]:
        """Return what was added since the last call; a line that was torn when a process was killed is passed over."""
        with self._complaining(), self.path.open("rb") as file:
            file.seek(self._read_to)
            added = file.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._read_to += len(whole)
        return [entry for line in whole.splitlines() if (entry := _entry(line)) is not None]

    def add(self, entries: Sequence[Entry], *, durable: bool) -> None:
        """Add lines, all or none; `durable`: return only when they are on the disk."""
        with self._complaining():
            self._add(entries, durable=durable)

    def _add(self, lines: Sequence[BaseModel], *, durable: bool = True) -> bytes:
        text = "".join(line.model_dump_json(exclude_none=True) + "\n" for line in lines).encode("utf-8")
        # Opened each time: a file that was moved or replaced meanwhile is not written behind anybody's back
        handle = os.open(self.path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            end = os.lseek(handle, 0, os.SEEK_END)
            if end:
                os.lseek(handle, end - 1, os.SEEK_SET)
                if os.read(handle, 1) != b"\n":
                    text = b"\n" + text  # what a killed process left of its last line becomes a line that is none
            try:
                written = 0
                while written < len(text):
                    written += os.write(handle, text[written:])
                if durable:
                    os.fsync(handle)
            except OSError:
                os.ftruncate(handle, end)
                raise
        finally:
            os.close(handle)
        return text

    @contextmanager
    def _complaining(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreUnavailableError(
                f"{self.path} cannot be used ({error.strerror or error}); what it holds stays, what was to be added is "
                "not in it: make room or make it writable, then do the same again"
            ) from error


def _header(path: str | Path, line: bytes) -> Header:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ReviewError(f"{path} is not a review; name another file")
    if found.get("version") != VERSION:
        raise ReviewError(
            f"{path} has version {found.get('version')} of the form, this program knows {VERSION}; update it"
        )
    try:
        return Header.model_validate(found)
    except ValidationError as error:
        raise ReviewError(f"the first line of {path} is damaged: {error}") from error


def read_review(path: str | Path) -> tuple[Header, list[Entry]] | None:
    """Return what a review is of and the last verdict on each of its documents; ``None`` where it is none.

    Raises:
        DataFileError: The file cannot be read.
    """
    try:
        first, *lines = Path(path).read_bytes().splitlines() or [b""]
    except OSError as error:
        raise DataFileError(f"{path} cannot be read: {error.strerror or error}") from error
    if not first.startswith(BEGINNING):
        return None
    verdicts: dict[str, Entry] = {}
    for entry in filter(None, map(_entry, lines)):
        if entry.done in ("judged", "undone"):
            verdicts.pop(entry.document, None)
        if entry.done == "judged":
            verdicts[entry.document] = entry
    return _header(path, first), list(verdicts.values())


def _entry(line: bytes) -> Entry | None:
    if not line.strip():
        return None
    try:
        fields: Any = json.loads(line)
        return Entry.model_validate(fields)
    except ValueError:  # pydantic's error is one too
        return None
