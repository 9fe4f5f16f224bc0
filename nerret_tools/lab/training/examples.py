"""What an adapter learns from: batches of type descriptions and of mentions in their texts."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nerret_tools.lab.evaluation.labelled import LabelledData
from nerret_tools.lab.training.mentions import CARRIERS, MarkedSentence
from nerret_tools.lab.training.mining import MinedMention
from nerret_tools.lab.training.noise import roughen, shorten
from nerret_tools.lab.training.nouns import find_nouns, senses, written
from nerret_tools.lab.training.taxonomy import Taxonomy
from nerret_tools.lab.training.wordings import reword

MASK = "[MASK]"
_MOST_CONTEXTS = 50  # of one noun: more of the same name teach little


@dataclass(frozen=True)
class Batch:
    """Descriptions and mentions that are compared with each other."""

    anchors: list[str]  # type descriptions
    texts: list[MarkedSentence]  # with the mentions as spans
    # True where the mention is of the type, `[n_anchors, n_mentions]`; mentions count through all texts in order
    positive: np.ndarray
    unknown: np.ndarray  # true where nobody knows, `[n_anchors, n_mentions]`


class TaxonomyExamples:
    """Nouns as mentions of the categories above them, so many categories a batch.

    Half of the types come in families of siblings, which are hard to tell apart; names of
    single things, such as one river, are drawn more often than kinds of things, and nouns
    that the sentences have more often than others. Where a marked span of a sentence, or another word, is a noun with
    a single sense, the sentence serves as its context.
    """

    def __init__(self, taxonomy: Taxonomy, sentences: Sequence[MarkedSentence], types: int, seed: int) -> None:
        self.taxonomy = taxonomy
        self.count = types
        self.seed = seed
        self.random = random.Random(seed)
        self.families = [children for children in taxonomy.children if len(children) > 1]
        self.contexts = _contexts(taxonomy, sentences)
        instances = np.array([synset.is_instance for synset in taxonomy.synsets])
        read = np.isin(np.arange(len(taxonomy.synsets)), list(self.contexts))
        weights = np.where(instances, 4.0, 1.0) * np.where(read, 3.0, 1.0)
        self.weights = [weights[members] for members in taxonomy.members]
        with_names = [kind for kind, members in enumerate(taxonomy.members) if instances[members].sum() >= 3]
        self.pools = [list(range(len(taxonomy.types))), with_names or list(range(len(taxonomy.types)))]
        self.generator = np.random.default_rng(seed)

    def draw(self, number: int) -> Batch:
        """Return as many types, each with one member; the same for the same number."""
        self.random.seed(f"{self.seed} {number}")
        self.generator = np.random.default_rng([self.seed, number])
        types = self._types()
        synsets = [int(self.generator.choice(self.taxonomy.members[t], p=_share(self.weights[t]))) for t in types]
        anchors = []
        for kind in types:
            category = self.taxonomy.synsets[self.taxonomy.types[kind]]
            anchors.append(reword(category.lemmas[:4], category.definition, self.random))
        column = {kind: row for row, kind in enumerate(types)}
        positive = np.zeros((len(types), len(synsets)), dtype=bool)
        for place, synset in enumerate(synsets):
            for kind in self.taxonomy.ancestors[synset].tolist():
                if kind in column:
                    positive[column[kind], place] = True
        return Batch(anchors, [self._context(synset) for synset in synsets], positive, np.zeros_like(positive))

    def _types(self) -> list[int]:
        chosen: dict[int, None] = {}
        while len(chosen) < self.count // 2 and self.families:
            family = self.random.choice(self.families).tolist()
            chosen.update(dict.fromkeys(self.random.sample(family, min(4, len(family)))))
        while len(chosen) < min(self.count, len(self.taxonomy.types)):
            chosen[self.random.choice(self.random.choice(self.pools))] = None
        return list(chosen)[: self.count]

    def _context(self, number: int) -> MarkedSentence:
        if number in self.contexts and self.random.random() < 0.6:
            found = self.random.choice(self.contexts[number])
            return MarkedSentence(*shorten(found.text, found.spans, self.random)) if len(found.text) > 120 else found
        synset = self.taxonomy.synsets[number]
        noun = self.random.choice(synset.lemmas)
        way = self.random.random()
        if way < 0.3:
            before, after = "", ""
        elif way < 0.5:
            before, after = "", f" : {synset.definition}"
        elif way < 0.6:
            before, after = f"{synset.definition} : ", ""
        else:
            before, after = self.random.choice(CARRIERS).split("{}")
        return MarkedSentence.of(before, noun, after)


class LabelledExamples:
    """Marked entities of sentences as mentions of their types, and of the groups of their labels.

    Args:
        sources: Sentences with marked types.
        sentences: Sentences a batch.
        wordings: Other ways to say a description.
        groups: Descriptions of a label's group, which is what stands before its first hyphen.
        noise: Share of sentences that are roughened, and likewise of those that are cut short.
        seed: Of all choices.
    """

    def __init__(
        self,
        sources: Sequence[LabelledData],
        sentences: int,
        wordings: dict[str, list[str]],
        groups: dict[str, list[str]],
        noise: float,
        seed: int,
    ) -> None:
        self.count = sentences
        self.noise = noise
        self.seed = seed
        self.random = random.Random(seed)
        self.names: dict[str, list[str]] = {_group(name): ways for name, ways in groups.items()}
        self.marked: list[tuple[str, dict[tuple[int, int], frozenset[str]]]] = []
        self.of_type: dict[str, list[int]] = defaultdict(list)
        for source in sources:
            for document in source.documents:
                kinds: dict[tuple[int, int], set[str]] = {}
                for entity in document.entities:
                    found = kinds.setdefault((entity.start, entity.end), set())
                    if entity.type in source.types:
                        description = source.types[entity.type]
                        found.add(description)
                        self.names[description] = [description, *wordings.get(description, [])]
                    if _group(entity.type) in self.names:
                        found.add(_group(entity.type))
                for kind in set().union(*kinds.values()) if kinds else set():
                    self.of_type[kind].append(len(self.marked))
                self.marked.append((document.text, {span: frozenset(found) for span, found in kinds.items()}))
        self.types = sorted(self.of_type)

    def draw(self, number: int) -> Batch:
        """Return sentences of random types with all their mentions, and all types as anchors."""
        self.random.seed(f"{self.seed} {number}")
        texts, kinds = [], []
        for turn in range(self.count):
            kind = self.types[turn] if turn < len(self.types) else self.random.choice(self.types)
            text, spans = self.marked[self.random.choice(self.of_type[kind])]
            if self.random.random() < self.noise:
                text = roughen(text, list(spans), self.random)
            found = MarkedSentence(text, list(spans))
            if self.random.random() < self.noise or len(text) > 300:
                wanted = [span for span, has in spans.items() if kind in has]
                start, end = self.random.choice(wanted)
                short, [place] = shorten(text, [(start, end)], self.random)
                offset = start - place[0]
                inside = [(a, b) for a, b in spans if a >= offset and b <= offset + len(short)]
                found = MarkedSentence(short, [(a - offset, b - offset) for a, b in inside])
                kinds += [spans[span] for span in inside]
            else:
                kinds += [spans[span] for span in found.spans]
            texts.append(found)
        positive = np.array([[kind in has for has in kinds] for kind in self.types])
        return Batch([self._anchor(kind) for kind in self.types], texts, positive, np.zeros_like(positive))

    def _anchor(self, kind: str) -> str:
        names = self.names[kind]
        return reword([names[0] if self.random.random() < 0.4 else self.random.choice(names)], None, self.random)


class MinedExamples:
    """Names as mentions of what a sentence says they are, here or elsewhere, so many a batch.

    Pairs of kinds that the taxonomy has above each other are neither positive nor negative. `noise`: share of sentences
    that are roughened.
    """

    def __init__(
        self,
        mined: Sequence[MinedMention],
        sentences: Sequence[MarkedSentence],
        taxonomy: Taxonomy,
        count: int,
        noise: float,
        seed: int,
    ) -> None:
        self.count = count
        self.noise = noise
        self.seed = seed
        self.random = random.Random(seed)
        self.related = _related({one.kind for one in mined}, taxonomy)
        kinds_of: dict[str, set[str]] = defaultdict(set)
        for one in mined:
            kinds_of[one.text[one.start : one.end]].add(one.kind)
        self.kinds_of = {name: frozenset(kinds) for name, kinds in kinds_of.items()}
        elsewhere: dict[str, list[MarkedSentence]] = defaultdict(list)
        for sentence in sentences:
            for start, end in sentence.spans:
                name = sentence.text[start:end]
                if name in self.kinds_of and len(elsewhere[name]) < _MOST_CONTEXTS:
                    elsewhere[name].append(MarkedSentence(sentence.text, [(start, end)]))
        self.elsewhere = dict(elsewhere)
        self.of_kind: dict[str, list[MinedMention]] = defaultdict(list)
        for one in mined:
            self.of_kind[one.kind].append(one)
        self.kinds = sorted(self.of_kind)
        # A frequent kind is drawn more often, but not in proportion.
        self.weights = [len(self.of_kind[kind]) ** 0.5 for kind in self.kinds]

    def draw(self, number: int) -> Batch:
        """Return as many mentions of different kinds, and those kinds."""
        self.random.seed(f"{self.seed} {number}")
        kinds = list(dict.fromkeys(self.random.choices(self.kinds, self.weights, k=self.count)))
        texts, names = [], []
        for kind in kinds:
            one = self.random.choice(self.of_kind[kind])
            names.append(one.text[one.start : one.end])
            texts.append(self._context(one))
        positive = np.array([[kind in self.kinds_of[name] for name in names] for kind in kinds])
        unknown = np.array(
            [[any((kind, other) in self.related for other in self.kinds_of[name]) for name in names] for kind in kinds]
        )
        return Batch([reword([kind], None, self.random) for kind in kinds], texts, positive, unknown & ~positive)

    def _context(self, one: MinedMention) -> MarkedSentence:
        name = one.text[one.start : one.end]
        text, span = one.text, (one.start, one.end)
        if name in self.elsewhere and self.random.random() < 0.5:
            found = self.random.choice(self.elsewhere[name])
            text, span = found.text, found.spans[0]
        elif self.random.random() < 0.6:  # what says the kind is hidden, so that the rest must tell
            first, last = one.cue
            text = text[:first] + f" {MASK} " + text[last:]
            if last <= span[0]:
                moved = first + len(MASK) + 2 - last
                span = (span[0] + moved, span[1] + moved)
        elif self.random.random() < self.noise:
            text = roughen(text, [span], self.random)
        if len(text) > 150:
            return MarkedSentence(*shorten(text, [span], self.random))
        return MarkedSentence(text, [span])


def _share(weights: np.ndarray) -> np.ndarray:
    result: np.ndarray = weights / weights.sum()
    return result


def _group(label: str) -> str:
    """What is over a label, written so that no description is the same."""
    return f"{label.split('-')[0]}-*"


def _contexts(taxonomy: Taxonomy, sentences: Sequence[MarkedSentence]) -> dict[int, list[MarkedSentence]]:
    """Sentences with a noun of a single sense, by synset: it is marked, or read where only a noun can be."""
    single = {lemma: found[0] for lemma, found in senses(taxonomy).items() if len(found) == 1}
    words = written(taxonomy, single)
    contexts: dict[int, list[MarkedSentence]] = defaultdict(list)
    for sentence in sentences:
        taken = bytearray(len(sentence.text))
        for start, end in sentence.spans:
            taken[start:end] = b"x" * (end - start)
            marked = single.get(sentence.text[start:end].lower())
            if marked is not None and len(contexts[marked]) < _MOST_CONTEXTS:
                contexts[marked].append(MarkedSentence(sentence.text, [(start, end)]))
        for number, start, end in find_nouns(sentence.text, words):
            if not any(taken[start:end]) and len(contexts[number]) < _MOST_CONTEXTS:
                contexts[number].append(MarkedSentence(sentence.text, [(start, end)]))
    return {number: found for number, found in contexts.items() if found}


def _related(kinds: set[str], taxonomy: Taxonomy) -> set[tuple[str, str]]:
    """Pairs of kinds of which one is above the other in some sense, or which share a synset."""
    above: dict[str, set[int]] = defaultdict(set)
    own: dict[str, set[int]] = defaultdict(set)
    for number, synset in enumerate(taxonomy.synsets):
        for lemma in synset.lemmas:
            if lemma in kinds:
                own[lemma].add(number)
                above[lemma].update(taxonomy.types[kind] for kind in taxonomy.ancestors[number].tolist())
    return {
        (one, other)
        for one in kinds
        for other in kinds
        if own[one] & own[other] or own[one] & above[other] or own[other] & above[one]
    }
