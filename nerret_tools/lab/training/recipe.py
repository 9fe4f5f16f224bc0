"""How a model is trained: ordered steps in one file, which is kept beside the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nerret_tools.errors import DataFileError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelledFiles(_Part):
    """A labelled file and the descriptions of its labels, relative to the data folder."""

    path: str
    types: str


class SpanData(_Part):
    """A labelled file for the span head.

    Attributes:
        path: Relative to the data folder.
        complete: Whether every entity is marked; where not, an unmarked capitalised word is unknown.
        repeat: How often it is gone through while the others are gone through once.
    """

    path: str
    complete: bool
    repeat: int = Field(default=1, ge=1)


class TypedData(_Part):
    """Passages with free-text types for the span head; a tenth of them is held back.

    Attributes:
        path: Relative to the data folder.
        repeat: As in `SpanData`.
    """

    path: str
    repeat: int = Field(default=1, ge=1)


class CommonNounData(_Part):
    """Nouns that are mentions though no corpus of names marks them.

    Attributes:
        taxonomy: In the format of wndb(5WN), relative to the data folder.
        branches: First lemmas of the categories whose nouns count.
        repeat: Copies of each sentence that has such nouns, with others of their branches in their places.
    """

    taxonomy: str
    branches: list[str]
    repeat: int = Field(default=3, ge=0)


class SpanTraining(_Part):
    """What the span head learns from, and how a batch is weighed.

    Attributes:
        data: Sentences with marked spans.
        typed: Passages with marked spans and free-text types.
        nouns: Are marked in ``data`` too.
        batch_size: Sentences a step.
        negative_weight: Of a span that is no mention, against one that is.
        drop_case: Share of sentences whose letter case is hidden, so that lower-cased text works.
    """

    data: list[SpanData] = []
    typed: list[TypedData] = []
    nouns: CommonNounData | None = None
    batch_size: int = 64
    negative_weight: float = 0.5
    drop_case: float = 0.5


class BodyStep(_Part):
    """The backbone's blocks, projection, context head and span head, all at once.

    Attributes:
        kind: Names the step.
        taxonomy: Nouns in the format of wndb(5WN), relative to the data folder.
        labelled: Sentences with marked types.
        typed: Passages with free-text types.
        texts: More sentences with marked spans, for mining and as contexts.
        spans: What the span head learns from.
        wordings: Other ways to say a description of the labelled types.
        groups: Label group → descriptions of it.
        order: Which source each step draws from, and from the beginning again: "typed", "labelled",
            "taxonomy", "mined", "spans".
        steps: Optimiser steps.
        mention_dimension: Numbers of the mention's part of an embedding.
        context_dimension: Numbers of the context's part.
        context_weight: Share of the context's cosine in the score that is trained.
        kept_rank: To which the change of the published matrices is cut at the end.
        types: Taxonomy types a step, with one member each.
        sentences: Labelled sentences a step.
        mined: Mentions of mined types a step.
        typed_sentences: Sentences of typed passages a step.
        typed_types: Their types a step.
        temperature: Of InfoNCE.
        learning_rate: Peak of one cycle, of the blocks' matrices.
        head_learning_rate: The same of the heads.
        pair_weight: Of the loss that judges each pair by itself.
        span_weight: Of the detection loss.
        noise: Share of sentences that are misspelt or cut short.
        bfloat16: Whether the blocks run in it.
        seed: Of everything.
    """

    kind: Literal["body"]
    taxonomy: str
    labelled: list[LabelledFiles] = []
    typed: list[str] = []
    texts: list[SpanData] = []
    spans: SpanTraining
    wordings: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    order: list[Literal["typed", "labelled", "taxonomy", "mined", "spans"]]
    steps: int
    mention_dimension: int = 192
    context_dimension: int = 64
    context_weight: float = 0.3
    kept_rank: int = 96
    types: int = 96
    sentences: int = 40
    mined: int = 64
    typed_sentences: int = 28
    typed_types: int = 128
    temperature: float = 0.05
    learning_rate: float = 1e-4
    head_learning_rate: float = 5e-4
    pair_weight: float = 0.0
    span_weight: float = 0.5
    noise: float = 0.15
    bfloat16: bool = True
    seed: int = 0


class SpansStep(_Part):
    """The span head alone, on the finished backbone.

    Attributes:
        kind: Names the step.
        training: What it learns from.
        steps: Optimiser steps.
        learning_rate: Peak of one cycle.
        threshold: Probability over which a span is proposed.
        overlap_threshold: The same where it overlaps a likelier one.
        seed: Of the order, the dropping and the initial weights.
    """

    kind: Literal["spans"]
    training: SpanTraining
    steps: int = 1000
    learning_rate: float = 1e-3
    threshold: float = 0.05
    overlap_threshold: float = 0.5
    seed: int = 0


class ProjectionStep(_Part):
    """A projection for a frozen backbone.

    Attributes:
        kind: Names the step.
        taxonomy: Nouns in the format of wndb(5WN), relative to the data folder.
        labelled: Sentences with marked types, which give a second loss.
        steps: Optimiser steps.
        types: Taxonomy types a step.
        members: Mentions of each a step.
        labelled_members: Mentions of each type of the labelled sentences a step.
        labelled_weight: Weight of their loss beside the taxonomy's.
        loss: "infonce", with several positives and both ways, or the "triplet" loss of NER Retriever.
        temperature: Of InfoNCE.
        margin: Of the triplet loss, between cosines.
        hard_share: Of the triplets whose negative BM25 finds near the type's description.
        learning_rate: Peak of one cycle.
        noise: Standard deviation of noise on representations, as a share of their own.
        seed: Of sampling, dropout and initial weights.
    """

    kind: Literal["projection"]
    taxonomy: str
    labelled: list[LabelledFiles] = []
    steps: int = 1000
    types: int = 256
    members: int = 3
    labelled_members: int = 4
    labelled_weight: float = 0.3
    loss: Literal["infonce", "triplet"] = "infonce"
    temperature: float = 0.1
    margin: float = 0.2
    hard_share: float = 0.1
    learning_rate: float = 1e-3
    noise: float = 0.0
    seed: int = 0


class ExportStep(_Part):
    """The graph that ONNX Runtime runs, from the weights so far; what follows is done on it."""

    kind: Literal["export"]


class CalibrationStep(_Part):
    """The curve from scores to relevance, over development sets.

    Attributes:
        kind: Names the step.
        labelled: Development sets, each a domain; read as they are and with sentences joined to documents.
        limit: No more than the first documents of each.
        joined: So many sentences to a document.
        typed: Passages with free-text types, of which those that are held back are one more domain: of rare types.
        typed_types: How many of their types are asked for.
        typed_weight: Of that domain, against one of the others.
        taxonomy: Nouns in the format of wndb(5WN), which tell what types are true of a typed mention.
        seed: Of joining, and of the choice of types.
    """

    kind: Literal["calibration"]
    labelled: list[LabelledFiles]
    limit: int | None = None
    joined: int = 8
    typed: list[str] = []
    typed_types: int = 300
    typed_weight: float = 5.0
    taxonomy: str | None = None
    seed: int = 0


class FirstDocuments(_Part):
    """A labelled file of the data folder; ``limit``: no more than its first documents."""

    path: str
    limit: int | None = None


class ArchetypesStep(_Part):
    """The archetype head, and how types are chosen.

    Attributes:
        kind: Names the step.
        taxonomy: Nouns in the format of wndb(5WN), relative to the data folder.
        labelled: Sentences whose mentions train the head.
        development: Sentences that the typing weights and the cut-off are fitted on.
        seed: Of everything.
    """

    kind: Literal["archetypes"]
    taxonomy: str
    labelled: list[FirstDocuments]
    development: list[FirstDocuments]
    seed: int = 0


Step = Annotated[
    BodyStep | SpansStep | ProjectionStep | ExportStep | CalibrationStep | ArchetypesStep, Field(discriminator="kind")
]


class Recipe(_Part):
    """A model's training.

    Attributes:
        start: Folder with earlier weights that the first step finds, relative to the data folder;
            without one it begins with the published backbone.
        steps: In their order; each reads what the ones before it left.
    """

    start: str | None = None
    steps: list[Step] = Field(min_length=1)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        DataFileError: It is missing or not one; the field is named.
    """
    try:
        return Recipe.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataFileError(f"the recipe {path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise DataFileError(f"the recipe {path}: {where}: {first['msg']}") from error
