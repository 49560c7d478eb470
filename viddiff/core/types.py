"""The parts of results that cross module borders: frozen, typed, serialisable to JSON.

Times are seconds from the start of the video file; every interval is half-open, ``[start_s, stop_s)``. Frames are
references: the SHA-256 of the JPEG bytes in the frame store and the time they show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AfterValidator, Field
from typing_extensions import Self

from viddiff.core.notices import Notices
from viddiff.core.record import Record, Share
from viddiff.core.secrets import redact

T = TypeVar("T")
Side = Literal["a", "b"]
SIDES: tuple[Side, Side] = ("a", "b")
Answer = Literal["a", "b", "c"]
#: An answer about swapped videos -> the answer about the true A and B.
SWAPPED: Mapping[Answer, Answer] = {"a": "b", "b": "a", "c": "c"}
NumFrames = Literal["1", "gt_1"]
#: Where in the movement a part lies; "rest": between two repetitions.
Phase = Literal["start", "way out", "hold", "way back", "rest", "end"]
#: Who judges what is compared with labels by its meaning: a model, shared words, or nobody.
JudgeName = Literal["lm", "lexical", "none"]
Status = Literal["answered", "unsure", "failed", "refused", "not_measurable"]
#: Why there is no answer. "unasked": the money or the model was gone before; "internal": a bug of ours.
FailureKind = Literal[
    "key",
    "quota",
    "model",
    "context",
    "rate",
    "timeout",
    "transport",
    "server",
    "request",
    "garbled",
    "refused",
    "other",
    "unasked",
    "internal",
]
#: Failures that may not occur when asked again; a request that was rejected or refused would be so again.
RETRYABLE: frozenset[FailureKind] = frozenset(
    {"rate", "timeout", "transport", "server", "garbled", "other", "unasked", "internal"}
)
#: Called with (task, number done, number in all; 0: not known).
Progress = Callable[[str, int, int], None]
#: Text of a server, which may hold the key that it was sent.
RedactedText = Annotated[str, AfterValidator(redact)]


def silent(task: str, done: int, total: int) -> None:
    """Progress that is not shown."""


@dataclass(frozen=True)
class Sides(Generic[T]):
    """One value for each of the two videos.

    >>> times = Sides(a=1.5, b=2.0)
    >>> times.of("b"), times.swap()
    (2.0, Sides(a=2.0, b=1.5))
    >>> a, b = times
    """

    a: T
    """Of video A."""
    b: T
    """Of video B."""

    def of(self, side: Side) -> T:
        """The value of one video."""
        return self.a if side == "a" else self.b

    def swap(self) -> Self:
        """The same with the videos in the other order."""
        return replace(self, a=self.b, b=self.a)

    def __iter__(self) -> Iterator[T]:
        yield from (self.a, self.b)


class Difference(Record):
    """One way in which two performances of an action may differ. ``statement`` never names a video.

    >>> Difference(key="0", name="depth", statement="the squat is deeper").num_frames
    'gt_1'
    """

    key: str
    """Names it in a comparison; unique there."""
    name: str
    """A few words."""
    statement: str
    """The sentence that is judged: "the squat is deeper"."""
    num_frames: NumFrames = "gt_1"
    """"1": a single frame shows it; "gt_1": it takes several (a movement, a speed, a duration)."""
    query_string: str = ""
    """Short text for frame retrieval ("A photo of ..."), empty where there is none."""


class Stage(Record):
    """A part of the action, in order, with cues: texts that describe what one frame of it looks like.

    >>> Stage(name="bottom", cues=("a person with bent knees",)).description
    ''
    """

    name: str
    """A few words; unique in a proposal."""
    description: str = ""
    """What happens in it."""
    cues: tuple[str, ...] = ()
    """One for CLIP each; may be empty."""


class Proposal(Record):
    """What to look for: differences, the ordered stages, and the stages in which each difference shows.

    >>> depth = Difference(key="0", name="depth", statement="the squat is deeper")
    >>> Proposal(differences=(depth,), stages=(Stage(name="bottom"),), links={"0": ("bottom",)}).notices
    ()
    """

    differences: tuple[Difference, ...]
    """In the order in which they were proposed or given."""
    stages: tuple[Stage, ...]
    """In the order of the action; empty where nobody asked for them."""
    links: dict[str, tuple[str, ...]]
    """Difference key -> names of its stages, in order, never empty."""
    notices: Notices = ()
    """What a reader should know, one sentence each."""


class Segment(Record):
    """Where a stage lies in one video: ``[start_s, stop_s)``; ``score`` is the mean cosine of its frames, if any."""

    stage: str
    """Name of the stage."""
    start_s: float
    """Start, in seconds of the file."""
    stop_s: float
    """End, in seconds of the file; not part of it."""
    score: float | None = None
    """Mean similarity of its frames with its cues; None where no cue was compared."""
    repetition: int | None = None
    """Which repetition of the action it lies in, from 1; None where the action is seen once, or in a rest."""
    phase: Phase | None = None
    """Which phase of the movement it is; None of other parts."""


class Localization(Record):
    """The segments of all stages in one video, in order, without gaps."""

    side: Side
    """The video."""
    strategy: str
    """The localizer strategy that found them, by name."""
    segments: tuple[Segment, ...]
    """One for each stage, in order."""
    model: str | None = None
    """The CLIP model behind the scores; None for strategies that read no text."""
    notices: Notices = ()
    """What a reader should know, one sentence each."""


class FrameRef(Record):
    """One frame that was looked at: its time in the video and its key in the frame store."""

    # Clips in signatures hold it, and a changed word there is another run: descriptions are part of the schema.
    time_s: float = Field(description="Time in the video, in seconds of the file.")
    ref: str = Field(description="Key in the frame store.")


class Measurement(Record):
    """One number for each video.

    >>> pause = Measurement(name="pause", unit="s", a=0.5, b=1.25, resolution=0.08)
    >>> pause.differs
    True
    """

    name: str
    """What is measured."""
    unit: str
    """Unit of the values."""
    a: float | None
    """None where it cannot be read."""
    b: float | None
    """Value of video B."""
    resolution: float = 0.0
    """The smallest difference between the two that is clear, same unit."""
    stage: str | None = None
    """The stage it was taken over; None: the whole action."""
    quantity: str = ""
    """Its name in the registry (``viddiff.motion.quantities``); empty where it is none of these."""
    side: str = ""
    """Which limb, as in ``viddiff.motion.measurement.spec``."""
    statistic: str = ""
    """What was made of its values, as there ("max", "range", "speed"); empty: the value at the moment."""
    moment: str = ""
    """When in the action, in words; empty: over all of it."""
    error_a: float | None = None
    """Half width of the 95 % interval of ``a``, same unit."""
    error_b: float | None = None
    """Half of its 95 % interval."""
    times_a: tuple[float, ...] = ()
    """When it was read, in seconds of the file."""
    times_b: tuple[float, ...] = ()
    """When it was read in video B, in seconds of the file."""

    @property
    def what(self) -> str:
        """What was measured and when, but for the stage: "knee angle at the bottom"."""
        named = f"{self.statistic.replace('_', ' ')} of {self.name}" if self.statistic else self.name
        return " ".join(filter(None, (named, self.moment)))

    @property
    def label(self) -> str:
        """What was measured and when, e.g. "knee angle in stage 'lowering'"."""
        return f"{self.what} in stage {self.stage!r}" if self.stage else self.what

    @property
    def differs(self) -> bool | None:
        """Whether the difference of the two is clear; None where one of them cannot be read."""
        if self.a is None or self.b is None:
            return None
        return abs(self.a - self.b) >= max(self.resolution, 1e-9)

    def swap_sides(self) -> Measurement:
        """The same with the videos swapped."""
        swapped = {"a": self.b, "b": self.a, "error_a": self.error_b, "error_b": self.error_a}
        return self.model_copy(update={**swapped, "times_a": self.times_b, "times_b": self.times_a})


class Verdict(Record):
    """For which video the statement is more true.

    A failed, refused or unmeasured question has no ``answer``; an unsure one may have.

    >>> Verdict(status="answered", answer="b", confidence=0.9).answer
    'b'
    """

    status: Status
    """Whether there is an answer, and if not why."""
    answer: Answer | None = None
    """"a" or "b": that video shows more of it; "c": no visible difference."""
    confidence: Share | None = None
    """How sure the answer is; None where nothing tells."""
    reason: str = ""
    """What the answer rests on, in a sentence or two."""
    evidence_a: tuple[int, ...] = ()
    """Positions in the finding's ``frames_a`` and ``frames_b`` that show it, from 0."""
    evidence_b: tuple[int, ...] = ()
    """Positions in ``frames_b`` of the frames that show it."""
    swapped_answer: Answer | None = None
    """With both orders asked: the answer when the videos were swapped, in terms of the true A and B."""
    error: RedactedText | None = None
    """What went wrong, for the person who reads the report."""
    fault: FailureKind | None = None
    """The kind of failure (the name stands in documents and journals); None: it did not fail, or an older document."""
    raw: RedactedText | None = None
    """The model's own words, unparsed, where they could not be used."""

    @property
    def failed(self) -> bool:
        """Whether it has no answer because something failed or was refused."""
        return self.status in ("failed", "refused")

    @property
    def retryable(self) -> bool:
        """Whether it failed for a reason that may be gone when it is asked again; an unknown reason may be."""
        return self.status == "failed" and (self.fault is None or self.fault in RETRYABLE)


class Finding(Record):
    """One difference with its verdict and what the verdict rests on.

    >>> depth = Difference(key="0", name="depth", statement="the squat is deeper")
    >>> seen = FrameRef(time_s=1.5, ref="0" * 64)
    >>> verdict = Verdict(status="answered", answer="a", evidence_a=(0,))
    >>> found = Finding(difference=depth, stages=("bottom",), frames_a=(seen,), frames_b=(), verdict=verdict)
    >>> [found.frames_a[number].time_s for number in found.verdict.evidence_a]
    [1.5]
    """

    difference: Difference
    """What was asked."""
    stages: tuple[str, ...]
    """Names of the stages in which it shows."""
    frames_a: tuple[FrameRef, ...]
    """Frames of video A that were looked at."""
    frames_b: tuple[FrameRef, ...]
    """Frames of video B that were looked at."""
    measurements: tuple[Measurement, ...] = ()
    """What was measured about the statement: it decides the verdict, or a model gets it."""
    verdict: Verdict
    """The answer."""


class VideoInfo(Record):
    """One input video and the part of it that was compared."""

    name: str
    """File name, without its folder."""
    source_hash: str
    """Hash of the content of the file."""
    width: int
    """Width of a frame in pixels."""
    height: int
    """Height of a frame in pixels."""
    fps: float
    """Frames per second of the file."""
    duration_s: float
    """Length of the whole file."""
    start_s: float
    """The part compared."""
    stop_s: float
    """End of that part; not in it."""
    n_frames: int
    """Frames sampled from that part, at ``sampled_fps``."""
    sampled_fps: float
    """Frames per second that were sampled."""
    notices: Notices = ()
    """What a reader should know, one sentence each."""


class Outcome(Record):
    """What a program (VidDiff with LMs, or the measured one) makes of two videos.

    >>> nothing = Proposal(differences=(), stages=(), links={})
    >>> a, b = (Localization(side=side, strategy="uniform", segments=()) for side in ("a", "b"))
    >>> Outcome(proposal=nothing, localization_a=a, localization_b=b, measurements=(), differences=()).differences
    ()
    """

    proposal: Proposal
    """What was looked for."""
    localization_a: Localization
    """Where the stages lie in video A."""
    localization_b: Localization
    """Where they lie in video B."""
    measurements: tuple[Measurement, ...]
    """What was measured of both."""
    differences: tuple[Finding, ...]
    """Every difference with its verdict."""
    order_disagreement: Share | None = None
    """Share of the questions whose two orders disagreed; None unless both orders were asked."""
    notices: Notices = ()
    """What a reader should know, one sentence each."""
    fault: FailureKind | None = None
    """The kind of failure of the call that finds the differences, where one call does; None: it did not fail."""

    @property
    def retryable(self) -> bool:
        """Whether something failed for a reason that may be gone when it is asked again."""
        return self.fault in RETRYABLE or any(finding.verdict.retryable for finding in self.differences)

    @property
    def n_failed(self) -> int:
        """Questions that have no answer because something failed or was refused."""
        return sum(finding.verdict.failed for finding in self.differences) + (self.fault is not None)
