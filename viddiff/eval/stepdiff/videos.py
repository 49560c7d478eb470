"""The clips of items as loaded videos, a few kept at hand."""

from __future__ import annotations

import functools
import math
from pathlib import Path

from viddiff import build
from viddiff.core.errors import InputError
from viddiff.core.settings import Settings
from viddiff.eval.stepdiff.items import StepClip
from viddiff.video import FrameStore, Sampling, load
from viddiff.video.loaded import LoadedVideo

#: Rows of one reference lie beside each other and share its clips.
_CLIPS_KEPT = 32


class ClipReader:
    """Reads clips.

    Args:
        root: where the videos are, see ``StepClip.file``.
        settings: how they are sampled.
        store: where frames go; None: as the settings say.
    """

    def __init__(self, root: Path, settings: Settings, store: FrameStore | None = None) -> None:
        self.root, self.settings = root, settings
        self.store = store or build.frame_store(settings)
        self.read = functools.lru_cache(_CLIPS_KEPT)(self._read)

    def _read(self, clip: StepClip) -> LoadedVideo:
        """One clip; InputError where it is not there or cannot be read."""
        path = clip.file(self.root)
        if path is None:
            raise InputError(
                f"Clip {clip.id!r} is not below {str(self.root)!r}: download it, name its folder (--videos), or leave "
                "such rows without an answer (--allow-missing)."
            )
        settings, is_cut = self.settings, clip.path is None and path.stem == clip.id
        sampling = Sampling(
            fps=settings.fps,
            max_side=settings.max_side,
            start_s=None if is_cut else clip.start_s,
            stop_s=None if is_cut or math.isinf(clip.stop_s) else clip.stop_s,
            decoder=settings.decoder,
            threads=1,
        )
        return load(path, sampling, self.store, build.video_limits(settings))
