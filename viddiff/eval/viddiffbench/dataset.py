"""What evaluation works on: data sets of labelled pairs, and answers to be scored."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from viddiff.core.notices import Notices
from viddiff.core.record import Record, Share
from viddiff.core.types import Answer, Difference, Side, Sides, Status

ReleaseName = Literal["557", "549", "pairs", "synthetic", "other"]


class VideoRef(Record):
    """A video of a data set: a file, or a folder of images, below the root that the user names."""

    path: str
    """Relative to the videos' root, with forward slashes; never absolute, never leaving the root."""
    fps_original: float | None = None
    """Frame rate of the source; for a folder of images the only one there is. None: the file tells."""
    frames_trim: tuple[int, int, int | None] | None = None
    """Frames ``[start, stop)`` of the source that make up the clip, and every how many-th is kept; None: all."""


class Sample(Record):
    """One labelled pair of videos of the same action."""

    key: str
    """Key of the pair."""
    action_key: str
    """e.g. "fitness_0"; samples of the same action share the wording of their differences."""
    action_name: str
    """Name of the action."""
    action: str
    """The sentence that is given to models."""
    domain: str
    """"fitness", "ballsports", "surgery", "music", "diving", or what the user's own data say."""
    split: str
    """"easy", "medium", "hard", or the user's own; "all" where the data name none."""
    video_a: VideoRef
    """Video A."""
    video_b: VideoRef
    """Video B."""
    differences: tuple[Difference, ...]
    """The differences that are annotated for this pair, in the order of the data."""
    labels: dict[str, Answer]
    """Difference key -> which video shows more of it; "c": no difference. Keys that were not annotated are absent."""
    key_times_a: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Difference key -> moments, in seconds of the clip (after trimming), where it is best seen; may be empty."""
    key_times_b: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Difference key -> moments in video B that show it."""
    n_differences_open: int
    """How many statements a method may make in open mode (N_diff)."""
    notices: Notices = ()
    """What a reader should know, one sentence each."""

    def video(self, side: Side) -> VideoRef:
        """One of both videos."""
        return Sides(self.video_a, self.video_b).of(side)


class DataSet(Record):
    """Labelled pairs with where they come from."""

    name: str
    """What the user named: a hub id, or the base name of a file or folder."""
    release: ReleaseName
    """"557" or "549" for the two releases of VidDiffBench, "pairs" for one's own, "synthetic" for rendered ones."""
    content_hash: str
    """SHA-256 over the samples' canonical JSON, so that a result names exactly what it was scored on."""
    samples: tuple[Sample, ...]
    """The pairs, in order."""
    notices: Notices = ()
    """What a reader should know, one sentence each."""


class ClipFile(NamedTuple):
    """The file or folder of a video and the part of it that is the clip, in seconds of the file; None: its end."""

    path: Path
    start_s: float | None
    stop_s: float | None


class AnswerRow(Record):
    """One question of a run with its label: the row that every score is computed from.

    Closed mode has one for each labelled difference of a sample. In open mode a row is a statement of the method,
    ``difference_key`` counts them "0", "1", ..., and ``label`` is None until matching maps it to a labelled difference.
    """

    sample_key: str
    """Key of the pair."""
    action_key: str
    """Key of the action."""
    domain: str
    """Domain of VidDiffBench."""
    split: str
    """Split of VidDiffBench."""
    difference_key: str
    """Key of the difference."""
    statement: str
    """The statement that is asked about."""
    label: Answer | None
    """What is labelled."""
    answer: Answer | None
    """None: there is no answer (see ``status``)."""
    status: Status
    """Whether there is an answer, and if not why."""
    confidence: Share | None = None
    """How sure the answer is; None where nothing tells."""
