"""The state of a data set on this machine: what is there, what is missing, how it compares with what is published."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from viddiff.core.errors import InputError
from viddiff.core.record import Record
from viddiff.core.types import Progress
from viddiff.eval.viddiffbench.data.facts import (
    N_KEY_MOMENTS,
    RELEASE_COUNTS,
    SPLIT_COUNTS,
    SPLITS,
    SplitCounts,
)
from viddiff.eval.viddiffbench.data.videos import clip_span, resolve_video
from viddiff.eval.viddiffbench.dataset import DataSet, Sample, VideoRef
from viddiff.video import Limits, Probe, probe

#: The file's frame rate may be this far from the one that the rows count frames in: 29.97 is called 30.
_FPS_TOLERANCE = 0.005


class UnreadableVideo(Record):
    """A video that is there and cannot be used."""

    path: str
    """Relative to the root of the videos."""
    reason: str
    """In one sentence."""


class SplitSummary(Record):
    """One published split, or one of the user's own."""

    split: str
    """Its name."""
    n_samples: int
    """Pairs."""
    n_ready: int
    """Samples with both videos there and readable."""
    labels: dict[str, int]
    """Label -> how many differences have it."""
    mean_s: float | None
    """Mean length of a clip in seconds, over the clips that can be read; None: none can."""
    published: SplitCounts | None = None
    """The counts of the 557-row release, for comparison."""


class ActionSummary(Record):
    """One action."""

    action_key: str
    """Key of the action."""
    name: str
    """Name of the action."""
    domain: str
    """Domain of the data."""
    split: str
    """Split of the data."""
    n_samples: int
    """Pairs."""
    n_differences: int
    """Difference types that at least one sample has a label for."""
    labels: dict[str, int]
    """Label -> how many differences have it."""
    mean_s: float | None
    """Mean length of a clip in seconds; None: none can be read."""


class DatasetReport(Record):
    """What ``viddiff data check`` shows."""

    name: str
    """What the user named."""
    release: str
    """Which release of the data it is, see ``DataSet.release``."""
    content_hash: str
    """SHA-256 over the samples."""
    n_samples: int
    """Pairs."""
    n_videos: int
    """Different files or folders."""
    n_labels: int
    """Labelled differences."""
    n_key_points: int
    """Moments at which a difference is best seen, over all samples and both videos."""
    published_totals: tuple[int, int] | None
    """Pairs and labelled differences published for this release."""
    missing: tuple[str, ...]
    """Paths of videos that are not there."""
    unreadable: tuple[UnreadableVideo, ...]
    """Videos that are there and cannot be used."""
    splits: tuple[SplitSummary, ...]
    """One entry for each split."""
    actions: tuple[ActionSummary, ...]
    """One entry for each action."""
    notices: tuple[str, ...] = ()
    """What a reader should know, one sentence each."""

    @property
    def complete(self) -> bool:
        """Whether every video can be used."""
        return not self.missing and not self.unreadable


class _Clips:
    """Seconds of the clips that can be used, and what is wrong with the others."""

    def __init__(self) -> None:
        self.seconds: dict[VideoRef, float] = {}
        self.missing: dict[str, None] = {}
        self.unreadable: dict[str, str] = {}
        self.other_fps: dict[str, None] = {}

    def of(self, sample: Sample) -> list[float]:
        """Seconds of the clips of A and B, as far as they can be used."""
        return [self.seconds[ref] for ref in (sample.video_a, sample.video_b) if ref in self.seconds]


def check_data(dataset: DataSet, root: Path, limits: Limits, on_progress: Progress | None = None) -> DatasetReport:
    """Look at every video of a data set, without decoding it.

    Args:
        dataset: what was loaded.
        root: the folder that video paths are relative to.
        limits: what counts as unreadable because it is too large.
        on_progress: called for each video.
    """
    clips = _look(dataset.samples, root, limits, on_progress)
    paths = {ref.path for sample in dataset.samples for ref in (sample.video_a, sample.video_b)}
    return DatasetReport(
        name=dataset.name,
        release=dataset.release,
        content_hash=dataset.content_hash,
        n_samples=len(dataset.samples),
        n_videos=len(paths),
        n_labels=sum(len(sample.labels) for sample in dataset.samples),
        n_key_points=sum(_count_key_moments(sample) for sample in dataset.samples),
        published_totals=RELEASE_COUNTS.get(dataset.release),
        missing=tuple(sorted(clips.missing)),
        unreadable=tuple(
            UnreadableVideo(path=path, reason=clips.unreadable[path]) for path in sorted(clips.unreadable)
        ),
        splits=_splits(dataset, clips),
        actions=_actions(dataset.samples, clips),
        notices=(*dataset.notices, *_notices(dataset, clips)),
    )


def _look(samples: Sequence[Sample], root: Path, limits: Limits | None, on_progress: Progress | None) -> _Clips:
    clips = _Clips()
    probes: dict[tuple[str, float | None], Probe | None] = {}
    refs = list(dict.fromkeys(ref for sample in samples for ref in (sample.video_a, sample.video_b)))
    for n_done, ref in enumerate(refs, 1):
        key = (ref.path, ref.fps_original)
        if key not in probes:
            probes[key] = _probe(ref, root, limits, clips)
        facts = probes[key]
        if facts is not None:
            _span(ref, facts, clips)
        if on_progress:
            on_progress("Looking at videos", n_done, len(refs))
    return clips


def _probe(ref: VideoRef, root: Path, limits: Limits | None, clips: _Clips) -> Probe | None:
    try:
        path = resolve_video(root, ref)
        if not path.exists():
            clips.missing[ref.path] = None
            return None
        return probe(path, ref.fps_original, limits)
    except InputError as error:
        # The folder it lies in was printed once; each line needs only the video's own path.
        clips.unreadable[ref.path] = str(error).replace(str(root.resolve() / ref.path), ref.path)
        return None


def _span(ref: VideoRef, facts: Probe, clips: _Clips) -> None:
    start_s, stop_s = clip_span(ref)
    seconds = min(stop_s or facts.duration_s, facts.duration_s) - (start_s or 0.0)
    if seconds <= 0:
        clips.unreadable[ref.path] = (
            f"The clip starts at {start_s:.2f} s, but {ref.path!r} ends at {facts.duration_s:.2f} s: fetch it again."
        )
        return
    if ref.fps_original and abs(facts.fps / ref.fps_original - 1) > _FPS_TOLERANCE:
        clips.other_fps[ref.path] = None
    clips.seconds[ref] = seconds


def _splits(dataset: DataSet, clips: _Clips) -> tuple[SplitSummary, ...]:
    groups: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in dataset.samples:
        groups[sample.split].append(sample)
    of_benchmark = dataset.release in RELEASE_COUNTS
    order = sorted(groups, key=lambda split: (SPLITS.index(split) if split in SPLITS else len(SPLITS), split))
    return tuple(
        SplitSummary(
            split=split,
            n_samples=len(groups[split]),
            n_ready=sum(len(clips.of(sample)) == 2 for sample in groups[split]),
            labels=_labels(groups[split]),
            mean_s=_mean_s(groups[split], clips),
            published=SPLIT_COUNTS.get(split) if of_benchmark else None,
        )
        for split in order
    )


def _actions(samples: Sequence[Sample], clips: _Clips) -> tuple[ActionSummary, ...]:
    groups: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[sample.action_key].append(sample)
    return tuple(
        ActionSummary(
            action_key=key,
            name=group[0].action_name,
            domain=group[0].domain,
            split=group[0].split,
            n_samples=len(group),
            n_differences=len({label for sample in group for label in sample.labels}),
            labels=_labels(group),
            mean_s=_mean_s(group, clips),
        )
        for key, group in sorted(groups.items())
    )


def _labels(samples: Sequence[Sample]) -> dict[str, int]:
    counts = Counter(label for sample in samples for label in sample.labels.values())
    return {label: counts[label] for label in ("a", "b", "c")}


def _mean_s(samples: Sequence[Sample], clips: _Clips) -> float | None:
    seconds = [length_s for sample in samples for length_s in clips.of(sample)]
    return fmean(seconds) if seconds else None


def _count_key_moments(sample: Sample) -> int:
    return sum(len(times) for side in (sample.key_times_a, sample.key_times_b) for times in side.values())


def _notices(dataset: DataSet, clips: _Clips) -> tuple[str, ...]:
    late = sum(
        any(
            time_s >= clips.seconds[ref]
            for ref, times in ((sample.video_a, sample.key_times_a), (sample.video_b, sample.key_times_b))
            if ref in clips.seconds
            for moments in times.values()
            for time_s in moments
        )
        for sample in dataset.samples
    )
    unlabelled = sum(not sample.labels for sample in dataset.samples)
    n_key_moments = sum(_count_key_moments(sample) for sample in dataset.samples)
    found = (
        (late, f"{late} samples have key moments beyond the end of their clip."),
        (unlabelled, f"{unlabelled} samples have no label: they are never scored."),
        (
            len(clips.other_fps),
            f"{len(clips.other_fps)} videos have another frame rate than the rows say (first: "
            f"{next(iter(clips.other_fps), '')!r}): their clips may be cut at the wrong frames.",
        ),
        (
            dataset.release == "549" and n_key_moments != N_KEY_MOMENTS,
            f"{n_key_moments:,} key moments; {N_KEY_MOMENTS:,} are published for this release.",
        ),
    )
    return tuple(text for holds, text in found if holds)
