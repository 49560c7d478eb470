"""One document in the making: its settings, models and frames."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viddiff import build
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import Settings, load_settings
from viddiff.core.types import Progress, Sides, silent
from viddiff.core.usage import Usage
from viddiff.core.versions import versions
from viddiff.video.loaded import LoadedVideo

if TYPE_CHECKING:
    import dspy

    from viddiff.lms import LMs
    from viddiff.report.media import Media

#: Clips in one request, at the most.
_MOST_CLIPS = 3

#: A notice.
SAME_CLIP = "Both videos are the same clip: nothing was asked."


class StepSession:
    """The settings, models and frames of one document.

    Attributes:
        paired: the trained projector that the model string names, which is asked in place of ``lms``.
    """

    def __init__(
        self,
        lm: str | dspy.LM | LMs | None,
        settings: Settings | None,
        progress: Progress | None,
        options: dict[str, Any],
    ) -> None:
        settings = settings or load_settings(lm=lm if isinstance(lm, str) else None, **options)
        projector = build.projector_folder(lm, settings)
        self.paired = build.paired_clips(projector, settings) if projector else None
        self.lms = None if projector else build.models(lm, settings)
        self._is_asked_by_settings = self.lms is not None and build.is_asked_by_settings(lm, settings)
        self.settings = build.fit_to_model(settings, self.lms, _MOST_CLIPS * build.step_frames(settings))
        self.store = build.frame_store(self.settings)
        self.progress = progress or silent
        self.videos: tuple[Path | None, Path | None] = (None, None)
        self.doubts: list[str] = []

    def pair(self, reference: str | PathLike[str], candidate: str | PathLike[str]) -> Sides[LoadedVideo]:
        """Both clips; ``start_b`` and ``stop_b`` are of the candidate."""
        self.videos = (Path(reference), Path(candidate))
        return build.read_pair(reference, candidate, self.settings, self.store, self.progress)

    def read(self, paths: Sequence[str | PathLike[str]]) -> list[LoadedVideo]:
        """The reference and candidates, two at a time."""
        jobs: list[Callable[[], LoadedVideo]] = [
            functools.partial(build.read_clip, path, side, self.settings, self.store, self.progress, None, threads=1)
            for path, side in zip(paths, "a" + "b" * (len(paths) - 1), strict=True)
        ]
        return in_parallel(jobs, 2)

    def show(
        self, reference: LoadedVideo, candidates: Sequence[LoadedVideo]
    ) -> tuple[LoadedVideo, tuple[LoadedVideo, ...]]:
        """The clips as they are shown: where the settings want it at the same moments, else as they are."""
        reference_clip, others = reference, []
        for candidate in candidates:
            first, other, doubt = build.step_pair(self.settings, reference, candidate)
            if doubt:
                name = candidate.info.name
                self.doubts.append(f"Frames of {name!r} are spread evenly, not aligned with the reference. {doubt}")
            else:
                reference_clip = first
            others.append(other)
        return reference_clip, tuple(others)

    def ask(self, program: Callable[..., dspy.Prediction], **inputs: Any) -> dspy.Prediction:
        """The prediction of a program."""
        with build.answer_cache(self.settings, self._is_asked_by_settings), build.asking_context(self.settings):
            return program(**inputs)

    def document_fields(self, step: str, reference: LoadedVideo, notices: Sequence[str] = ()) -> dict[str, Any]:
        """What every document has."""
        return {
            "created": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "step": step,
            "reference": reference.info,
            "notices": (*self.store.notices, *self.doubts, *notices),
            "programs": build.labels_of(build.step_programs(self.settings)),
            "usage": self.usage,
            "settings": build.settings_record(self.settings),
            "versions": versions(),
        }

    @property
    def usage(self) -> tuple[Usage, ...]:
        """What was asked of models, or of a trained projector."""
        return self.paired.usage if self.paired else self.lms.usage if self.lms else ()

    @property
    def media(self) -> Media:
        """What the document was made from, for pages and exports."""
        from viddiff.report.media import source_media

        return source_media(self.settings, self.store, None, self.videos)
