"""Columns: a token and its tag a line, a blank line after each sentence.

Read like this are the official files of Few-NERD (``token<TAB>label``, label or ``O``), MultiCoNER 2
(``token _ _ B-Label``, sentences begin with ``# id ...``), CrossNER (``token<TAB>B-label``) and
CoNLL-2003 (token first, tag last). The spaces of the original text are not in such files: tokens
are joined by one space each, and offsets are those of that text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nerret_tools.errors import DataFileError
from nerret_tools.reading.labelled.documents import LabelledDocument
from nerret_tools.reading.labelled.json_lines import checked
from nerret_tools.reading.labelled.lines import NumberedLine

OUTSIDE = "O"
_POSITION_AND_LABEL = re.compile(r"([BIESLU])-(.+)")  # BIO, and the richer BIOES and BILOU
_BEGINS = "BSU"
_ENDS = "ESLU"
_NAMED = re.compile(r"#\s*id\s*[:=]?\s*(\S+)")


@dataclass
class _Sentence:
    """The tokens and tags between two blank lines."""

    id: str
    line: int
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


def read_columns(path: Path, lines: Iterable[NumberedLine]) -> Iterator[tuple[int, LabelledDocument]]:
    """Read one document a sentence.

    Its id is what stands behind ``# id``, else the number of the sentence, counted from 1. Tags
    with a position (``B-``, ``I-`` and so on) follow the convention of conlleval: a label that
    changes begins an entity, whatever the position says. Where tags are bare labels, neighbours of
    one label are one entity, which is all that such a file can say.

    Raises:
        DataFileError: A line has one column only, or the tags of the file are of both kinds.
    """
    positioned: bool | None = None
    for sentence in _sentences(path, lines):
        for offset, tag in enumerate(sentence.tags):
            if tag != OUTSIDE:
                found = _POSITION_AND_LABEL.fullmatch(tag) is not None
                if positioned not in (None, found):
                    raise DataFileError(
                        f"{path}, sentence from line {sentence.line}: tag {tag!r} of token "
                        f"{sentence.tokens[offset]!r} is {'like B-label' if found else 'a bare label'}, "
                        "those before are not; a file has tags of one kind"
                    )
                positioned = found
        record = {
            "id": sentence.id,
            "text": " ".join(sentence.tokens),
            "entities": list(_entities(sentence, positioned=bool(positioned))),
        }
        yield sentence.line, checked(LabelledDocument, record, f"{path}, sentence from line {sentence.line}")


def _sentences(path: Path, lines: Iterable[NumberedLine]) -> Iterator[_Sentence]:
    count, name, sentence = 0, None, None
    for number, line in lines:
        if not line.strip():
            if sentence is not None:
                yield sentence
            name, sentence = None, None
            continue
        columns = line.split("\t") if "\t" in line else line.split(" ")
        columns = [column for column in columns if column]
        if sentence is None and line.startswith("# ") and not _is_tag(columns[-1]):
            named = _NAMED.match(line)
            name = named[1] if named else name
            continue
        if columns[0] == "-DOCSTART-":
            continue
        if len(columns) < 2:
            raise DataFileError(f"{path}, line {number}: expected a token and its tag, found {line!r}")
        if sentence is None:
            count += 1
            sentence = _Sentence(id=name or str(count), line=number)
        if columns[0].strip():
            sentence.tokens.append(columns[0].strip())
            sentence.tags.append(columns[-1].strip())
    if sentence is not None:
        yield sentence


def _is_tag(column: str) -> bool:
    return column == OUTSIDE or _POSITION_AND_LABEL.fullmatch(column) is not None


def _entities(sentence: _Sentence, *, positioned: bool) -> Iterator[dict[str, Any]]:
    """Runs of tokens that belong together, as records with character offsets."""
    start, open_label, end, position = 0, None, 0, 0
    for token, tag in zip(sentence.tokens, sentence.tags, strict=True):
        where, label = _split(tag, positioned=positioned)
        if open_label is not None and (label != open_label or where in _BEGINS):
            yield {"start": start, "end": end, "type": open_label}
            open_label = None
        if label is not None and open_label is None:
            start, open_label = position, label
        end = position + len(token)
        position = end + 1
        if open_label is not None and where in _ENDS:
            yield {"start": start, "end": end, "type": open_label}
            open_label = None
    if open_label is not None:
        yield {"start": start, "end": end, "type": open_label}


def _split(tag: str, *, positioned: bool) -> tuple[str, str | None]:
    """Position (``I`` where the file has none) and label of a tag."""
    if tag == OUTSIDE:
        return "I", None
    matched = _POSITION_AND_LABEL.fullmatch(tag) if positioned else None
    return (matched[1], matched[2]) if matched else ("I", tag)
