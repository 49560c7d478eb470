"""The description of a clip: the sources that pass their thresholds, or the frames themselves."""

from __future__ import annotations

from pathlib import Path

from viddiff import build
from viddiff.core.settings import Settings
from viddiff.eval.stepdiff.qa.sources import ClipSource
from viddiff.eval.stepdiff.text_store import TextStore
from viddiff.eval.stepdiff.videos import ClipReader
from viddiff.lms import Failure, LMs
from viddiff.lms.roles import limits_in_force
from viddiff.lms.throttle import Throttle
from viddiff.programs.caller import Caller
from viddiff.programs.stepdiff.clips import clips_of
from viddiff.programs.stepdiff.describer import StepDescriber


class SourceDescriber:
    """Describes clips.

    Args:
        min_object, min_caption: scores from which on objects and captions count.
        root: where videos are; None: no frames are looked at.
    """

    def __init__(
        self, min_object: float, min_caption: float, settings: Settings, lms: LMs, texts: TextStore, root: Path | None
    ) -> None:
        self.min_object, self.min_caption = min_object, min_caption
        self.texts, self.n_frames = texts, build.step_frames(settings)
        self.call = Caller(lms, Throttle(settings.threads))
        self.describer = StepDescriber(settings.attempts)
        self.reader = ClipReader(root, settings) if root else None

    def text(self, source: ClipSource) -> str | Failure:
        """The description; "" where nothing is known of the clip.

        Captions tell the actions; without one that passes the frames are looked at, where there are videos.

        Raises:
            InputError: a video. BackendError: a fault that every further call would meet. BudgetError: the budget.
        """
        objects, captions = source.objects_over(self.min_object), source.captions_over(self.min_caption)
        if captions or self.reader is None:
            texts = {
                "narration": source.narration.strip(),
                "objects": ", ".join(objects),
                "actions": "; ".join(captions),
            }
            return "\n".join(f"{name}: {text}" for name, text in texts.items() if text)
        return self.texts.get(f"clip|{source.clip.id}", lambda: self._look(source, objects))

    def _look(self, source: ClipSource, objects: tuple[str, ...]) -> str | Failure:
        assert self.reader is not None
        video = self.reader.read(source.clip)
        (clip,) = clips_of((video,), self.n_frames, limits_in_force(self.call.lms).max_images)
        answer = self.call(
            self.describer, "vision", clip=clip, step=source.keystep, narration=source.narration, objects=objects
        )
        return answer if isinstance(answer, Failure) else str(answer.text)
