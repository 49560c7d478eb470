"""The captioner: what a candidate does otherwise than a reference, by category, each checked in both orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dspy

from viddiff.core.settings import EffortName
from viddiff.core.types import Progress, silent
from viddiff.lms import Failure, LMs
from viddiff.lms.retry import Retry
from viddiff.lms.roles import limits_in_force
from viddiff.lms.throttle import Throttle
from viddiff.programs.caller import Caller
from viddiff.programs.entries import LEFT_OUT, completeness_check, entries_by_key, number_statements
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.programs.statements import unfit_reason
from viddiff.programs.stepdiff.clips import FRAMES, cited_frames, clips_of
from viddiff.programs.stepdiff.results import CATEGORIES, CategoryDifferences, OrderCheck, StepDifference
from viddiff.programs.stepdiff.verifier import StepVerifier, check_differences
from viddiff.signatures.clip import Clip
from viddiff.signatures.stepdiff.captions import CaptionDifferences, CategoryEntry
from viddiff.video.loaded import LoadedVideo


class DifferenceCaptioner(AsyncModule):
    """Names the differences of a candidate by category; the part of a captioner that can be compiled.

    Asks the LM in force (``dspy.settings.lm``), which must see images.

    Args:
        attempts: asks until the answer parses and has every category.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.caption = Retry(ClipPredict(CaptionDifferences), attempts)

    def forward(self, step: str, reference: Clip, candidate: Clip, categories: Sequence[str]) -> dspy.Prediction:
        """``entries``: category -> its entry; a category that was left out, or named twice, has none.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        keys, numbered = number_statements(dict(zip(categories, categories, strict=True)))
        prediction = self.caption(
            check=completeness_check("entries", keys),
            reference=reference,
            candidate=candidate,
            step=step,
            categories=numbered,
        )
        entries = {keys[number]: entry for number, entry in entries_by_key(prediction.entries, keys).items()}
        return dspy.Prediction(**prediction, found=entries)


class StepCaptioner(AsyncModule):
    """Tells the differences of a candidate from a reference.

    Step Differences in Instructional Video (Nagarajan and Torresani, CVPR 2024), section 3.4; the check in both orders
    is ours. Three calls a pair: the captions of all categories, and one check for each order of the clips.

    Args:
        lms: models by role; None asks ``dspy.settings.lm``. Only the vision model is asked.
        captioner, verifier: the modules that caption and verify, e.g. compiled ones; None: the defaults.
        effort: how many frames of a clip are shown, see ``clips.FRAMES``.
        checks: whether differences are checked.
        attempts: asks until an answer parses.
        threads: calls in flight at once, at the most.
        progress: called with (task, done, total).
    """

    def __init__(
        self,
        lms: LMs | None = None,
        *,
        captioner: DifferenceCaptioner | None = None,
        verifier: StepVerifier | None = None,
        effort: EffortName = "medium",
        checks: bool = True,
        attempts: int = 3,
        threads: int = 8,
        progress: Progress = silent,
    ) -> None:
        super().__init__()
        self.captioner = captioner or DifferenceCaptioner(attempts)
        self.verifier = verifier or StepVerifier(attempts)
        self.lms, self.checks, self.n_frames = lms, checks, FRAMES[effort]
        self.throttle, self.progress = Throttle(threads), progress

    def load_state(self, state: dict[str, Any], **options: Any) -> None:
        """dspy's; earlier versions called the verifier "checker"."""
        super().load_state(
            {name.replace("checker.", "verifier.", 1): value for name, value in state.items()}, **options
        )

    def forward(
        self, step: str, reference: LoadedVideo, candidate: LoadedVideo, categories: Sequence[str] = CATEGORIES
    ) -> dspy.Prediction:
        """``categories``: a CategoryDifferences for each; one that the model left out, or whose call failed, says so.

        Args:
            step: what is done in both clips, e.g. "fry the onions until golden".
            reference, candidate: loaded videos.
            categories: names, each once.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        call = Caller(self.lms, self.throttle)
        self.progress("looking", 0, 0)
        clips = clips_of((reference, candidate), self.n_frames, limits_in_force(self.lms).max_images)
        inputs = {"step": step, "reference": clips[0], "candidate": clips[1], "categories": tuple(categories)}
        categories_found = categories_of(call(self.captioner, "vision", **inputs), categories, *clips)
        if self.checks:
            self.progress("checking", 0, 0)
            statements = {
                f"{i}.{k}": difference.difference
                for i, of in enumerate(categories_found)
                for k, difference in enumerate(of.differences)
            }
            checks = check_differences(call, self.verifier, step, reference, candidate, statements, self.n_frames)
            categories_found = [with_checks(of, checks, i) for i, of in enumerate(categories_found)]
        return dspy.Prediction(categories=tuple(categories_found))


def categories_of(
    answer: dspy.Prediction | Failure, names: Sequence[str], reference: Clip, candidate: Clip
) -> list[CategoryDifferences]:
    """The differences by category; a category without an entry has failed."""
    if isinstance(answer, Failure):
        return [CategoryDifferences(category=name, error=answer.message, fault=answer.kind) for name in names]
    return [
        CategoryDifferences(category=name, differences=differences_of(answer.found[name], reference, candidate))
        if name in answer.found
        else CategoryDifferences(category=name, error=LEFT_OUT, fault="garbled")
        for name in names
    ]


def differences_of(entry: CategoryEntry, reference: Clip, candidate: Clip) -> tuple[StepDifference, ...]:
    """The differences of one entry, not yet checked; a text that must not reach a further prompt is left out."""
    texts = [(" ".join(difference.difference.split()), difference) for difference in entry.differences]
    return tuple(
        StepDifference(
            difference=text,
            severity=difference.severity,
            frames_reference=cited_frames(reference, difference.frames_reference),
            frames_candidate=cited_frames(candidate, difference.frames_candidate),
        )
        for text, difference in texts
        if unfit_reason(text) is None
    )


def with_checks(category: CategoryDifferences, checks: Mapping[str, OrderCheck], place: int) -> CategoryDifferences:
    """A category with the checks of its differences."""
    differences = tuple(
        difference.model_copy(update={"check": checks[f"{place}.{k}"]})
        for k, difference in enumerate(category.differences)
    )
    return category.model_copy(update={"differences": differences})
