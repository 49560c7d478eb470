"""The losses of section 3.5; where the preprint is silent or wrong, docs/skilldiff.md says what is done."""

from __future__ import annotations

import torch
from torch import Tensor

from viddiff.programs.skilldiff.model import SkillOutput
from viddiff.programs.skilldiff.options import SkillOptions

#: By how much the better of two is to be scored higher, as a share of the range of scores; and where pairs alone are
#: known, so that nothing else sets the range.
_MARGIN, _PAIR_MARGIN = 0.02, 0.2
#: Frames nearer than this share of the clip are to be alike; others at least this squared distance apart.
_NEAR, _APART = 0.2, 2.0


def total_loss(output: SkillOutput, scores: Tensor, deductions: Tensor, options: SkillOptions) -> Tensor:
    """The weighted sum for a batch.

    Args:
        output: what the model says.
        scores: (B,) true scores, 0 to 1; NaN: the first half of the batch is better than the second, one by one.
        deductions: (B, T) true ones by frame, NaN where not known.
        options: the weights.
    """
    if torch.isfinite(scores).all():
        loss = options.score_weight * (output.scores - scores).pow(2).mean()
        if options.alpha:
            loss = loss + options.alpha * ranking(output.scores, scores)
    else:
        loss = pairwise_hinge(output.scores)
    if options.align == "soft" and options.beta:
        alignment = output.values.mean()
        if options.lambda_c:
            alignment = alignment + options.lambda_c * (contrast(output.queries) + contrast(output.references))
        loss = loss + options.beta * alignment
    labelled = torch.isfinite(deductions).all(1)
    if options.segment_weight and labelled.any():
        # Sums over parts, since a fault does not show in exactly the frames that it is spread over.
        apart = (output.by_frame[labelled] - deductions[labelled]).tensor_split(options.segments, dim=1)
        loss = loss + options.segment_weight * torch.stack([part.sum(1) for part in apart], 1).pow(2).mean()
    return loss


def ranking(scores: Tensor, true: Tensor) -> Tensor:
    """max(0, -(s_a - s_b) sign(s_a* - s_b*) + margin) over the pairs of a batch; equal ones have no order.

    The preprint prints it without the minus, which would reward the wrong order.
    """
    first, second = torch.triu_indices(len(scores), len(scores), 1)
    order = torch.sign(true[first] - true[second])
    return (torch.relu(_MARGIN - (scores[first] - scores[second]) * order) * order.abs()).mean()


def pairwise_hinge(scores: Tensor) -> Tensor:
    """max(0, margin - (s_better - s_worse)) of scores (2 P,), the better ones first."""
    better, worse = scores.chunk(2)
    return torch.relu(_PAIR_MARGIN - (better - worse)).mean()


def contrast(features: Tensor) -> Tensor:
    """Frames of one clip (B, T, d): near in time alike, far in time apart (Haresh et al., CVPR 2021, as a mean)."""
    # Of unit vectors.
    distances = 2 - 2 * features @ features.transpose(1, 2)
    times = torch.linspace(0, 1, features.shape[1])
    apart = (times[:, None] - times).abs()
    repulsion = (1 + apart.pow(2)) * torch.relu(_APART - distances)
    return torch.where(apart <= _NEAR, distances, repulsion).mean()
