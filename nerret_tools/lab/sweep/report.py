"""What a sweep says, as data."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from nerret_tools.errors import DataFileError


class Figure(BaseModel):
    """An AUC: mean and sample standard deviation over the seeds, and the value of each."""

    model_config = ConfigDict(frozen=True)

    mean: float
    spread: float
    by_seed: list[float]


class Separation(BaseModel):
    """AUC of same-type against different-type pairs by cosine, in four ways.

    Attributes:
        raw: Representations as they are.
        centred: Their mean subtracted.
        raw_other_surface: As ``raw``, only pairs of mentions with different texts.
        centred_other_surface: As ``centred``, only pairs of mentions with different texts.
    """

    model_config = ConfigDict(frozen=True)

    raw: Figure
    centred: Figure
    raw_other_surface: Figure
    centred_other_surface: Figure


class TapReport(BaseModel):
    """One tap.

    Attributes:
        block: From 0.
        component: See `SWEPT_COMPONENTS`.
        pooling: Over the span's tokens: ``mean``, ``last`` or ``first``.
        width: Of the representation.
        auc: What it separates.
    """

    model_config = ConfigDict(frozen=True)

    block: int
    component: str
    pooling: str
    width: int
    auc: Separation

    @property
    def judged_by(self) -> Figure:
        """The figure that taps are compared by: centred, different surfaces."""
        return self.auc.centred_other_surface

    def __str__(self) -> str:
        return f"block {self.block} {self.component}, {self.pooling}"


class SweepReport(BaseModel):
    """All figures of one sweep.

    Attributes:
        model: Name of the model or of the backbone's folder.
        precision: Number format of the backbone.
        blocks: How many it has.
        data: Name of the labelled file.
        types: Types drawn for each seed.
        sentences: Documents drawn for each type.
        available: Labels that were drawn from.
        left_out: Labels that are in too few documents.
        seeds: Each draws types, documents, mentions and pairs.
        pairs: Same-type pairs of each seed, and as many different-type ones.
        pairs_other_surface: The same, only mentions with different texts.
        unreadable: Drawn mentions without a token, over all seeds.
        taps: In the order of block, component, pooling.
    """

    model: str
    precision: str
    blocks: int
    data: str
    types: int
    sentences: int
    available: list[str]
    left_out: list[str]
    seeds: list[int]
    pairs: list[int]
    pairs_other_surface: list[int]
    unreadable: int
    taps: list[TapReport]

    def best(self, count: int | None = None) -> list[TapReport]:
        """Return the best taps first."""
        return sorted(self.taps, key=lambda tap: -tap.judged_by.mean)[:count]


def read_report(path: Path) -> SweepReport:
    """Read what `nerret sweep` wrote.

    Raises:
        DataFileError: The file cannot be read, or is no sweep.
    """
    try:
        return SweepReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise DataFileError(f"{path}: not a report of nerret sweep ({first['msg']})") from error
