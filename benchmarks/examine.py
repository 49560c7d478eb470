"""Programs compared on rendered pairs, with a simulated vision model that does read the frames.

``python -m benchmarks.examine [--pairs N] [--seed N] [--pose] [--far N] [--max-images N] [--controls] [--only NAME
...]``. tests/support/examinee.py describes the simulated model; this says nothing about a real one. With
``--far 3`` the camera stands three times as far away, with as many times the pixels. It shows what a program
does with a model that sees what the frames show and errs where they do not: accuracy on a and b, and on those of less
than two margins, accuracy on c, the calibration error of the confidence, calls, images and image tokens of a pair.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import NamedTuple, get_args

import dspy
import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

from benchmarks.agent import agent
from tests.support.examinee import Examinee, Habits, thumbnail
from tests.support.scripted import ScriptedEngine, scripted_lm
from viddiff import build
from viddiff.core.settings import Ablation, EffortName, ModelLimits, Settings
from viddiff.core.types import SWAPPED, Answer, Difference, Outcome
from viddiff.eval.statistics import reliability
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.methods.viddiff import key_moments
from viddiff.lms import LMs
from viddiff.localizer.localizer import Localizer
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.viddiff.baseline import Baseline
from viddiff.programs.viddiff.finder import Moments
from viddiff.programs.viddiff.program import VidDiff
from viddiff.programs.viddiff.two_looks import TwoLooks
from viddiff.synthetic.bench import TRUTH, PairTruth, render_bench
from viddiff.video import FrameStore, LoadedVideo, Sampling, load
from viddiff.video.encode import write_video

#: A frame costs about its pixels / 750 tokens (Anthropic's published rule).
PIXELS_PER_TOKEN = 750
#: A difference of less than so many margins (the smallest difference that a viewer can see) is small.
SMALL = 2.0
#: Reads a pair and judges its labelled statements.
Run = Callable[[Sample, LoadedVideo, LoadedVideo, LMs], Outcome]


@dataclass
class Score:
    """How a program did; ``right``: (pair, statement) -> whether its answer is right."""

    right: dict[tuple[str, str], bool] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    confidences: list[float] = field(default_factory=list)
    calls: int = 0
    images: int = 0
    tokens: float = 0.0

    def share(self, label: str) -> float:
        """Accuracy on the statements with that label ("ab": either)."""
        return self.counts[f"right {label}"] / max(1, self.counts[label])

    def calibration_error(self) -> float:
        """The mean gap of confidence and accuracy, in ten bins of confidence."""
        calibration = reliability(self.confidences, list(self.right.values()))
        return calibration.ece if calibration else 0.0


class Rendered(NamedTuple):
    """Rendered pairs, their videos by (pair, side), and the simulated model that knows them."""

    samples: Sequence[Sample]
    videos: Mapping[tuple[str, str], LoadedVideo]
    model: Examinee


def render_pairs(folder: Path, n_pairs: int, seed: int, far: int = 1) -> Rendered:
    """Render pairs into a folder and read them; ``far``: see ``move_away``."""
    rows = render_bench(folder, n_pairs, seed)
    if far > 1:
        for path in (folder / "videos").iterdir():
            move_away(path, far)
    truths = [PairTruth.model_validate_json(line) for line in (folder / TRUTH).read_text().splitlines()]
    samples = load_data(str(rows)).samples
    store = FrameStore(folder / "cache")
    videos = {
        (s.key, side): load(folder / "videos" / f"{s.key}_{side}.mp4", Sampling(), store)
        for s in samples
        for side in "ab"
    }
    return Rendered(samples, videos, simulated_model_of(truths, folder, Habits(), 1 / far))


def move_away(path: Path, times: int) -> None:
    """Put a video in the middle of a picture that is so many times as wide and high; its edges go on outside of it."""
    video = load(path, Sampling(fps=100, max_side=8192), FrameStore(None))
    height, width = video.sequence.height, video.sequence.width
    around = [((times - 1) * side // 2, times * side - side - (times - 1) * side // 2) for side in (height, width)]
    wider = [np.pad(video.sequence.pixels(i), (*around, (0, 0)), "edge") for i in range(len(video.sequence))]
    write_video(path, wider, round(video.info.fps), times * width, times * height)


def labelled_differences(sample: Sample) -> tuple[Difference, ...]:
    """The labelled differences."""
    return tuple(d for d in sample.differences if d.key in sample.labels)


def baseline(sample: Sample, a: LoadedVideo, b: LoadedVideo, lms: LMs) -> Outcome:
    """One call with all frames."""
    outcome: Outcome = Baseline(lms)(
        action=sample.action, video_a=a, video_b=b, differences=labelled_differences(sample)
    ).outcome
    return outcome


def published_method(oracle: bool) -> Run:
    """The published method; the motion localizer, or the true frames."""

    def run(sample: Sample, a: LoadedVideo, b: LoadedVideo, lms: LMs) -> Outcome:
        program = VidDiff(lms, localizer=Localizer("motion"), frames="paper", measure=False)
        times = key_moments(sample, a, b) if oracle else None
        outcome: Outcome = program(
            action=sample.action, video_a=a, video_b=b, differences=labelled_differences(sample), key_moments=times
        ).outcome
        return outcome

    return run


def two_looks(
    poses: PoseReader | None,
    oracle: bool = False,
    effort: EffortName = "medium",
    without: tuple[Ablation, ...] = (),
    measure: bool = True,
) -> Run:
    """The program that looks twice; without ``poses`` it measures outlines."""

    def run(sample: Sample, a: LoadedVideo, b: LoadedVideo, lms: LMs) -> Outcome:
        moments = None
        if oracle:
            moments = {key: Moments(a=x, b=y) for key, (x, y) in key_moments(sample, a, b).items()}
        program = TwoLooks(lms, effort=effort, without=without, measure=measure, poses=poses)
        outcome: Outcome = program(
            action=sample.action, video_a=a, video_b=b, differences=labelled_differences(sample), key_moments=moments
        ).outcome
        return outcome

    return run


def programs(poses: PoseReader | None) -> dict[str, Run]:
    """All that are examined, by name."""
    return {
        "one call": baseline,
        "published, motion": published_method(oracle=False),
        "published, true frames": published_method(oracle=True),
        "two looks, low": two_looks(poses, effort="low"),
        "two looks": two_looks(poses),
        "two looks, high": two_looks(poses, effort="high"),
        "two looks, true frames": two_looks(poses, oracle=True),
        "agent, three rounds": agent,
        **({"outlines for pose": two_looks(None)} if poses else {}),
        "without measurements": two_looks(poses, measure=False),
        **{f"without {part}": two_looks(poses, without=(part,)) for part in get_args(Ablation)},
    }


#: What the controls compare.
CONTROLLED = ("one call", "two looks")


def examine(
    run: Run,
    samples: Sequence[Sample],
    videos: Mapping[tuple[str, str], LoadedVideo],
    model: Examinee,
    limits: ModelLimits,
) -> Score:
    """All pairs through one program, asking a model with these limits."""
    score = Score()
    for sample in samples:
        lm = scripted_lm(model, "fake/examinee")
        with dspy.context(trace=[], disable_history=True):
            lms = LMs(lm, table={"*": limits})
            outcome = run(sample, videos[sample.key, "a"], videos[sample.key, "b"], lms)
        add(score, sample, outcome, lm.engine, keys_of_small(model.truths[sample.key]))
    return score


def keys_of_small(truth: PairTruth) -> frozenset[str]:
    """The keys of the differences of less than ``SMALL`` margins."""
    values = [(difference.difference.key, difference.truth) for difference in truth.differences]
    return frozenset(
        key
        for key, truth in values
        if truth.a is not None and truth.b is not None and abs(truth.a - truth.b) < SMALL * (truth.resolution or 0)
    )


def add(score: Score, sample: Sample, outcome: Outcome, engine: ScriptedEngine, small: frozenset[str]) -> None:
    """Count one pair; ``small``: the keys of its small differences."""
    for finding in outcome.differences:
        label = sample.labels[finding.difference.key]
        right = finding.verdict.answer == label
        score.right[sample.key, finding.difference.key] = right
        group = "c" if label == "c" else "ab"
        score.counts[group] += 1
        score.counts[f"right {group}"] += right
        if group == "ab" and finding.difference.key.partition(".")[0] in small:
            score.counts["small"] += 1
            score.counts["right small"] += right
        score.confidences.append(finding.verdict.confidence or 0.0)
    add_cost(score, engine)


def add_cost(score: Score, engine: ScriptedEngine) -> None:
    """Count what one pair cost."""
    from PIL import Image

    for request in engine.asked:
        score.calls += bool(request.images)
        score.images += len(request.images)
        for jpeg in request.images:
            with Image.open(BytesIO(jpeg)) as image:
                score.tokens += image.size[0] * image.size[1] / PIXELS_PER_TOKEN


def paired_p(one: Score, other: Score) -> float:
    """Exact sign test over statements on which exactly one of two programs is right."""
    won = sum(one.right[key] and not other.right[key] for key in one.right)
    lost = sum(other.right[key] and not one.right[key] for key in one.right)
    return float(binomtest(won, won + lost).pvalue) if won + lost else 1.0


def simulated_model_of(truths: Sequence[PairTruth], folder: Path, habits: Habits, person: float = 1.0) -> Examinee:
    """The simulated model, having seen every frame of every clip once; ``person``: see ``Examinee``."""
    clips = {}
    store = FrameStore(None)
    for truth in truths:
        for side in "ab":
            video = load(folder / "videos" / f"{truth.sample_key}_{side}.mp4", Sampling(fps=30, max_side=96), store)
            thumbs = np.stack([thumbnail(store.read(ref))[0] for ref in video.sequence.refs])
            clips[truth.sample_key, side] = (thumbs, video.sequence.times_s)
    return Examinee(truths, clips, habits, person)


def controls(bench: Rendered, poses: PoseReader | None, limits: ModelLimits) -> None:
    """How often a program sees a difference between a video and itself, and answers alike with the videos swapped."""
    samples, videos, model = bench
    swapped = {(key, "b" if side == "a" else "a"): video for (key, side), video in videos.items()}
    same_video = {(key, side): videos[key, "a"] for key, side in videos}
    table = Table("program", "same video twice: a or b, %", "swapped: answers that stand, %", "a for b or b for a, %")
    for name in CONTROLLED:
        run = programs(poses)[name]
        plain, turned, twice = (answers(run, samples, v, model, limits) for v in (videos, swapped, same_video))
        stand = np.mean([bool((answer := turned[key]) and SWAPPED[answer] == plain[key]) for key in plain])
        flipped = np.mean([plain[key] in ("a", "b") and plain[key] == turned[key] for key in plain])
        alarms = np.mean([answer in ("a", "b") for answer in twice.values()])
        table.add_row(name, f"{100 * alarms:.1f}", f"{100 * stand:.1f}", f"{100 * flipped:.1f}")
    Console(width=140).print(table)


def answers(
    run: Run,
    samples: Sequence[Sample],
    videos: Mapping[tuple[str, str], LoadedVideo],
    model: Examinee,
    limits: ModelLimits,
) -> dict[tuple[str, str], Answer | None]:
    """(pair, statement) -> what a program answers."""
    answer_of: dict[tuple[str, str], Answer | None] = {}
    for sample in samples:
        with dspy.context(trace=[], disable_history=True):
            lms = LMs(scripted_lm(model, "fake/examinee"), table={"*": limits})
            outcome = run(sample, videos[sample.key, "a"], videos[sample.key, "b"], lms)
        answer_of |= {(sample.key, f.difference.key): f.verdict.answer for f in outcome.differences}
    return answer_of


def main() -> None:
    """Render, examine every program, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="Of the rendered pairs.")
    parser.add_argument(
        "--pose", action="store_true", help="Measure poses (their weights must be there), not outlines."
    )
    parser.add_argument("--far", type=int, default=1, metavar="N", help="The camera stands so many times as far away.")
    parser.add_argument("--controls", action="store_true", help="The same video twice, and the videos swapped.")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="These programs, beside one call.")
    parser.add_argument("--max-images", type=int, metavar="N", help="What the simulated model takes in a request.")
    options = parser.parse_args()
    poses = poses_of(options.pose)
    with tempfile.TemporaryDirectory() as place:
        bench = render_pairs(Path(place), options.pairs, options.seed, options.far)
        limits = ModelLimits(max_images=options.max_images)
        if options.controls:
            controls(bench, poses, limits)
        else:
            report(bench, select_runs(programs(poses), options.only), limits)


def select_runs(every: Mapping[str, Run], names: Sequence[str] | None) -> dict[str, Run]:
    """The programs of these names, beside one call; None: all."""
    return {name: run for name, run in every.items() if names is None or name in ("one call", *names)}


def poses_of(with_pose: bool) -> PoseReader | None:
    """What estimates pose, with the default settings; None where it is not wanted."""
    if with_pose:
        build.check_pose(Settings())
    return build.poses(Settings()) if with_pose else None


def report(bench: Rendered, runs: Mapping[str, Run], limits: ModelLimits) -> None:
    """The table."""
    samples, videos, model = bench
    table = Table(
        "program",
        "a/b, %",
        "of these small, %",
        "c, %",
        "all, %",
        "p",
        "calibration error",
        "calls",
        "images",
        "image tokens",
        "of one call",
    )
    scores = {name: examine(run, samples, videos, model, limits) for name, run in runs.items()}
    first = scores["one call"]
    n = len(samples)
    for name, score in scores.items():
        total = (score.counts["right ab"] + score.counts["right c"]) / (score.counts["ab"] + score.counts["c"])
        table.add_row(
            name,
            f"{100 * score.share('ab'):.1f}",
            f"{100 * score.share('small'):.1f}",
            f"{100 * score.share('c'):.1f}",
            f"{100 * total:.1f}",
            "" if score is first else f"{paired_p(score, first):.2g}",
            f"{score.calibration_error():.3f}",
            f"{score.calls / n:.1f}",
            f"{score.images / n:.1f}",
            f"{score.tokens / n:.0f}",
            f"{score.tokens / first.tokens:.2f}",
        )
    Console(width=140).print(table)
    ab, small, c = (first.counts[label] for label in ("ab", "small", "c"))
    print(f"{n} pairs, {ab} statements with label a or b ({small} of less than {SMALL:g} margins), {c} with label c")


if __name__ == "__main__":
    main()
