"""What a SkillDiff model is made of; each part that the preprint names can be switched off."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from viddiff.core.record import Record

_Count = Annotated[int, Field(ge=1)]
_Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Above0 = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class SkillOptions(Record):
    """A model and its training. Sections are those of the preprint (February 2026, not peer-reviewed)."""

    frames: Annotated[int, Field(ge=4, le=512)] = 40
    """Every clip is brought to so many, evenly."""
    width: _Count = 32
    """Numbers of a frame that the encoder gives (3.2; 512 there)."""
    align: Literal["soft", "linear", "none"] = "soft"
    """none: the query is scored alone, without a reference (4.4, direct regression)."""
    align_on: Literal["learned", "input", "both"] = "both"
    """By which distances; learned is the preprint's."""
    heads: Annotated[int, Field(ge=0)] = 4
    """Of the differential encoder (3.3); 0: none, the scores are read off the residuals as they are."""
    segments: _Count = 8
    """Parts that are scored (3.4); 1: the whole."""
    clock: Literal["query", "reference"] = "reference"
    """Whose equal parts they are; the preprint's are the query's."""
    gamma: _Above0 = 0.1
    """How far the best path of the alignment is softened."""
    score_weight: _Weight = 25.0
    """Of the squared error of scores from 0 to 1 (3.5)."""
    alpha: _Weight = 0.5
    """Of the ranking loss (3.5)."""
    beta: _Weight = 0.1
    """Of the alignment loss (3.5)."""
    lambda_c: _Weight = 0.5
    """Of its contrastive term."""
    segment_weight: _Weight = 100.0
    """Of the squared error of deductions, where they are known."""
    references: Literal["experts", "random"] = "experts"
    """random: any performance of the training part."""
    epochs: _Count = 60
    """Of ``steps`` batches each."""
    steps: _Count = 10
    """In an epoch."""
    batch: Annotated[int, Field(ge=2)] = 16
    """Queries in a batch."""
    learning_rate: _Above0 = 2e-3
    """Of Adam."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Another seed, another model."""


#: Rows of table 2 of the preprint -> what is switched, and the Spearman rho that it prints for BEST. It aligns by
#: learned features alone.
ABLATIONS: dict[str, tuple[dict[str, Any], float]] = {
    "direct regression": ({"align": "none", "segments": 1}, 0.86),
    "+ DTW alignment": ({"heads": 0, "segments": 1}, 0.89),
    "+ differential encoder, one head": ({"heads": 1, "segments": 1}, 0.91),
    "+ several heads": ({"segments": 1}, 0.92),
    "+ scores by segment": ({}, 0.93),
    "w/o contrastive term": ({"lambda_c": 0.0}, 0.87),
    "w/o ranking loss": ({"alpha": 0.0}, 0.91),
    "random references": ({"references": "random"}, 0.88),
}
