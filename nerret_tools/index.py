"""The index: documents in, every document that mentions an entity of a type out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nerret_tools.documents import AddReport, Document, FindResult, Mention
from nerret_tools.entities import EntityPage
from nerret_tools.entity_query import Asked
from nerret_tools.errors import FilterError
from nerret_tools.indexing import BATCH_SIZE, DocumentEncoder, add_documents
from nerret_tools.lifetime import OpenedIndex
from nerret_tools.progress import counting, total_of
from nerret_tools.ranking import Search
from nerret_tools.review import Review
from nerret_tools.review.indexed import IndexedCollection
from nerret_tools.sampling import MentionSample
from nerret_tools.searching import Ranking
from nerret_tools.twins import twin


class EntityIndex(OpenedIndex):
    """Documents that can be searched by the type of what they mention. Made by `open`.

    May be used from several threads. Close it, or use it as a context manager: from its first change
    on, a folder is locked against changes by other processes, which may search it all the while.
    """

    def add(
        self,
        documents: Iterable[Document | Mapping[str, Any]],
        batch_size: int = BATCH_SIZE,
        show_progress: bool | None = None,
    ) -> AddReport:
        """Add documents, or bring them up to date.

        What has not changed since it was added is not encoded again; changed documents replace
        their former selves. Killed at any moment, the same call again completes the work.

        Args:
            documents: Any iterable, a generator too; it is streamed. A mapping with the fields
                of `Document` will do as well.
            batch_size: Documents written at once.
            show_progress: ``None`` shows progress on a terminal only; true elsewhere too, in a line every ten seconds.

        Returns:
            What was done. Documents that cannot be indexed are listed in it with the reason,
            and the others are in.

        Raises:
            IndexLockedError: Another process writes to the folder.
            StoreUnavailableError: The store went away or is full; what was stored stays.
            ModelError: The model cannot be loaded.
        """
        if isinstance(documents, (str, bytes, Document, Mapping)) or not isinstance(documents, Iterable):
            raise FilterError("documents must be an iterable of documents; for a single one, pass [document]")
        if not isinstance(batch_size, int) or batch_size < 1:
            raise FilterError(f"batch_size must be a positive whole number, not {batch_size!r}")
        encoder = DocumentEncoder(self._store, self._model, self._detector)
        self._store.begin_writing()
        with counting(show_progress, total_of(documents)) as advance:
            return add_documents(documents, encoder, batch_size, advance)

    def find(
        self,
        entity_type: Asked,
        *,
        limit: int | None = None,
        min_score: float | None = None,
        min_relevance: float | None = None,
        max_relevance: float | None = None,
        recall: float | None = None,
        where: Mapping[str, Any] | None = None,
        ids: Sequence[str] | None = None,
        cursor: str | None = None,
        max_mentions: int = 3,
    ) -> FindResult:
        """Find every document that mentions an entity of a type, best first, ties by id.

        Every stored mention is compared; a document's score is its best mention's.

        Args:
            entity_type: The type in free text: "dinosaur", "airline", "body of water"; or an `EntityQuery`.
            limit: Documents a page; ``None`` for all.
            min_score: Lowest cosine; replaces the default cut-off.
            min_relevance: Lowest relevance; 0 gives the complete ranking. Without any cut-off, the one applies
                that maximises the expected F1 of this query; the answer says which it is.
            max_relevance: Only documents below it: what follows a list that was read down to this cut-off.
            recall: Takes the cut-off over which this share of all right documents is expected, such as 0.9.
            where: Filter on metadata, ``{"source": "wiki"}`` or Chroma's operators.
            ids: Only these documents, such as one whose mentions are all wanted; unknown ones are left out.
            cursor: ``next_cursor`` of the page before, or the ``cursor`` of any of its hits, with the same
                arguments; ``limit`` may change from page to page and is the former one where it is ``None``.
            max_mentions: Mentions shown a document.

        Raises:
            EntityTypeError: Empty, too long, or without letters.
            FilterError: An option that cannot be used, or a combination where the model has no calibration.
            CursorError: The cursor is of another search, or the index has changed since.
        """
        search = Search(
            limit=limit,
            min_score=min_score,
            min_relevance=min_relevance,
            max_relevance=max_relevance,
            recall=recall,
            where=where,
            ids=ids,
            cursor=cursor,
            max_mentions=max_mentions,
        )
        return self._searcher.find([entity_type], search)[0]

    def find_many(
        self,
        entity_types: Sequence[Asked],
        *,
        limit: int | None = None,
        min_score: float | None = None,
        min_relevance: float | None = None,
        max_relevance: float | None = None,
        recall: float | None = None,
        where: Mapping[str, Any] | None = None,
        max_mentions: int = 3,
    ) -> list[FindResult]:
        """Answer several types in one pass over the vectors; as `find`, in the order given."""
        search = Search(
            limit=limit,
            min_score=min_score,
            min_relevance=min_relevance,
            max_relevance=max_relevance,
            recall=recall,
            where=where,
            max_mentions=max_mentions,
        )
        return self._searcher.find(_listed("entity_types", entity_types), search)

    def entities(
        self,
        entity_type: Asked,
        *,
        min_relevance: float | None = None,
        recall: float | None = None,
        where: Mapping[str, Any] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> EntityPage:
        """List the entities of a type that the documents name, best first, each once with all its names.

        All mentions over the cut-off are looked at, whatever the page size. Two names are put together only
        with a reason, which the answer states; mentions that are only the type's own words name nothing.

        Args:
            entity_type: As for `find`.
            min_relevance: As for `find`; of mentions.
            recall: As for `find`: of documents.
            where: As for `find`.
            limit: Entities a page; ``None`` for all.
            cursor: ``next_cursor`` of the page before, with the same arguments; as for `find`.

        Raises:
            Everything that `find` raises.
        """
        search = Search(limit=limit, min_relevance=min_relevance, recall=recall, where=where, cursor=cursor)
        return self._searcher.entities(entity_type, search)

    def review(
        self,
        entity_type: Asked,
        *,
        file: str | Path,
        target_recall: float = 0.9,
        confidence: float = 0.95,
        reviewer: str | None = None,
        seed: int | None = None,
    ) -> Review:
        """Begin a review of all documents for a type, or go on with it: judge until enough is found for sure.

        Documents are handed out by relevance, and some by chance from the whole collection, those without any mention
        too, so that what the detector missed is counted. The index is only read, and must not change meanwhile.

        Args:
            entity_type: As for `find`.
            file: Where the judgements are kept; made where it is not there.
            target_recall: The share of the relevant documents to be found.
            confidence: How sure that is to be.
            reviewer: Who judges; several may work on one file, each under another name. ``None``: the user's.
            seed: Of the draws by chance in a new file; ``None``: any.

        Raises:
            EntityTypeError: Empty, too long, or without letters.
            ReviewError: An option is impossible, the index is empty or being written to, or the file is of
                another review, or of a state of the index before it changed.
            StoreUnavailableError: The file cannot be read or written.
        """
        return Review(
            IndexedCollection(self._searcher, entity_type),
            file,
            target_recall=target_recall,
            confidence=confidence,
            reviewer=reviewer,
            seed=seed,
        )

    def rank_many(self, entity_types: Sequence[Asked]) -> list[Ranking]:
        """Rank all documents that have a mention, without fetching any evidence.

        Args:
            entity_types: As for `find_many`.
        """
        return self._searcher.rank(_listed("entity_types", entity_types))

    def sample(self, limit: int, entity_type: Asked | None = None) -> MentionSample:
        """Draw mentions by chance, with their embeddings and archetypes: for a map or an overview.

        Args:
            limit: The most; all where there are no more. The same ones as long as the index does not change.
            entity_type: Tells of each how relevant it is to this type.

        Raises:
            EntityTypeError: Empty, too long, or without letters.
        """
        return self._searcher.sample(limit, entity_type)

    def get(self, ids: Iterable[str]) -> list[Document]:
        """Return stored documents in the order of ``ids``; unknown ids are left out."""
        stored = self._store.documents([ids] if isinstance(ids, str) else list(ids))
        return [Document(id=one.id, text=one.text, metadata=one.metadata) for one in stored]

    def ids(self, where: Mapping[str, Any] | None = None) -> list[str]:
        """Return the ids of all documents whose metadata match, with or without mentions, sorted.

        Raises:
            FilterError: ``where`` is not understood.
        """
        return sorted(self._store.matching(where or {}))

    def fields(self) -> dict[str, int]:
        """Return the metadata fields that ``where`` can name, with the number of documents that have each.

        Reads the metadata of every document.
        """
        return self._store.fields()

    def delete(self, ids: Iterable[str]) -> int:
        """Delete documents and their mentions; return how many there were."""
        return self._store.delete([ids] if isinstance(ids, str) else list(ids))

    def compact(self) -> int:
        """Rewrite the folder without what was deleted or replaced; return the bytes that this gave back.

        Until then the text of a deleted document can still be read in the folder's files, though no call returns
        it; afterwards nothing of it is left there. All indexes of the folder are rewritten, which takes about as
        long as writing them did and as much room again. Other processes may search meanwhile; other threads of
        this one must not use the folder's indexes.

        Raises:
            IndexLockedError: Another process writes to the folder.
            StoreError: The index is on a server: compact the folder on the server's machine.
            StoreUnavailableError: There is no room.
        """
        return self._store.compact()

    def mentions(self, document_id: str, entity_type: Asked | None = None) -> list[Mention]:
        """Return all mentions of a document, by place; empty for an unknown id.

        Args:
            document_id: The document's id.
            entity_type: As for `find`: each mention has its score and relevance for it, whatever the cut-off.
        """
        return self._searcher.mentions(document_id, entity_type)

    aadd = twin(add)
    afind = twin(find)
    afind_many = twin(find_many)
    aentities = twin(entities)
    areview = twin(review)
    asample = twin(sample)
    aget = twin(get)
    aids = twin(ids)
    adelete = twin(delete)
    acompact = twin(compact)
    amentions = twin(mentions)


def _listed(name: str, values: Iterable[Asked]) -> list[Asked]:
    """Several types: a single one, which is iterable too, would be taken letter by letter."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise FilterError(f"{name} must be a list, not {type(values).__name__}; for a single one, pass [one]")
    return list(values)
