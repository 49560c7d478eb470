"""Whether the configured models can do what VidDiff asks of them: ``viddiff doctor --call``.

Five tiny calls, past the cache: a text answer, the colour of a picture, two pictures in order, an answer with all its
fields, many pictures at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from viddiff.core.errors import BackendError, VidDiffError
from viddiff.core.settings import Settings
from viddiff.doctor.check import Check

if TYPE_CHECKING:
    import dspy

    from viddiff.lms import LMs
    from viddiff.lms.roles import Role
    from viddiff.signatures.clip import Clip
    from viddiff.video import FrameStore

    #: What is wrong with a parsed answer, or None.
    Judge = Callable[[dspy.Prediction], str | None]

#: As many pictures as a question shows, where the model takes so many.
MANY = 12

FIX_CALL = "mend what the message names; for a server of your own check --api-base and VIDDIFF_API_KEY"
FIX_TEXT = "choose a larger --text-lm"
FIX_SIGHT = "choose a model that sees; a server of your own may need its vision part loaded (mmproj, --mmproj)"
FIX_ORDER = "choose a --vision-lm that takes several images in one request"
FIX_FORM = 'try --adapter json, and structured = true under [models."..."] where the server takes a schema'
FIX_MANY = (
    'say how many images it takes: max_images under [models."..."] of viddiff.toml; '
    "vLLM takes more with --limit-mm-per-prompt"
)


def call_checks(settings: Settings) -> Iterator[Check]:
    """One check for each ability of each role's model."""
    from viddiff.build import models as lms_of
    from viddiff.lms.limits import check_vision
    from viddiff.signatures.ping import NameNumber

    try:
        lms = lms_of(None, settings.model_copy(update={"cache": False}))
    except VidDiffError as error:
        yield Check(name="call", ok=False, found=str(error), fix="correct the model", exit_code=error.exit_code)
        return
    tester = ModelTester(lms, settings)
    yield tester.check("text", NameNumber, {"word": "seven"}, expect("number", 7), FIX_TEXT)
    try:
        check_vision(lms.lms["vision"].model, lms.limits["vision"])
    except VidDiffError as error:
        yield Check(name="call vision", ok=False, found=str(error), fix=FIX_SIGHT, exit_code=error.exit_code)
        return
    yield from vision_checks(tester)


def vision_checks(tester: ModelTester) -> Iterator[Check]:
    """The checks of the model that looks at frames; after a call that failed the others would fail alike."""
    from viddiff.signatures.differencer import JudgeDifference
    from viddiff.signatures.ping import BLUE, RED, FindOddPicture, NameColour, NameColours

    red, blue = clip(tester.store, "A", RED), clip(tester.store, "B", BLUE)
    first = tester.check("vision", NameColour, {"picture": red}, expect("colour", "red"), FIX_SIGHT)
    yield first
    if not first.ok:
        return
    both = {"pictures": clip(tester.store, "A", RED, BLUE)}
    yield tester.check("order", NameColours, both, judge_order, FIX_ORDER)
    judged = {"video_a": red, "video_b": blue, "action": "showing a colour", "measurements": []}
    yield tester.check("answer", JudgeDifference, {**judged, "statement": "the picture is red"}, judge_form, FIX_FORM)
    n_images = min(MANY, tester.lms.limits["vision"].max_images or MANY)
    # Not in the middle and not at an end, where models look first.
    odd = max(2, 2 * n_images // 3)
    colours = [BLUE if number == odd else RED for number in range(1, n_images + 1)]
    many = {"pictures": clip(tester.store, "A", *colours)}
    if n_images > 2:
        yield tester.check(f"{n_images} images", FindOddPicture, many, expect("number", odd), FIX_MANY, FIX_MANY)


class ModelTester:
    """Asks the models of the settings, in the form of the settings.

    Attributes:
        store: holds the pictures that are shown.
    """

    def __init__(self, lms: LMs, settings: Settings) -> None:
        from viddiff.video import FrameStore

        self.lms, self.settings, self.store = lms, settings, FrameStore(None)

    def check(
        self,
        name: str,
        signature: type[dspy.Signature],
        inputs: Mapping[str, object],
        judge: Judge,
        fix: str,
        fix_call: str = FIX_CALL,
    ) -> Check:
        """One question with a known answer; ``fix`` is for a wrong answer, ``fix_call`` for a call that fails."""
        import dspy

        from viddiff.lms import adapter_of, failure_of
        from viddiff.signatures.clip import open_stores

        role: Role = "text" if name == "text" else "vision"
        model = self.lms.lms[role].model
        try:
            adapter = adapter_of(self.settings.adapter)
            context = dspy.context(adapter=adapter, trace=[], disable_history=True)
            with self.lms.role(role), context, open_stores(self.store):
                answer = dspy.Predict(signature)(**inputs)
        except (dspy.AdapterParseError, dspy.utils.exceptions.LMError) as error:
            failure = failure_of(error, model)
            unparsed = isinstance(error, dspy.AdapterParseError)
            return failed_check(name, failure.message if failure else str(error), FIX_FORM if unparsed else fix_call)
        wrong = judge(answer)
        if wrong is not None:
            return failed_check(name, f"{model} {wrong}", fix)
        return Check(name=f"call {name}", ok=True, found=f"{model} answers")


def failed_check(name: str, found: str, fix: str) -> Check:
    """A check that failed."""
    return Check(name=f"call {name}", ok=False, found=found, fix=fix, exit_code=BackendError.exit_code)


def expect(field: str, expected: object) -> Judge:
    """Judges one field."""

    def judge(answer: dspy.Prediction) -> str | None:
        value = getattr(answer, field)
        return None if value == expected else f"answered {value!r} where {expected!r} was right"

    return judge


def judge_order(answer: dspy.Prediction) -> str | None:
    """Judges the colours of two pictures."""
    if (answer.first, answer.second) == ("red", "blue"):
        return None
    how = "named them in the wrong order" if (answer.first, answer.second) == ("blue", "red") else "named others"
    return f"was shown red, then blue, and {how} ({answer.first}, {answer.second})"


def judge_form(answer: dspy.Prediction) -> str | None:
    """Judges the form of a judgement, not what it says: types were checked when it was read."""
    from viddiff.programs.answers import as_share

    if as_share(answer.confidence) is None:
        return f"gave the confidence {answer.confidence!r} where 0 to 1 was asked for"
    if not answer.reason.strip():
        return "gave no reason"
    return None


def clip(store: FrameStore, label: str, *colours: tuple[int, int, int]) -> Clip:
    """Plain pictures as frames of one video, a second apart."""
    from viddiff.core.types import FrameRef
    from viddiff.signatures.clip import Clip
    from viddiff.signatures.ping import plain_picture

    frames = [FrameRef(time_s=i, ref=store.put(plain_picture(colour))) for i, colour in enumerate(colours)]
    return Clip.of(label, frames)
