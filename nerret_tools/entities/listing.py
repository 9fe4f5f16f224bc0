"""From the scores of an index's mentions to pages of entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nerret_tools.entities.apart import without_overlaps
from nerret_tools.entities.entity import Entity, EntityEvidence, EntityPage, Surface
from nerret_tools.entities.generic import GenericNames
from nerret_tools.entities.grouping import Grouping, Occurrences, group_names
from nerret_tools.entities.surfaces import Surfaces
from nerret_tools.entity_query import Asked, wanted_of
from nerret_tools.models import Calibration
from nerret_tools.ranking import Cursor, Limits, ListIdentity, Scores, Search, relevances
from nerret_tools.showing import snippet
from nerret_tools.storage import ChromaStore

SHOWN_DOCUMENTS = 3
"""Documents that are shown as evidence of an entity."""

SNIPPET_CHARACTERS = 160
"""Of a document's text, around the mention."""

KEPT_LISTS = 4
"""Lists of entities that are kept for their further pages."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Named:
    """Mentions that name something, with their entities."""

    found: Occurrences
    scores: npt.NDArray[np.float64]
    grouping: Grouping
    generic: int

    def rows(self) -> list[Integers]:
        """Each entity's mentions, as positions."""
        order = np.argsort(self.grouping.members, kind="stable")
        bounds = np.searchsorted(self.grouping.members[order], np.arange(1, len(self.grouping.names)))
        return [*np.split(order, bounds)] if len(self.grouping.names) else []


class EntityLister:
    """Lists the entities of a type in an index."""

    def __init__(self, store: ChromaStore, curve: Calibration | None, surfaces: Surfaces) -> None:
        self._store = store
        self._curve = curve
        self._surfaces = surfaces
        self._kept: dict[tuple[str, int, float | None], _Named] = {}

    def page(
        self,
        asked: Asked,
        scores: Scores,
        allowed: AbstractSet[str] | None,
        search: Search,
        stops: Limits,
    ) -> EntityPage:
        """Roll all mentions over the cut-off, of documents that are allowed, up to entities, and show a page."""
        identity = ListIdentity(self._store.index_id, scores.scan.generation, f"entities {search.identity(asked)}")
        place = None if search.cursor is None else Cursor.decode(search.cursor, identity)
        named = self._once((identity.search, identity.generation, stops.min_score), asked, scores, allowed)
        rows = named.rows()
        best = np.array([named.scores[one].max() for one in rows])
        names = named.grouping.names
        order = sorted(range(len(names)), key=lambda one: (-best[one], names[one].casefold(), names[one]))
        limit = search.limit or (place.size if place else 0)
        first = place.place if place else 0
        shown = order[first : first + limit if limit else None]
        places = range(first + 1, first + len(shown) + 1)
        cursors = [Cursor(behind, limit).encode(identity) if behind < len(order) else None for behind in places]
        return EntityPage(
            entity_type=str(asked),
            total=len(order),
            entities=self._entities(named, [(one, rows[one]) for one in shown], cursors),
            next_cursor=cursors[-1] if cursors else None,
            min_score=stops.min_score,
            min_relevance=stops.min_relevance,
            expected_recall=stops.expected_recall,
            generic_mentions=named.generic,
        )

    def _once(
        self, key: tuple[str, int, float | None], asked: Asked, scores: Scores, allowed: AbstractSet[str] | None
    ) -> _Named:
        """What is named, put together for the first of its pages and kept for the others."""
        found = self._kept.get(key)
        if found is None:
            found = self._named(asked, scores, allowed, key[2])
            self._kept = dict([*self._kept.items(), (key, found)][-KEPT_LISTS:])
        return found

    def _named(self, asked: Asked, scores: Scores, allowed: AbstractSet[str] | None, least: float | None) -> _Named:
        """All mentions over the cut-off, in the order of document ids, without overlaps and generic ones."""
        documents = scores.documents(allowed, least)
        ids = scores.scan.document_ids[documents].tolist()
        by_id = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
        documents = documents[by_id]
        rows, begins = scores.rows(documents)
        counts = np.diff(np.append(begins, len(rows)))
        owners = np.repeat(np.arange(len(documents)), counts)
        if least is not None:
            over = scores.mentions_at_least(rows, least)
            rows, owners = rows[over], owners[over]
        exact = scores.of_mentions(rows)
        starts, ends, surfaces = self._surfaces.read(scores.scan, rows)
        order = np.lexsort((-ends, starts, owners))
        owners, starts, ends, exact = owners[order], starts[order], ends[order], exact[order]
        surfaces = [surfaces[one] for one in order.tolist()]
        kept = without_overlaps(owners, starts, ends, surfaces, exact)
        generic_names = GenericNames(*wanted_of(asked))
        generic = {one for one in set(surfaces) if one and one in generic_names}
        names = np.array([bool(one) and one not in generic for one in surfaces], dtype=bool)
        count = int((kept & np.array([one in generic for one in surfaces], dtype=bool)).sum())
        kept &= names
        found = Occurrences(
            owners[kept],
            starts[kept],
            ends[kept],
            [one for one, stays in zip(surfaces, kept.tolist(), strict=True) if stays],
            [ids[one] for one in by_id.tolist()],
        )
        return _Named(found, exact[kept], group_names(found), count)

    def _entities(
        self, named: _Named, chosen: Sequence[tuple[int, Integers]], cursors: Sequence[str | None]
    ) -> list[Entity]:
        evidence = [_best_of_documents(named, rows) for _, rows in chosen]
        ids = {named.found.document_ids[named.found.documents[row]] for one in evidence for row in one}
        texts = {one.id: one.text for one in self._store.documents(sorted(ids))}
        best = np.array([named.scores[rows].max() for _, rows in chosen])
        probable = relevances(self._curve, best).tolist()
        return [
            Entity(
                name=named.grouping.names[number],
                surfaces=_surfaces(named, number, rows),
                document_count=len(np.unique(named.found.documents[rows])),
                mention_count=len(rows),
                relevance=None if self._curve is None else probable[position],
                score=float(best[position]),
                evidence=[_evidence(named, row, texts) for row in evidence[position]],
                cursor=cursors[position],
            )
            for position, (number, rows) in enumerate(chosen)
        ]


def _best_of_documents(named: _Named, rows: Integers) -> list[int]:
    """The best mention of each of the best documents; of equal ones that of the first document."""
    order = rows[np.argsort(-named.scores[rows], kind="stable")]
    _, firsts = np.unique(named.found.documents[order], return_index=True)
    return [int(one) for one in order[np.sort(firsts)[:SHOWN_DOCUMENTS]]]


def _surfaces(named: _Named, number: int, rows: Integers) -> list[Surface]:
    counts = Counter(named.found.surfaces[row] for row in rows.tolist())
    order = sorted(counts, key=lambda one: (-counts[one], one))
    return [Surface(text=one, count=counts[one], reason=named.grouping.reason(number, one)) for one in order]


def _evidence(named: _Named, row: int, texts: dict[str, str]) -> EntityEvidence:
    document_id = named.found.document_ids[named.found.documents[row]]
    start, end = int(named.found.starts[row]), int(named.found.ends[row])
    return EntityEvidence(
        document_id=document_id,
        text=named.found.surfaces[row],
        start=start,
        end=end,
        score=float(named.scores[row]),
        snippet=snippet(texts.get(document_id, ""), start, end, SNIPPET_CHARACTERS),
    )
