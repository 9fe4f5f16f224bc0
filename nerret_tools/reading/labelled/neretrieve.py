"""NERetrieve (Katz et al., 2023): Wikipedia paragraphs with entities of hundreds of types.

The official files are JSON lines packed with bzip2 (links in the README files of
github.com/katzurik/NERetrieve, which do not describe the fields; these are as programs that read
the files use them)::

    {"id": "...", "content": "text", "document_token_sequence": ["tokens", "..."],
     "tagged_entities": {TYPE: {ENTITY: {SURFACE: [[token], [first, last], []]}}}, ...}

Token numbers count from 0 and ``last`` is part of the mention; an empty list is a mention that
could not be placed, and is left out. The supervised files carry their text. The label files of the
retrieval task do not: theirs is looked up by ``id`` in ``NERetrive_IR_corpus.jsonl`` (or ``.bz2``; the
spelling is theirs) in the same folder; where a paragraph there has no token sequence, tokens are
what single spaces part. Only paragraphs of the label file become documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, StrictInt, StrictStr

from nerret_tools.errors import DataFileError
from nerret_tools.reading.labelled.documents import LabelledDocument
from nerret_tools.reading.labelled.json_lines import checked, json_object
from nerret_tools.reading.labelled.lines import NumberedLine, numbered_lines

CORPUS_NAMES = ("NERetrive_IR_corpus.jsonl", "NERetrive_IR_corpus.jsonl.bz2")
LABELS_FIELD = "tagged_entities"


class _Paragraph(BaseModel):
    id: StrictStr
    content: StrictStr
    document_token_sequence: list[StrictStr] | None = None


class _Labels(BaseModel):
    id: StrictStr
    tagged_entities: dict[str, dict[str, dict[str, list[list[StrictInt]]]]]


def read_neretrieve(path: Path, lines: Iterable[NumberedLine]) -> Iterator[tuple[int, LabelledDocument]]:
    """Read one document a paragraph; with a corpus beside the file, in the corpus' order.

    Raises:
        DataFileError: A line is not what it should be, or a paragraph's text is not to be had.
    """
    waiting: dict[str, tuple[int, _Labels]] = {}
    for number, line in lines:
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        record = json_object(line, place, f"id and {LABELS_FIELD}")
        labels = checked(_Labels, record, place)
        if "content" in record:
            yield number, _document(checked(_Paragraph, record, place), labels, place)
        elif labels.id in waiting:
            raise DataFileError(f"{place}: id {labels.id!r} is already on line {waiting[labels.id][0]}")
        else:
            waiting[labels.id] = (number, labels)
    if waiting:
        yield from _with_corpus(path, waiting)


def _with_corpus(path: Path, waiting: dict[str, tuple[int, _Labels]]) -> Iterator[tuple[int, LabelledDocument]]:
    corpus = next((path.parent / name for name in CORPUS_NAMES if (path.parent / name).is_file()), None)
    if corpus is None:
        number = next(iter(waiting.values()))[0]
        raise DataFileError(
            f"{path}, line {number}: no content, and {' or '.join(CORPUS_NAMES)}, which has the paragraphs of "
            "the retrieval task, is not beside the file; download it there"
        )
    for corpus_number, line in numbered_lines(corpus):
        place = f"{corpus}, line {corpus_number}"
        if line.strip():
            record = json_object(line, place, "id and content")
            if record.get("id") in waiting:
                paragraph = checked(_Paragraph, record, place)
                number, labels = waiting.pop(paragraph.id)
                yield number, _document(paragraph, labels, f"{path}, line {number}")
    if waiting:
        number, labels = next(iter(waiting.values()))
        raise DataFileError(
            f"{path}, line {number}: {corpus} has no paragraph {labels.id!r}, "
            f"nor {len(waiting) - 1} others of this file"
        )


def _document(paragraph: _Paragraph, labels: _Labels, place: str) -> LabelledDocument:
    tokens = paragraph.document_token_sequence
    text, places = _place_tokens(paragraph.content, paragraph.content.split(" ") if tokens is None else tokens)
    found: set[tuple[int, int, str]] = set()
    for label, entities in labels.tagged_entities.items():
        for surfaces in entities.values():
            for surface, references in surfaces.items():
                for reference in filter(None, references):
                    first, last = min(reference), max(reference)
                    if first < 0 or last >= len(places):
                        raise DataFileError(
                            f"{place}: mention {surface!r} is at tokens {reference}, "
                            f"but the paragraph has {len(places)}"
                        )
                    found.add((places[first][0], places[last][1], label))
    entities_found = [{"start": start, "end": end, "type": label} for start, end, label in sorted(found)]
    return checked(LabelledDocument, {"id": paragraph.id, "text": text, "entities": entities_found}, place)


def _place_tokens(content: str, tokens: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """The text and each token's characters in it.

    The text is ``content``; where that does not contain the tokens as they are (other quotation
    marks, say), it is the tokens joined by one space each.
    """
    places, position = [], 0
    for token in tokens:
        start = content.find(token, position)
        if start < 0:
            break
        position = start + len(token)
        places.append((start, position))
    if len(places) == len(tokens):
        return content, places
    places, position = [], 0
    for token in tokens:
        places.append((position, position + len(token)))
        position += len(token) + 1
    return " ".join(tokens), places
