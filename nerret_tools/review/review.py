"""The review itself: hands out documents, takes verdicts, says what they prove."""

from __future__ import annotations

import getpass
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from nerret_tools.errors import ReviewError
from nerret_tools.review.bound import NO_BET
from nerret_tools.review.collection import Collection, ReviewDocument
from nerret_tools.review.export import write_review
from nerret_tools.review.journal import CHANGED, VERDICTS, Done, Entry, Header, Journal, Verdict
from nerret_tools.review.judges import Judge, run_judge
from nerret_tools.review.plan import Plan
from nerret_tools.review.status import ReviewStatus
from nerret_tools.review.tally import Tally
from nerret_tools.twins import twin

HELD = timedelta(minutes=10)
"""A document that was handed to another reviewer is not handed out again for this long."""


def _now() -> datetime:
    return datetime.now(UTC)


class Review:
    """A review of all documents of an index for one type, kept in a file. Made by `EntityIndex.review`.

    Several reviewers may work on one file, in one process or in several, each under a name of its own. May be used
    from several threads.

    Args:
        collection: What is reviewed.
        clock: Gives the time; the other options and the errors are those of `EntityIndex.review`.
    """

    def __init__(
        self,
        collection: Collection,
        file: str | Path,
        *,
        target_recall: float = 0.9,
        confidence: float = 0.95,
        reviewer: str | None = None,
        seed: int | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        for name, share in (("target_recall", target_recall), ("confidence", confidence)):
            if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share < 1:
                raise ReviewError(f"{name} must be over 0 and under 1, such as 0.9, not {share!r}")
        self._collection = collection
        self._clock = clock
        self._who = getpass.getuser() if reviewer is None else reviewer
        self._name(None)
        self._lock = threading.RLock()
        self._journal = Journal(file)
        self._tally = Tally()
        self.header = self._journal.begin(
            Header(
                entity_type=collection.entity_type,
                documents=len(collection.ids),
                target_recall=target_recall,
                confidence=confidence,
                seed=secrets.randbits(32) if seed is None else seed,
                begun=self._time(),
                **asdict(collection.identity),
            )
        )
        self._plan = Plan(len(collection.ids), target_recall, confidence)
        self._relevances = np.asarray(collection.relevances, dtype=np.float64)
        self._places = {name: place for place, name in enumerate(collection.ids)}
        by_id = sorted(range(len(collection.ids)), key=collection.ids.__getitem__)
        # The order in which documents are drawn: whatever is left of it is in a random order still
        self._chance = np.random.default_rng(self.header.seed).permutation(np.array(by_id, dtype=np.int64))
        self._tally.add(self._journal.news())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left open; `with` reads well."""

    @property
    def entity_type(self) -> str:
        """What is looked for."""
        return self.header.entity_type

    def next(self, count: int = 1, *, who: str | None = None) -> list[ReviewDocument]:
        """Hand out documents to judge, those first that this reviewer was handed before and has not judged.

        Args:
            count: So many at most; the more at once, the less each choice knows.
            who: The reviewer; ``None``: the review's own. So in all methods.

        Returns:
            Fewer than `count`, or none, where the review is done, or all that is left is in others' hands.

        Raises:
            ReviewError: The index has changed since the review began.
            StoreUnavailableError: The file cannot be written.
        """
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ReviewError(f"count must be a positive whole number, not {count!r}")
        name = self._name(who)
        with self._changing():
            self._check_unchanged()
            if self._status().done:
                return []
            own, others = self._tally.in_hand(name, self._clock() - HELD)
            chosen = (own + others)[:count]
            shown = [self._entry("shown", one, name) for one in chosen[len(own) :]]
            shown += self._fresh(name, count - len(chosen))
            self._add(shown, durable=False)
            chosen = list(dict.fromkeys(chosen + [entry.document for entry in shown]))
        return self.documents(chosen)

    def documents(self, ids: Sequence[str]) -> list[ReviewDocument]:
        """Return documents with their evidence, without handing them out; `ReviewError` where one is not there."""
        with self._lock:
            found = {one.document.id: one for one in self._collection.documents(ids)}
            gone = [one for one in ids if one not in found]
            if gone:
                raise ReviewError(f"the document {gone[0]!r} is not in the index, or was deleted meanwhile. {CHANGED}")
            drawn = {one for one in ids if self._tally.was_drawn(one)}
        return [found[one].model_copy(update={"by_chance": one in drawn}) for one in ids]

    def judge(self, document_id: str, verdict: Verdict, *, who: str | None = None) -> ReviewStatus:
        """Take a verdict, which is on the disk when this returns. A later one replaces it.

        Args:
            document_id: Usually one that was handed out.
            verdict: ``yes``: the document mentions an entity of the type; ``no``; ``unsure``.
            who: The reviewer.

        Raises:
            ReviewError: There is no such document, or no such verdict.
            StoreUnavailableError: The file cannot be written: the verdict is not kept.
        """
        if verdict not in VERDICTS:
            raise ReviewError(f"a verdict is one of {', '.join(VERDICTS)}, not {verdict!r}")
        return self._note("judged", document_id, who, verdict=verdict)

    def failed(self, document_id: str, reason: str, *, who: str | None = None) -> ReviewStatus:
        """Note that a judge gave no verdict, and why. The document stays unjudged, and goes to another reviewer.

        Raises:
            As `judge`.
        """
        return self._note("failed", document_id, who, reason=reason)

    def undo(self, *, who: str | None = None) -> str | None:
        """Take back this reviewer's last verdict; return the document's id, which `next` hands out again.

        ``None`` where there is nothing to take back.

        Raises:
            StoreUnavailableError: The file cannot be written.
        """
        name = self._name(who)
        with self._changing():
            last = next((one for one, entry in reversed(self._tally.judged.items()) if entry.by == name), None)
            if last is not None:
                self._add([self._entry("undone", last, name)])
            return last

    def status(self) -> ReviewStatus:
        """Say what all judgements of the file add up to, and what they prove.

        Raises:
            ReviewError: The index has changed since the review began.
            StoreUnavailableError: The file cannot be read.
        """
        with self._lock:
            self._tally.add(self._journal.news())
            self._check_unchanged()
            return self._status()

    def judgements(self) -> list[Entry]:
        """Return the last verdict on each judged document, in the order in which they were given."""
        with self._lock:
            self._tally.add(self._journal.news())
            return list(self._tally.judged.values())

    def export(self, file: str | Path) -> None:
        """Write all judged documents with their evidence, who judged and when, and the certificate in words.

        Args:
            file: Its name ends in ``.csv`` or ``.jsonl``; replaced where it is there.

        Raises:
            ReviewError: The name ends in something else, or the index has changed.
            StoreUnavailableError: The file cannot be written.
        """
        write_review(file, self.status(), self.judgements(), self.documents)

    def run(
        self,
        judge: Judge,
        *,
        who: str | None = None,
        at_once: int = 1,
        timeout: float | None = None,
        most: int | None = None,
        told: Callable[[ReviewStatus], None] | None = None,
    ) -> ReviewStatus:
        """Let a program judge until the review is done; see `judges.run_judge` for the options and errors."""
        name = self._name(who)
        return run_judge(self, judge, who=name, at_once=at_once, timeout=timeout, most=most, told=told)

    anext = twin(next)  # noqa: A003 (the method)
    ajudge = twin(judge)
    astatus = twin(status)
    arun = twin(run)
    aexport = twin(export)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Nobody else adds to the file, and what others added is known."""
        with self._lock, self._journal.held():
            self._tally.add(self._journal.news())
            yield

    def _add(self, entries: Sequence[Entry], *, durable: bool = True) -> None:
        if entries:
            self._journal.add(entries, durable=durable)
            self._tally.add(self._journal.news())

    def _entry(self, done: Done, document_id: str, name: str, **more: Any) -> Entry:
        return Entry(done=done, document=document_id, by=name, at=self._time(), **more)

    def _note(self, done: Done, document_id: str, who: str | None, **more: Any) -> ReviewStatus:
        name = self._name(who)
        if document_id not in self._places:
            raise ReviewError(f"no document {document_id!r} is reviewed here; judge one that next() handed out")
        with self._changing():
            self._add([self._entry(done, document_id, name, **more)])
            return self._status()

    def _fresh(self, name: str, count: int) -> list[Entry]:
        """Choose documents that nobody was shown yet; this is where the draws are made."""
        order, bets = list(self._tally.order), list(self._tally.bets)
        relevant = self._tally.relevant(pending=False).tolist()
        left = np.ones(len(self._relevances), dtype=bool)
        left[[self._places[one] for one in order]] = False
        entries: list[Entry] = []
        while len(entries) < count and left.any():
            step = self._plan.next(
                self._tally.found,
                np.array(relevant, dtype=bool),
                np.array(bets),
                self._relevances[[self._places[one] for one in order]],
                self._relevances[left],
            )
            place = int(np.argmax(left) if step.bet is None else self._chance[np.argmax(left[self._chance])])
            left[place] = False
            entries.append(self._entry("shown", self._collection.ids[place], name, bet=step.bet))
            order.append(entries[-1].document)
            bets.append(NO_BET if step.bet is None else step.bet)
            relevant.append(False)
        return entries

    def _status(self) -> ReviewStatus:
        return ReviewStatus.of(self.header, self._tally, self._plan.target_recall)

    def _check_unchanged(self) -> None:
        now = self._collection.generation()
        if now != self.header.generation:
            raise ReviewError(f"the index has generation {now}, the review {self.header.generation}. {CHANGED}")

    def _name(self, who: str | None) -> str:
        name = self._who if who is None else who
        if not isinstance(name, str) or not name.strip():
            raise ReviewError("a reviewer's name is text and not empty; two reviewers need two names")
        return name.strip()

    def _time(self) -> str:
        return self._clock().isoformat(timespec="seconds")
