"""The model: query and reference encoded, aligned, their residuals read, and what each part cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from viddiff.localizer.alignment.soft_dtw_torch import soft_dtw_loss
from viddiff.programs.skilldiff.options import SkillOptions

_HIDDEN = 128
#: Features of more numbers are projected on so many directions, those in which the training part differs most.
MAX_INPUTS = 64
#: Frames that the projection is fitted to, at the most.
_MAX_FITTED_FRAMES = 4096


@dataclass(frozen=True)
class SkillOutput:
    """What the model says of B queries, each against one reference.

    Attributes:
        scores: (B,) 1 is the best.
        deductions: (B, M) of each part; they sum to 1 - score.
        by_frame: (B, T) the same by frame of the query.
        matches: (B, T, T) for each frame of the query, in shares, the frames of the reference.
        values: (B,) soft-DTW of the learned features for a frame.
        queries, references: (B, T, d) learned features.
    """

    scores: Tensor
    deductions: Tensor
    by_frame: Tensor
    matches: Tensor
    values: Tensor
    queries: Tensor
    references: Tensor


class SkillModel(nn.Module):
    """SkillDiff, section 3.

    Args:
        options: what it is made of.
        n_features: D, numbers of a frame.
    """

    mean: Tensor
    projection: Tensor

    def __init__(self, options: SkillOptions, n_features: int) -> None:
        super().__init__()
        self.options = options
        n_inputs, width = min(n_features, MAX_INPUTS), options.width
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("projection", torch.zeros(n_features, n_inputs))
        # One frame tells neither the way down from the way up, nor shaking from stillness: convolutions over time.
        self.encoder = nn.Sequential(
            nn.Conv1d(n_inputs, width, 5, padding=2), nn.ReLU(), nn.Conv1d(width, width, 3, padding=1)
        )
        n_read, n_heads = (width, 0) if options.align == "none" else (3 * width + 1, options.heads)
        size = max(1, width // max(1, n_heads))
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(n_read, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, size)) for _ in range(n_heads)
        )
        n_told = size * n_heads or n_read
        # Without it no part of the movement could count for more than another.
        self.place = nn.Parameter(torch.zeros(options.segments, n_told))
        self.quality = nn.Sequential(nn.Linear(n_told, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, 1))
        self.weight = nn.Linear(n_told, 1)

    @torch.no_grad()
    def fit_inputs(self, vectors: Tensor) -> None:
        """Set the projection by the training part (N, T, D): centred, of unit variance over all directions."""
        flat = vectors.reshape(-1, vectors.shape[-1])
        self.mean.copy_(flat.mean(0))
        centred = flat - self.mean
        sample = centred[:: 1 + len(centred) // _MAX_FITTED_FRAMES]
        basis = torch.linalg.svd(sample, full_matrices=False).Vh[: self.projection.shape[1]].T
        scale = (centred @ basis).pow(2).mean().sqrt().clamp(min=1e-12)
        self.projection[:, : basis.shape[1]] = basis / scale

    def forward(self, queries: Tensor, references: Tensor) -> SkillOutput:
        """Judge queries (B, T, D) against references (B, T, D)."""
        inputs = [(vectors - self.mean) @ self.projection for vectors in (queries, references)]
        query_features, reference_features = (
            nn.functional.normalize(self.encoder(x.transpose(1, 2)).transpose(1, 2), dim=2) for x in inputs
        )
        matches, values = self._align(
            _squared_distances(query_features, reference_features), _squared_distances(*inputs)
        )
        hidden = (
            query_features if self.options.align == "none" else _residuals(query_features, reference_features, matches)
        )
        features = torch.cat([head(hidden) for head in self.heads], 2) if len(self.heads) else hidden
        shares = self._shares(matches)
        sizes = shares.sum(1).clamp(min=1e-6)
        deductions = self._deductions(shares.transpose(1, 2) @ features / sizes[..., None])
        by_frame = (shares * (deductions / sizes)[:, None]).sum(2)
        return SkillOutput(
            1 - deductions.sum(1), deductions, by_frame, matches, values, query_features, reference_features
        )

    def _align(self, learned: Tensor, distances: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, T) matches, without gradient, and (B,) soft-DTW of the learned distances for a frame.

        Args:
            learned, distances: (B, T, T) squared distances of learned features and of inputs.
        """
        n_frames = learned.shape[1]
        if self.options.align != "soft":
            return torch.eye(n_frames).expand_as(learned), torch.zeros(len(learned))
        values, ways = soft_dtw_with_alignment(learned, self.options.gamma)
        if self.options.align_on != "learned":
            distances = distances / distances.flatten(1).median(1).values.clamp(min=1e-9)[:, None, None]
            mixed = distances + learned if self.options.align_on == "both" else distances
            ways = soft_dtw_with_alignment(mixed.detach(), self.options.gamma).alignments
        return ways / ways.sum(2, keepdim=True), values / n_frames

    def _shares(self, matches: Tensor) -> Tensor:
        """(B, T, M) to which part each frame of the query belongs."""
        n_frames, n_parts = matches.shape[1], self.options.segments
        of_frame = torch.arange(n_frames) * n_parts // n_frames
        equal = nn.functional.one_hot(of_frame, n_parts).to(matches.dtype)
        return matches @ equal if self.options.clock == "reference" else equal.expand(len(matches), -1, -1)

    def _deductions(self, features: Tensor) -> Tensor:
        """(B, M) of (B, M, n): w_m (1 - s_m), with s_m = sigmoid(g(d_m)) and w = softmax(h(d_m)) (3.4)."""
        features = features + self.place
        weights = torch.softmax(self.weight(features)[..., 0], 1)
        return weights * (1 - torch.sigmoid(self.quality(features)[..., 0]))


def _squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """(B, N, M) squared distances of (B, N, d) and (B, M, d); unlike cdist's, their gradient at 0 is one."""
    squares = x.pow(2).sum(2)[:, :, None] + y.pow(2).sum(2)[:, None] - 2 * x @ y.transpose(1, 2)
    return squares.clamp(min=0)


class SoftDtw(NamedTuple):
    """(B,) values with their gradient, and the alignments (B, N, M), which are that gradient."""

    values: Tensor
    alignments: Tensor


def soft_dtw_with_alignment(distances: Tensor, gamma: float) -> SoftDtw:
    """Soft-DTW of (B, N, M) distances; the kernel runs once for both."""
    fixed = distances.detach().requires_grad_()
    with torch.enable_grad():
        values = soft_dtw_loss(fixed, gamma)
        (ways,) = torch.autograd.grad(values.sum(), fixed)
    return SoftDtw(values.detach() + (ways * (distances - distances.detach())).sum((1, 2)), ways)


def _residuals(queries: Tensor, references: Tensor, matches: Tensor) -> Tensor:
    """(B, T, 3 d + 1) for each frame of the query [r; f_q; f_r; delta] (3.3).

    delta is how far the frames are apart in time as shares of their clips, after the straight line that fits best: a
    late start or another tempo of the whole clip is no fault of its moments.
    """
    aligned = matches @ references
    places = torch.linspace(0, 1, matches.shape[1])
    matched_places = matches @ places
    centred, moved = places - places.mean(), matched_places - matched_places.mean(1, keepdim=True)
    slope = (moved * centred).sum(1, keepdim=True) / centred.pow(2).sum()
    delta = (moved - slope * centred).abs()
    return torch.cat([queries - aligned, queries, aligned, delta[..., None]], 2)
