"""How a model is trained, as one file that is kept beside its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nerret_tools.errors import DataFileError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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


class SpanRecipe(_Part):
    """The span head.

    Attributes:
        data: What it is trained on.
        nouns: Are marked in it too.
        steps: Optimiser steps.
        batch_size: Sentences a step.
        learning_rate: Peak of one cycle.
        negative_weight: Of a span that is no mention, against one that is.
        drop_case: Share of sentences whose letter case is hidden, so that lower-cased text works.
        threshold: Probability over which a span is proposed.
        overlap_threshold: The same where it overlaps a likelier one.
        seed: Of the order, the dropping and the initial weights.
    """

    data: list[SpanData]
    nouns: CommonNounData | None = None
    steps: int = 2000
    batch_size: int = 64
    learning_rate: float = 1e-3
    negative_weight: float = 0.5
    drop_case: float = 0.5
    threshold: float = 0.05
    overlap_threshold: float = 0.15
    seed: int = 0


class LabelledFiles(_Part):
    """A labelled file and the descriptions of its labels, relative to the data folder."""

    path: str
    types: str


class ProjectionRecipe(_Part):
    """The projection.

    Attributes:
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


class AdapterRecipe(_Part):
    """The adapter, with a projection and a span head that are trained along.

    Attributes:
        taxonomy: Nouns in the format of wndb(5WN), relative to the data folder.
        labelled: Sentences with marked types.
        texts: More sentences with marked spans, for detection and for mining.
        wordings: Other ways to say a description of the labelled types.
        groups: Label group → descriptions of it.
        steps: Optimiser steps: two on the taxonomy, one on labelled sentences, one on mined
            types, and again.
        rank: Of the adapter; None: the blocks' weight matrices themselves are trained. The file then holds
            their complete differences and is ten times as large.
        types: Taxonomy types a step, with one member each.
        sentences: Labelled sentences a step.
        mined: Mentions of mined types a step.
        temperature: Of InfoNCE.
        learning_rate: Peak of one cycle, of the adapter.
        head_learning_rate: The same of projection and span head.
        span_weight: Of the detection loss beside the labelled one.
        noise: Share of sentences that are misspelt or cut short.
        seed: Of everything.
    """

    taxonomy: str
    labelled: list[LabelledFiles]
    texts: list[SpanData] = []
    wordings: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    steps: int = 2000
    rank: int | None = 16
    types: int = 144
    sentences: int = 56
    mined: int = 80
    temperature: float = 0.05
    learning_rate: float = 5e-4
    head_learning_rate: float = 1e-3
    span_weight: float = 0.5
    noise: float = 0.3
    seed: int = 0


class Refinement(_Part):
    """A run after the adapter's, from where the run before it ended: whole matrices, averaged over branches.

    Attributes:
        labelled: More sentences with marked types than the adapter's.
        texts: More sentences with marked spans than the adapter's.
        wordings: Other ways to say the descriptions of what is added.
        steps: As the adapter's.
        learning_rate: Peak of one cycle, of the blocks' matrices.
        head_learning_rate: The same of projection and span head.
        branches: Runs with the seeds ``seed``, ``seed + 1``, …, side by side, of which the mean is taken.
        kept_rank: To which the change of the published weights is cut at the end; None: it is kept whole.
        seed: Of everything.
    """

    labelled: list[LabelledFiles] = []
    texts: list[SpanData] = []
    wordings: dict[str, list[str]] = {}
    steps: int = 600
    learning_rate: float = 1e-4
    head_learning_rate: float = 5e-4
    branches: int = Field(default=2, ge=1)
    kept_rank: int | None = Field(default=None, ge=1)
    seed: int = 1

    def branch(self, adapter: AdapterRecipe, number: int) -> AdapterRecipe:
        """What one of the branches does, beginning with the data of the adapter's run."""
        return adapter.model_copy(
            update={
                "labelled": [*adapter.labelled, *self.labelled],
                "texts": [*adapter.texts, *self.texts],
                "wordings": adapter.wordings | self.wordings,
                "steps": self.steps,
                "rank": None,
                "learning_rate": self.learning_rate,
                "head_learning_rate": self.head_learning_rate,
                "seed": self.seed + number,
            }
        )


class ContextRecipe(_Part):
    """The context head.

    Attributes:
        taxonomy: Nouns whose categories serve as type descriptions, relative to the data folder.
        labelled: Sentences with marked types.
        texts: More sentences, without types.
        steps: Optimiser steps.
        hidden: Width of the hidden layer.
        dimension: Of the embedding's context part; the entity part gets the rest.
        sentences: Sentences a step.
        types: Descriptions a step.
        temperature: Of both losses.
        labelled_weight: Weight of InfoNCE on marked sentences.
        learning_rate: Peak of one cycle.
        seed: Of sampling, dropout and initial weights.
    """

    taxonomy: str
    labelled: list[LabelledFiles]
    texts: list[str] = []
    steps: int = 1500
    hidden: int = 500
    dimension: int = 128
    sentences: int = 1024
    types: int = 256
    temperature: float = 0.05
    labelled_weight: float = 0.1
    learning_rate: float = 2e-3
    seed: int = 0


class CalibrationRecipe(_Part):
    """The curve from scores to relevance: development types that the projection has not seen."""

    labelled: LabelledFiles


class Recipe(_Part):
    """All parts of a model's training; without an adapter the backbone stays as it is.

    Attributes:
        adapter: The first run.
        refinements: Runs after it, each from where the one before it ended.
        context: Of the adapted backbone.
        spans: The span head.
        projection: For the backbone as published.
        calibration: Of the whole.
    """

    adapter: AdapterRecipe | None = None
    refinements: list[Refinement] = []
    context: ContextRecipe | None = None
    spans: SpanRecipe
    projection: ProjectionRecipe
    calibration: CalibrationRecipe


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
