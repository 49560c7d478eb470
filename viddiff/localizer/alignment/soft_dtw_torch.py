"""Soft-DTW of tensors, with gradients; this module imports torch, so import it late."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from viddiff.localizer.alignment.soft_dtw import GAMMA, cells_of, soft_dtw_batch

#: The cost of what no path may go through; no sum of it leaves float32.
_NEVER = 1e30


def soft_dtw_loss(
    distances: Tensor,
    gamma: float = GAMMA,
    *,
    lengths: Tensor | None = None,
    band: float | None = None,
    free_ends: bool = False,
) -> Tensor:
    """The soft-DTW values of a batch, with gradients for the distances.

    On a CPU by the kernels, whose alignment is the gradient: backward is one product. Elsewhere ``soft_dtw_diagonals``.

    Args:
        distances: (B, N, M) finite; padding is not read.
        lengths: (B, 2) true N and M of each; None: all are whole.
        gamma, band, free_ends: as in ``viddiff.localizer.alignment.soft_dtw.soft_dtw``.

    Returns:
        (B,) values of the same type.

    Raises:
        ValueError: as ``soft_dtw_batch``.
    """
    if distances.device.type != "cpu":
        return soft_dtw_diagonals(distances, gamma, lengths=lengths, band=band, free_ends=free_ends)
    values: Tensor = _Kernel.apply(distances, gamma, lengths, band, free_ends)
    return values


class _Kernel(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, distances: Tensor, gamma: float, lengths: Tensor | None, band: float | None, free_ends: bool
    ) -> Tensor:
        found = soft_dtw_batch(
            list(distances.detach().double().numpy()),
            gamma,
            lengths=None if lengths is None else lengths.numpy(),
            band=band,
            free_ends=free_ends,
        )
        alignments = torch.zeros_like(distances)
        for filled, (_, alignment) in zip(alignments, found, strict=True):
            filled[: alignment.shape[0], : alignment.shape[1]] = torch.from_numpy(alignment)
        ctx.save_for_backward(alignments)
        return distances.new_tensor([value for value, _ in found])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        (alignments,) = ctx.saved_tensors
        return gradient[:, None, None] * alignments, None, None, None, None


def soft_dtw_diagonals(
    distances: Tensor,
    gamma: float = GAMMA,
    *,
    lengths: Tensor | None = None,
    band: float | None = None,
    free_ends: bool = False,
) -> Tensor:
    """``soft_dtw_loss`` in torch alone, one anti-diagonal after the other: any device, any number of derivatives."""
    n_rows, n_columns = distances.shape[1:]
    sizes = [(n_rows, n_columns)] * len(distances) if lengths is None else [(n, m) for n, m in lengths.tolist()]
    inside = torch.stack([_band_mask(size, (n_rows, n_columns), band) for size in sizes]).to(distances.device)
    costs = torch.where(inside, distances, _NEVER)
    # Diagonal k holds cell (i, k - i) at place i.
    rows = torch.arange(n_rows, device=distances.device)
    nothing = costs.new_full((len(costs), 1), _NEVER)
    two_before = costs.new_full((len(costs), n_rows), _NEVER)
    before, diagonals = two_before, []
    for k in range(n_rows + n_columns - 1):
        columns = k - rows
        exists = (columns >= 0) & (columns < n_columns)
        diagonal_costs = costs[:, rows, columns.clamp(0, n_columns - 1)]
        started = (rows == 0) & exists & (free_ends or k == 0)
        corner = torch.where(started, 0.0, torch.cat([nothing, two_before[:, :-1]], 1))
        ways = torch.stack([corner, torch.cat([nothing, before[:, :-1]], 1), before])
        summed = diagonal_costs - gamma * torch.logsumexp(ways / -gamma, 0)
        two_before, before = before, torch.where(exists, summed.clamp(max=_NEVER), _NEVER)
        diagonals.append(before)
    table = torch.stack(diagonals, 1)
    values = []
    for totals, (n, m) in zip(table, sizes, strict=True):
        ends = totals[torch.arange(n - 1, n - 1 + m), n - 1] if free_ends else totals[n + m - 2, n - 1][None]
        values.append(-gamma * torch.logsumexp(ends / -gamma, 0))
    return torch.stack(values)


def _band_mask(size: tuple[int, int], whole: tuple[int, int], band: float | None) -> Tensor:
    """(N, M) the cells of a pair that paths may go through."""
    first, stop = (torch.from_numpy(ends) for ends in cells_of(size, band))
    columns = torch.arange(whole[1])
    inside = torch.zeros(whole, dtype=torch.bool)
    inside[: size[0]] = (columns >= first[:, None]) & (columns < stop[:, None])
    return inside
