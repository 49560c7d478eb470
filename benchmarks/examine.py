"""Programs against each other on rendered pairs, with a fake vision model that really reads the frames.

``python -m benchmarks.examine [--pairs N] [--max-images N]``. What the fake model is like stands in
tests/support/examinee.py; nothing here speaks of a real model. It shows what a program does with a reader that sees
what the frames show and errs where they do not: accuracy on a and b, on c, calls, images and image tokens of a pair.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import get_args

import dspy
import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

from tests.support.examinee import Examinee, Habits, thumbnail
from tests.support.scripted import ScriptedEngine, scripted_lm
from viddiff.core.settings import EffortName, ModelLimits, Part
from viddiff.core.types import Difference, Outcome
from viddiff.eval.dataset import Sample
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.methods.viddiff import key_times
from viddiff.lms import LMs
from viddiff.localizer.localizer import Localizer
from viddiff.programs.viddiff.baseline import Baseline
from viddiff.programs.viddiff.finder import Moments
from viddiff.programs.viddiff.program import VidDiff
from viddiff.programs.viddiff.two_looks import TwoLooks
from viddiff.synthetic.bench import TRUTH, PairTruth, render_bench
from viddiff.video import FrameStore, LoadedVideo, Sampling, load

#: A frame costs about its pixels / 750 tokens (Anthropic's published rule).
PIXELS_PER_TOKEN = 750
#: Reads a pair and judges its labelled statements.
Run = Callable[[Sample, LoadedVideo, LoadedVideo, LMs], Outcome]


@dataclass
class Score:
    """How a program did; ``right``: (pair, statement) -> whether its answer is right."""

    right: dict[tuple[str, str], bool] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    images: int = 0
    tokens: float = 0.0

    def share(self, label: str) -> float:
        """Accuracy on the statements with that label ("ab": either)."""
        return self.counts[f"right {label}"] / max(1, self.counts[label])


def given(sample: Sample) -> tuple[Difference, ...]:
    """The labelled differences."""
    return tuple(d for d in sample.differences if d.key in sample.labels)


def baseline(sample: Sample, a: LoadedVideo, b: LoadedVideo, lms: LMs) -> Outcome:
    """One call with all frames."""
    outcome: Outcome = Baseline(lms)(action=sample.action, video_a=a, video_b=b, differences=given(sample)).outcome
    return outcome


def published(oracle: bool) -> Run:
    """The published method; the motion localizer, or the true frames."""

    def run(sample: Sample, a: LoadedVideo, b: LoadedVideo, lms: LMs) -> Outcome:
        program = VidDiff(lms, localizer=Localizer("motion"), frames="paper", measure=False)
        times = key_times(sample, a, b) if oracle else None
        outcome: Outcome = program(
            action=sample.action, video_a=a, video_b=b, differences=given(sample), key_times=times
        ).outcome
        return outcome

    return run


def two_looks(
    oracle: bool = False, effort: EffortName = "medium", without: tuple[Part, ...] = (), measure: bool = True
) -> Run:
    """The program that looks twice; measurements are those of outlines, for rendered people have no pose weights."""

    def run(sample: Sample, a: LoadedVideo, b: LoadedVideo, lms: LMs) -> Outcome:
        moments = None
        if oracle:
            moments = {key: Moments(a=x, b=y) for key, (x, y) in key_times(sample, a, b).items()}
        program = TwoLooks(lms, effort=effort, without=without, measure=measure)
        outcome: Outcome = program(
            action=sample.action, video_a=a, video_b=b, differences=given(sample), key_moments=moments
        ).outcome
        return outcome

    return run


PROGRAMS: Mapping[str, Run] = {
    "one call": baseline,
    "published, motion": published(oracle=False),
    "published, true frames": published(oracle=True),
    "two looks, low": two_looks(effort="low"),
    "two looks": two_looks(),
    "two looks, high": two_looks(effort="high"),
    "two looks, true frames": two_looks(oracle=True),
    "without measurements": two_looks(measure=False),
    **{f"without {part}": two_looks(without=(part,)) for part in get_args(Part)},
}


def examine(
    run: Run,
    samples: Sequence[Sample],
    videos: Mapping[tuple[str, str], LoadedVideo],
    reader: Examinee,
    limits: ModelLimits,
) -> Score:
    """All pairs through one program, asking a model with these limits."""
    score = Score()
    for sample in samples:
        lm = scripted_lm(reader, "fake/examinee")
        with dspy.context(trace=[], disable_history=True):
            lms = LMs(lm, table={"*": limits})
            outcome = run(sample, videos[sample.key, "a"], videos[sample.key, "b"], lms)
        add(score, sample, outcome, lm.engine)
    return score


def add(score: Score, sample: Sample, outcome: Outcome, engine: ScriptedEngine) -> None:
    """Count one pair."""
    from PIL import Image

    for finding in outcome.differences:
        label = sample.labels[finding.difference.key]
        right = finding.verdict.answer == label
        score.right[sample.key, finding.difference.key] = right
        group = "c" if label == "c" else "ab"
        score.counts[group] += 1
        score.counts[f"right {group}"] += right
    for asked in engine.asked:
        score.calls += bool(asked.images)
        score.images += len(asked.images)
        for jpeg in asked.images:
            with Image.open(BytesIO(jpeg)) as image:
                score.tokens += image.size[0] * image.size[1] / PIXELS_PER_TOKEN


def paired_p(one: Score, other: Score) -> float:
    """Exact sign test over statements on which exactly one of two programs is right."""
    won = sum(one.right[key] and not other.right[key] for key in one.right)
    lost = sum(other.right[key] and not one.right[key] for key in one.right)
    return float(binomtest(won, won + lost).pvalue) if won + lost else 1.0


def reader_of(truths: Sequence[PairTruth], folder: Path, habits: Habits) -> Examinee:
    """The fake model, having seen every frame of every clip once."""
    clips = {}
    store = FrameStore(None)
    for truth in truths:
        for side in "ab":
            video = load(folder / "videos" / f"{truth.sample_key}_{side}.mp4", Sampling(fps=30, max_side=96), store)
            thumbs = np.stack([thumbnail(store.read(ref))[0] for ref in video.sequence.refs])
            clips[truth.sample_key, side] = (thumbs, video.sequence.times_s)
    return Examinee(truths, clips, habits)


def main() -> None:
    """Render, examine every program, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--max-images", type=int, metavar="N", help="What the fake model takes in a request.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows = render_bench(folder, options.pairs)
        truths = [PairTruth.model_validate_json(line) for line in (folder / TRUTH).read_text().splitlines()]
        samples = load_data(str(rows)).samples
        reader = reader_of(truths, folder, Habits())
        store = FrameStore(folder / "cache")
        videos = {
            (s.key, side): load(folder / "videos" / f"{s.key}_{side}.mp4", Sampling(), store)
            for s in samples
            for side in "ab"
        }
        report(samples, videos, reader, ModelLimits(max_images=options.max_images))


def report(
    samples: Sequence[Sample],
    videos: Mapping[tuple[str, str], LoadedVideo],
    reader: Examinee,
    limits: ModelLimits,
) -> None:
    """The table."""
    table = Table(
        "program", "a/b, %", "c, %", "all, %", "p against one call", "calls", "images", "image tokens", "of one call"
    )
    scores = {name: examine(run, samples, videos, reader, limits) for name, run in PROGRAMS.items()}
    first = scores["one call"]
    n = len(samples)
    for name, score in scores.items():
        total = (score.counts["right ab"] + score.counts["right c"]) / (score.counts["ab"] + score.counts["c"])
        table.add_row(
            name,
            f"{100 * score.share('ab'):.1f}",
            f"{100 * score.share('c'):.1f}",
            f"{100 * total:.1f}",
            "" if score is first else f"{paired_p(score, first):.2g}",
            f"{score.calls / n:.1f}",
            f"{score.images / n:.1f}",
            f"{score.tokens / n:.0f}",
            f"{score.tokens / first.tokens:.2f}",
        )
    Console(width=140).print(table)
    print(f"{n} pairs, {first.counts['ab']} statements with label a or b, {first.counts['c']} with label c")


if __name__ == "__main__":
    main()
