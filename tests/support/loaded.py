"""LoadedVideo made from arrays, without a decoder."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viddiff.core.types import VideoInfo
from viddiff.video.loaded import FrameSequence, GreyTrack, LoadedVideo
from viddiff.video.store import FrameStore

Frame = NDArray[np.uint8]


def jpeg_of(frame: Frame) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def footage_of(frames: Sequence[Frame], fps: float = 4.0, name: str = "clip.mp4") -> LoadedVideo:
    """LoadedVideo that shows ``frames``, (h, w, 3) uint8 each, at ``fps``; its grey track has the same frames."""
    store = FrameStore(None)
    times_s = np.arange(len(frames)) / fps
    refs = tuple(store.put(jpeg_of(frame)) for frame in frames)
    height, width = frames[0].shape[:2]
    grey = np.stack([frame.mean(axis=2).astype(np.uint8) for frame in frames])
    info = VideoInfo(
        name=name,
        source_hash=hashlib.sha256("".join(refs).encode()).hexdigest(),
        width=width,
        height=height,
        fps=fps,
        duration_s=len(frames) / fps,
        start_s=0.0,
        stop_s=len(frames) / fps,
        n_frames=len(frames),
        sampled_fps=fps,
    )
    sequence = FrameSequence(times_s, refs, width, height, fps, store)
    return LoadedVideo(info, sequence, lambda: GreyTrack(times_s, grey))


def noise_footage(n_frames: int = 16, seed: int = 0, size: tuple[int, int] = (48, 64)) -> LoadedVideo:
    """Frames of coarse coloured noise, all different."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 255, (n_frames, size[0] // 8, size[1] // 8, 3), dtype=np.uint8)
    return footage_of([np.kron(block, np.ones((8, 8, 1), dtype=np.uint8)) for block in blocks], name=f"noise{seed}.mp4")
