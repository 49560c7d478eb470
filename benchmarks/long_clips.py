"""Accuracy and cost with long clips, many statements and small requests.

``python -m benchmarks.long_clips [--pairs N] [--seed N] [--plot FILE]``. Rendered pairs of about six seconds; before
each clip its first frame stands still and behind it the last, so that the action lies somewhere in a clip of the length
that a row names. Of many statements each is asked again in the same words with a number. The vision model is the
simulated model of tests/support/examinee.py, and nothing is measured: what stands still has no pose worth measuring.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.examine import (
    Rendered,
    Run,
    Score,
    baseline,
    examine,
    labelled_differences,
    paired_p,
    render_pairs,
    two_looks,
)
from benchmarks.plot import Panel, svg
from viddiff.core.settings import ModelLimits
from viddiff.core.types import Localization
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.synthetic.bench import PairTruth
from viddiff.video import LoadedVideo

LENGTHS_S = (0, 30, 120, 300, 600)
STATEMENTS = (8, 15, 30)
MAX_IMAGES = 8
PROGRAMS: dict[str, Run] = {"one call": baseline, "two looks": two_looks(None, measure=False)}


class Row(NamedTuple):
    """One setting, and how each program did."""

    clip_s: float
    n_statements: int
    max_images: int | None
    scores: Mapping[str, Score]


def pad(video: LoadedVideo, before_s: float, length_s: float) -> LoadedVideo:
    """The clip with its first frame standing still for ``before_s``, and its last one until ``length_s``."""
    sequence = video.sequence
    step_s = 1 / sequence.fps
    n_before = round(before_s / step_s)
    n_after = max(0, round(length_s / step_s) - n_before - len(sequence))
    refs = (sequence.refs[0],) * n_before + tuple(sequence.refs) + (sequence.refs[-1],) * n_after
    longer = replace(sequence, times_s=np.linspace(0, (len(refs) - 1) * step_s, len(refs)), refs=refs)
    info = video.info.model_copy(update={"start_s": 0.0, "stop_s": len(refs) * step_s})
    return replace(video, info=info, sequence=longer, path=None, cache_path=None)


def later(truth: PairTruth, before_s: Mapping[str, float]) -> PairTruth:
    """The truth of a pair whose clips begin so much later."""

    def shift(located: Localization) -> Localization:
        by_s = before_s[located.side]
        segments = [
            segment.model_copy(update={"start_s": segment.start_s + by_s, "stop_s": segment.stop_s + by_s})
            for segment in located.segments
        ]
        return located.model_copy(update={"segments": tuple(segments)})

    differences = [
        one.model_copy(
            update={
                "key_times_a_s": tuple(t + before_s["a"] for t in one.key_times_a_s),
                "key_times_b_s": tuple(t + before_s["b"] for t in one.key_times_b_s),
            }
        )
        for one in truth.differences
    ]
    return truth.model_copy(
        update={
            "localization_a": shift(truth.localization_a),
            "localization_b": shift(truth.localization_b),
            "differences": tuple(differences),
        }
    )


def lengthen(bench: Rendered, length_s: float, seed: int) -> Rendered:
    """The pairs in clips of that length, and a model that knows where the action is in them."""
    if not length_s:
        return bench
    rng = np.random.default_rng(seed)
    videos, truths = {}, []
    for sample in bench.samples:
        before_s = {}
        for side in "ab":
            video = bench.videos[sample.key, side]
            room_s = max(0.0, length_s - len(video.sequence) / video.sequence.fps)
            # Whole frames, so that the truth is moved by as much as the frames are.
            before_s[side] = round(rng.uniform(0, room_s) * video.sequence.fps) / video.sequence.fps
            videos[sample.key, side] = pad(video, before_s[side], length_s)
        truths.append(later(bench.model.truths[sample.key], before_s))
    return Rendered(bench.samples, videos, bench.model.knowing(truths))


def repeat_statements(sample: Sample, n_statements: int) -> Sample:
    """The sample with so many statements: its own, asked again and again."""
    own = labelled_differences(sample)
    requests = [
        one.model_copy(update={"key": f"{one.key}.{i // len(own)}", "statement": f"{one.statement} ({i // len(own)})"})
        for i, one in ((i, own[i % len(own)]) for i in range(n_statements))
    ]
    labels = {one.key: sample.labels[one.key.partition(".")[0]] for one in requests}
    return sample.model_copy(update={"differences": tuple(requests), "labels": labels})


def row(bench: Rendered, length_s: float, n_statements: int, max_images: int | None, seed: int) -> Row:
    """All programs in one setting."""
    longer = lengthen(bench, length_s, seed)
    samples = [repeat_statements(sample, n_statements) for sample in longer.samples]
    limits = ModelLimits(max_images=max_images)
    scores = {name: examine(run, samples, longer.videos, longer.model, limits) for name, run in PROGRAMS.items()}
    clip_s = float(np.mean([len(video.sequence) / video.sequence.fps for video in longer.videos.values()]))
    return Row(clip_s, n_statements, max_images, scores)


def table(rows: Sequence[Row], n_pairs: int) -> Table:
    """A line for each setting and program."""
    columns = ("s of clip", "statements", "images a request", "program", "a/b, %", "c, %", "all, %", "p")
    result = Table(*columns, "calls", "images", "image tokens")
    for clip_s, n_statements, max_images, scores in rows:
        for name, score in scores.items():
            p = "" if name == "one call" else f"{paired_p(score, scores['one call']):.2g}"
            shares = f"{100 * score.share('ab'):.1f}", f"{100 * score.share('c'):.1f}", f"{100 * all_right(score):.1f}"
            cost = (f"{value / n_pairs:.0f}" for value in (score.calls, score.images, score.tokens))
            result.add_row(f"{clip_s:.0f}", str(n_statements), str(max_images or ""), name, *shares, p, *cost)
    return result


def all_right(score: Score) -> float:
    """The share of right answers."""
    return (score.counts["right ab"] + score.counts["right c"]) / (score.counts["ab"] + score.counts["c"])


def plot(by_length: Sequence[Row], by_statements: Sequence[Row], n_pairs: int) -> str:
    """Accuracy of both programs and the cost of two looks against the length of a clip and the number of statements."""
    panels = []
    for rows, title, x in ((by_length, "Clip length", "s of clip"), (by_statements, "Statements", "statements")):
        at = [row.clip_s if rows is by_length else float(row.n_statements) for row in rows]
        for name in PROGRAMS:
            right = [100 * all_right(row.scores[name]) for row in rows]
            points = list(zip(at, right, strict=True))
            panels.append(Panel(f"{title}: {name}", x, "% right", points, grows=False, most_y=100))
        images = [row.scores["two looks"].images / n_pairs for row in rows]
        panels.append(Panel(f"{title}: cost of two looks", x, "images a pair", list(zip(at, images, strict=True))))
    return svg(panels)


def main() -> None:
    """Render, ask, print, plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--plot", type=Path, metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        bench = render_pairs(Path(place), options.pairs, options.seed)
        by_length = [row(bench, length_s, STATEMENTS[0], None, options.seed) for length_s in LENGTHS_S]
        by_statements = [row(bench, 0, n, None, options.seed) for n in STATEMENTS]
        small = [row(bench, length_s, n, MAX_IMAGES, options.seed) for length_s, n in ((0, 8), (120, 30))]
    Console(width=140).print(table([*by_length, *by_statements[1:], *small], options.pairs))
    if options.plot:
        options.plot.write_text(plot(by_length, by_statements, options.pairs), encoding="utf-8")


if __name__ == "__main__":
    main()
