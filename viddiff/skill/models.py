"""The costliest parts shown to models: what differs in both orders of the clips, and advice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from viddiff import build
from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import Difference, Finding, Progress
from viddiff.programs.skilldiff.explanation import ExplainedPart
from viddiff.programs.statements import check_action, parse_differences
from viddiff.skill.measurements import costliest_parts, phases_of, stages_of
from viddiff.skill.reference import ReferenceAlignment
from viddiff.video.loaded import LoadedVideo

if TYPE_CHECKING:
    import dspy

    from viddiff.lms import LMs
    from viddiff.programs.compiled.artifact import ProgramLike

#: Name of the activity of data that name none.
UNNAMED = "all"


class ExplanationModels:
    """What the models of the settings are asked.

    Args:
        lm, program, progress: as of ``viddiff.compare``; without a model in the settings and here nothing is asked.
        differences: statements to judge in each part; None: they are proposed.

    Attributes:
        settings: with frames that fit the model.

    Raises:
        UsageError, InputError, BackendError: settings or statements that cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        lm: str | dspy.LM | LMs | None,
        program: ProgramLike | Sequence[ProgramLike],
        differences: Sequence[str | Difference] | None,
        progress: Progress,
    ) -> None:
        sees = lm is not None or settings.has_vision
        self.lms = build.models(lm, settings) if sees else None
        self._is_asked_by_settings = build.is_asked_by_settings(lm, settings)
        self.compiled = build.compiled_programs(settings, sees, program)
        self.settings = build.fit_to_model(settings, self.lms, build.IMAGES_OF_A_QUESTION)
        self.differences = None if differences is None else parse_differences(differences)
        if self.differences is not None and self.lms is None:
            raise UsageError("--difference needs a model: give --lm, or leave --difference out.")
        self.progress = progress

    def action(self, name: str, activity: str = UNNAMED) -> str:
        """What is done, checked: as it was given, else what a model was trained on; "" where nobody is asked.

        Raises:
            UsageError: none is given, and a model is to be asked. InputError: it cannot stand in a prompt.
        """
        action = name or ("" if activity == UNNAMED else activity)
        if not action and self.lms is not None:
            raise UsageError("With a model the name of the action is needed, e.g. --action 'bodyweight squat'.")
        return check_action(action) if action else ""

    def ask(
        self,
        action: str,
        query: LoadedVideo,
        reference: ReferenceAlignment,
        parts: Sequence[ExplainedPart],
        measured: Sequence[Finding],
    ) -> dict[str, Any]:
        """Sentences, others, advice and what failed, as fields of a ``SkillExplanation``; no calls where none fit."""
        costly = costliest_parts(parts)
        if self.lms is None or not costly or build.is_same_input(query, reference.video):
            return {"findings": tuple(measured)}
        from viddiff.programs.skilldiff.explainer import MeasurementInputs, ShownPart

        clips = [
            ShownPart(
                part.segment,
                part.share or 0.0,
                *frames,
                tuple(finding for finding in measured if part.name in finding.stages),
            )
            for part, frames in zip(costly, phases_of(query, reference, costly), strict=True)
        ]
        explainer = build.skill_explainer(self.settings, self.lms, self.compiled, self.progress)
        stores = query.sequence.store, reference.video.sequence.store
        answers = build.answer_cache(self.settings, self._is_asked_by_settings)
        with answers, self.lms.count_usage() as usage, build.asking_context(self.settings, *stores):
            prediction = explainer(
                action=action,
                parts=clips,
                differences=self.differences,
                inputs=MeasurementInputs(reference.pair, stages_of(parts)),
            )
        return {
            "findings": prediction.findings,
            "others": prediction.others,
            "advice": prediction.advice,
            "n_failed": len(prediction.failures) + sum(finding.verdict.failed for finding in prediction.others),
            "usage": usage(),
            "notices": (*prediction.failures, *prediction.notices),
        }
