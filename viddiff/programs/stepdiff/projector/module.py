"""M_proj: features of a clip to tokens of a language model, by a Perceiver (paper, section 4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from viddiff.programs.stepdiff.projector.options import ProjectorOptions

#: Vectors that the directions of the inputs are fitted to, at the most.
_MOST_VECTORS = 4096


class Projector(nn.Module):
    """One projector for both clips, each by itself (equations 2 and 3).

    Args:
        options: what it is made of.
        n_patches, n_features: P and D, places of a frame and numbers of each.
        n_words: width of the language model's tokens.
    """

    mean: Tensor
    basis: Tensor

    def __init__(self, options: ProjectorOptions, n_patches: int, n_features: int, n_words: int) -> None:
        super().__init__()
        width = options.width
        n_inputs = min(options.inputs, n_features) if options.inputs else n_features
        self.options, self.n_patches, self.n_features, self.n_words = options, n_patches, n_features, n_words
        self.register_buffer("mean", torch.zeros(n_features))
        # The full directions would be a matrix of D x D that changes nothing.
        self.register_buffer("basis", torch.zeros(n_features, n_inputs) if options.inputs else torch.ones(()))
        self.enter = nn.Linear(n_inputs, width)
        self.frame_place = nn.Parameter(0.02 * torch.randn(options.frames, 1, width))
        self.patch_place = nn.Parameter(0.02 * torch.randn(n_patches, width))
        # Evenly chosen frames do not tell how long the clip is; without it no question on speed has an answer.
        self.duration = nn.Linear(1, width)
        self.latents = nn.Parameter(torch.randn(options.tokens, width))
        self.layers = nn.ModuleList(_Layer(width, options.heads, options.mlp) for _ in range(options.layers))
        self.leave = nn.Linear(width, n_words)

    @torch.no_grad()
    def fit_inputs(self, features: Tensor) -> None:
        """Set what features are centred and scaled by, from those of training clips (N, D)."""
        self.mean.copy_(features.mean(0))
        centred = features - self.mean
        if not self.options.inputs:
            self.basis.copy_(1 / centred.pow(2).mean().sqrt().clamp(min=1e-12))
            return
        sample = centred[:: 1 + len(centred) // _MOST_VECTORS]
        basis = torch.linalg.svd(sample, full_matrices=False).Vh[: self.basis.shape[1]].T
        scale = (centred @ basis).pow(2).mean().sqrt().clamp(min=1e-12)
        self.basis[:, : basis.shape[1]] = basis / scale

    def forward(self, features: Tensor, durations_s: Tensor) -> Tensor:
        """(B, tokens, W) of features (B, F, P, D) and durations in seconds (B,); F is at most ``options.frames``."""
        centred = features.float() - self.mean
        inputs = self.enter(centred @ self.basis if self.options.inputs else centred * self.basis)
        inputs = inputs + self.frame_place[: inputs.shape[1]] + self.patch_place
        duration = self.duration(torch.log1p(durations_s.float())[:, None, None])
        patches = torch.cat([inputs.flatten(1, 2), duration], 1)
        latents = self.latents.expand(len(features), -1, -1)
        for layer in self.layers:
            latents = layer(latents, patches)
        tokens: Tensor = self.leave(latents)
        return tokens


class _Layer(nn.Module):
    """Latents look at the inputs and at each other, then each is changed by itself."""

    def __init__(self, width: int, heads: int, mlp: int) -> None:
        super().__init__()
        self.of_latents, self.of_inputs, self.of_mlp = (nn.LayerNorm(width) for _ in range(3))
        self.look = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(width, mlp * width), nn.GELU(), nn.Linear(mlp * width, width))

    def forward(self, latents: Tensor, inputs: Tensor) -> Tensor:
        """(B, n, d) latents after one look at (B, N, d) inputs."""
        asking = self.of_latents(latents)
        keys = torch.cat([self.of_inputs(inputs), asking], 1)
        latents = latents + self.look(asking, keys, keys, need_weights=False)[0]
        changed: Tensor = latents + self.mlp(self.of_mlp(latents))
        return changed
