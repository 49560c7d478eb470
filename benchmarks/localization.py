"""How often the shown frames include the key moments of the data: ``python -m benchmarks.localization DATA``.

    --within S     how near a shown frame must be (default 0.25)
    --stages FILE  stages and links for data that have none, by hand: tests/data/stages.json
    --lm MODEL     a vision model instead of the simulated one; --api-base URL: its server

DATA is what ``viddiff eval --data`` takes, with videos beside it and key moments in it. "measured" shows the moments
at which a statement's measurement was read, and only where it was; "evenly" frames of the whole clip, 12 as two looks
does where it knows no moment; "two looks" all frames on which it judged a statement. Beside rows of ``viddiff synth``
stands ``truth.jsonl``: the localizers that need no CLIP are then given the true stages, as a text model would name
them, and the vision model of ``finder``, ``agreement`` and two looks is that of tests/support/examinee.py.
tests/data/stages.json has stages of the real pairs, written from the statements alone as a text model would write them.
Of a repeated action any repetition may be shown: a key moment of another counts as missed.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dspy
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.examine import simulated_model_of
from tests.support.examinee import Habits
from tests.support.scripted import scripted_lm
from viddiff import build
from viddiff.core.settings import Settings
from viddiff.core.types import FrameRef, Proposal, Stage
from viddiff.eval.viddiffbench.data import load_data, videos_root
from viddiff.eval.viddiffbench.data.videos import locate_clip, read_video
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.methods.viddiff import key_moments
from viddiff.lms import LMs
from viddiff.localizer.localizer import Localizer
from viddiff.motion.cycles import cycles_of
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.viddiff.measured import MeasuredProgram
from viddiff.programs.viddiff.program import VidDiff
from viddiff.programs.viddiff.two_looks import TwoLooks
from viddiff.signatures.clip import open_stores
from viddiff.synthetic.bench import TRUTH, PairTruth
from viddiff.video import FrameStore
from viddiff.video.close_up import overview
from viddiff.video.loaded import LoadedVideo

LOCALIZERS = ("uniform", "motion", "pose")
ASKING = ("finder", "agreement")
EVENLY = (6, 12)
FPS, SIDE = 8.0, 256

#: Difference key -> frames of A, frames of B.
Shown = Mapping[str, tuple[Sequence[FrameRef], Sequence[FrameRef]]]


def main(data: Path, within_s: float, stages: Path | None, settings: Settings) -> None:
    """Print a row for each way."""
    poses = build.poses(settings)
    truths = truths_of(data.parent / TRUTH)
    lms = build.models(None, settings) if settings.lm else simulated_model(list(truths.values()), data.parent)
    by_hand = json.loads(stages.read_text(encoding="utf-8")) if stages else {}
    offs: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    frames: dict[str, list[int]] = defaultdict(list)
    for sample, a, b in pairs(data, settings, poses):
        true_times = key_moments(sample, a, b)
        repeated = any(is_repeated(video, poses) for video in (a, b))
        proposal = proposal_of(sample, truths.get(sample.key), by_hand.get(sample.key))
        for way, shown in frames_by_way(sample, a, b, poses, proposal, lms):
            for key, sides in shown.items():
                for seen, moments_s in zip(sides, true_times.get(key, ((), ())), strict=True):
                    offs[way] += [(nearest_s(seen, moment_s), repeated) for moment_s in moments_s] if seen else []
                    frames[way] += [len(seen)] if seen else []
    table = Table("shown by", "key moments", f"within {within_s:g} s", "done once", "repeated", "frames of a video")
    for way, values in offs.items():
        off_s, of_repeated = np.array([off for off, _ in values]), np.array([repeated for _, repeated in values])
        shares = [share(off_s[chosen] <= within_s) for chosen in (of_repeated | True, ~of_repeated, of_repeated)]
        table.add_row(way, str(len(values)), *shares, f"{np.mean(frames[way]):.1f}")
    Console(width=100).print(table)


def simulated_model(truths: list[PairTruth], folder: Path) -> LMs | None:
    """The simulated vision model that knows these pairs; None where there are none."""
    return LMs(scripted_lm(simulated_model_of(truths, folder, Habits()), "fake/examinee")) if truths else None


def share(located: NDArray[np.bool_]) -> str:
    """A share in percent; empty where there is nothing to count."""
    return f"{located.mean():.1%}" if len(located) else ""


def is_repeated(video: LoadedVideo, poses: PoseReader) -> bool:
    """Whether the pose shows an action that is repeated."""
    pose = poses.pose_of(video)
    return isinstance(pose, Pose) and cycles_of(pose).cyclic


def pairs(data: Path, settings: Settings, poses: PoseReader) -> Iterator[tuple[Sample, LoadedVideo, LoadedVideo]]:
    """Each pair with key moments, read."""
    locate = functools.partial(locate_clip, videos_root(str(data), None))
    for sample in load_data(str(data)).samples:
        if sample.key_times_a:
            store = FrameStore(settings.cache_dir)
            a, b = (read_video(sample, side, locate, settings, {}, store, poses) for side in ("a", "b"))
            yield sample, a, b


def truths_of(path: Path) -> dict[str, PairTruth]:
    """Key of a pair -> its truth; empty where there is no such file."""
    if not path.exists():
        return {}
    truths = map(PairTruth.model_validate_json, path.read_text(encoding="utf-8").splitlines())
    return {truth.sample_key: truth for truth in truths}


def proposal_of(sample: Sample, truth: PairTruth | None, by_hand: Mapping[str, Any] | None) -> Proposal | None:
    """The stages and links of a pair, as they are true or were written by hand; None where there are none."""
    if truth is not None:
        return Proposal(
            differences=tuple(labelled.difference for labelled in truth.differences),
            stages=truth.stages,
            links={labelled.difference.key: labelled.stages for labelled in truth.differences},
        )
    if by_hand is None:
        return None
    stages = tuple(Stage(name=name, description=name) for name in by_hand["stages"])
    return Proposal(differences=sample.differences, stages=stages, links=by_hand["links"])


def frames_by_way(
    sample: Sample,
    a: LoadedVideo,
    b: LoadedVideo,
    poses: PoseReader,
    proposal: Proposal | None,
    lms: LMs | None,
) -> Iterator[tuple[str, Shown]]:
    """What each way shows of a pair."""
    for n_frames in EVENLY:
        evenly = overview(a, n_frames, SIDE), overview(b, n_frames, SIDE)
        yield f"{n_frames} frames evenly", {difference.key: evenly for difference in sample.differences}
    program = MeasuredProgram(poses)
    outcome = program(
        action=sample.action_name or sample.action, video_a=a, video_b=b, differences=sample.differences
    ).outcome
    yield "measured", {one.difference.key: (one.frames_a, one.frames_b) for one in outcome.differences}
    if proposal is None:
        return
    for name in (*LOCALIZERS, *(ASKING if lms else ())):
        with dspy.context(trace=[], disable_history=True), open_stores(a.sequence.store, b.sequence.store):
            published = VidDiff(lms, localizer=Localizer(name, poses=poses), measure=False, poses=poses)
            prepared = published.prepare(sample.action, proposal, a, b, {})
        yield name, {question.key: (question.frames_a, question.frames_b) for question in prepared.questions}
    if lms is None:
        return
    with dspy.context(trace=[], disable_history=True):
        looked = TwoLooks(lms, poses=poses)(
            action=sample.action, video_a=a, video_b=b, differences=proposal.differences
        )
    yield "two looks", {key: (views.a, views.b) for key, views in looked.shown.items()}


def nearest_s(frames: Sequence[FrameRef], moment_s: float) -> float:
    """How far the nearest shown frame is."""
    return min(abs(frame.time_s - moment_s) for frame in frames)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--within", type=float, default=0.25)
    parser.add_argument("--stages", type=Path)
    parser.add_argument("--lm")
    parser.add_argument("--api-base")
    given = parser.parse_args()
    settings = Settings(fps=FPS, lm=given.lm, api_base=given.api_base, timeout_s=600)
    main(given.data, given.within, given.stages, settings)
