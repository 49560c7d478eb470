"""Frames to the tensors that a CLIP model takes: resized, cropped and normalised as open_clip does, without PIL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch


class Preprocess:
    """Makes a (3, H, W) tensor of a frame, equal to open_clip's own transform but for rounding.

    Torch's resize with antialiasing follows Pillow's to within two grey levels (tests hold it to that); models that are
    not made for "resize the shorter side, then crop", or interpolate otherwise, get open_clip's transform itself.

    Args:
        config: the model's ``preprocess_cfg`` (size, mean, std, interpolation, resize_mode).
        transform: open_clip's own, of a PIL image.
    """

    def __init__(self, config: dict[str, Any], transform: Any) -> None:
        import torch

        size = config.get("size", 224)
        sides: tuple[int, int] = (size, size) if isinstance(size, int) else tuple(size)
        self.height, self.width = sides
        self.fast = (config.get("resize_mode"), config.get("interpolation")) == ("shortest", "bicubic")
        self.transform = transform
        self.mean, self.std = (torch.tensor(config.get(name, (0.5,) * 3)).view(3, 1, 1) for name in ("mean", "std"))

    def __call__(self, frame: NDArray[np.uint8]) -> torch.Tensor:
        """(3, H, W) uint8, or float32 where the model's own transform was used, of a frame (h, w, 3) uint8."""
        import torch
        from PIL import Image

        if not self.fast or self.height != self.width:
            tensor: torch.Tensor = self.transform(Image.fromarray(frame))
            return tensor
        height, width = resized_shape(frame.shape[0], frame.shape[1], self.height)
        # A copy where the frame cannot be written to, which torch warns of.
        pixels = torch.from_numpy(np.array(frame, copy=not frame.flags.writeable)).permute(2, 0, 1)[None]
        if (height, width) != frame.shape[:2]:
            pixels = torch.nn.functional.interpolate(pixels, (height, width), mode="bicubic", antialias=True)
        top, left = round((height - self.height) / 2), round((width - self.width) / 2)
        return pixels[0, :, top : top + self.height, left : left + self.width]

    def normalise(self, batch: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        """A batch (N, 3, H, W) as the model takes it: on the device and in the dtype of its weights."""
        import torch

        if batch.dtype != torch.uint8:
            return batch.to(like.device, like.dtype)
        if like.is_cuda:
            # Pinned memory lets the copy run beside the arithmetic; bytes are a quarter of what floats would be.
            batch = batch.pin_memory().to(like.device, non_blocking=True)
        mean, std = self.mean.to(like.device), self.std.to(like.device)
        return ((batch.float() / 255 - mean) / std).to(like.dtype)


def resized_shape(height: int, width: int, side: int) -> tuple[int, int]:
    """(height, width) after the shorter side has become ``side``; the longer one is cut to whole pixels."""
    if width <= height:
        return int(side * height / width), side
    return side, int(side * width / height)
