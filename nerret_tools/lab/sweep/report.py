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
    """AUC of same-type against different-type pairs by cosine, in four ways."""

    model_config = ConfigDict(frozen=True)

    raw: Figure  # representations as they are
    centred: Figure  # their mean subtracted
    raw_other_surface: Figure  # as `raw`, only pairs of mentions with different texts
    centred_other_surface: Figure  # as `centred`, only pairs of mentions with different texts


class TapReport(BaseModel):
    """One tap."""

    model_config = ConfigDict(frozen=True)

    block: int  # from 0
    component: str  # see `SWEPT_COMPONENTS`
    pooling: str  # over the span's tokens: `mean`, `last` or `first`
    width: int  # of the representation
    auc: Separation  # what it separates

    @property
    def judged_by(self) -> Figure:
        """The figure that taps are compared by: centred, different surfaces."""
        return self.auc.centred_other_surface

    def __str__(self) -> str:
        return f"block {self.block} {self.component}, {self.pooling}"


class SweepReport(BaseModel):
    """All figures of one sweep."""

    model: str  # name of the model or of the backbone's folder
    precision: str  # number format of the backbone
    blocks: int  # how many it has
    data: str  # name of the labelled file
    types: int  # types drawn for each seed
    sentences: int  # documents drawn for each type
    available: list[str]  # labels that were drawn from
    left_out: list[str]  # labels that are in too few documents
    seeds: list[int]  # each draws types, documents, mentions and pairs
    pairs: list[int]  # same-type pairs of each seed, and as many different-type ones
    pairs_other_surface: list[int]  # the same, only mentions with different texts
    unreadable: int  # drawn mentions without a token, over all seeds
    taps: list[TapReport]  # in the order of block, component, pooling

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
