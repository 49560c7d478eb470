"""A query scored against several experts: the score and what each frame cost, by reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from viddiff.core.arrays import Floats
from viddiff.core.errors import InputError
from viddiff.programs.skilldiff.checkpoint import TrainedModel
from viddiff.programs.skilldiff.model import SkillModel
from viddiff.programs.skilldiff.performances import resample
from viddiff.programs.skilldiff.training import evaluate_batch


@dataclass(frozen=True)
class ByReference:
    """One query against R references; 1 is the best score.

    Attributes:
        scores: (R,).
        by_frame: (R, T) what each frame of the query cost; a row sums to 1 - score.
    """

    scores: Floats
    by_frame: Floats


def scores_by_reference(model: SkillModel, query: Floats, references: Tensor) -> ByReference:
    """Score one query (T, D) against references (R, T, D)."""
    output = evaluate_batch(model, torch.from_numpy(query).float().expand(len(references), -1, -1), references)
    return ByReference(output.scores.double().numpy(), output.by_frame.double().numpy())


def score_vectors(trained: TrainedModel, vectors: Floats) -> ByReference:
    """Score the features (T', D) of a query.

    Raises:
        InputError: they are of another size than the model was trained with.
    """
    n_features = trained.card.n_features
    if vectors.shape[1] != n_features:
        raise InputError(
            f"The query has {vectors.shape[1]} features per frame, and the model was trained with {n_features}: "
            "use the same features as for the training data."
        )
    return scores_by_reference(
        trained.model, resample(np.nan_to_num(vectors), trained.card.options.frames), trained.references
    )
