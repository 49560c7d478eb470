"""Cost by clip length, stages, differences and pairs, and an estimate for the whole benchmark.

``python -m benchmarks.scaling [FILE.svg]`` prints Markdown tables and writes the plots. It takes some minutes.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import dspy
import numpy as np
from dspy import lm15

from benchmarks.decode import peak_mb, render
from benchmarks.plot import Panel, svg
from benchmarks.questions import REPLY, questions
from benchmarks.timing import median_s
from viddiff.core.settings import Settings
from viddiff.eval.viddiffbench.evaluate import evaluate
from viddiff.eval.viddiffbench.options import EvalOptions
from viddiff.lms import LMs, adapter_of
from viddiff.lms.pricing import rates_of
from viddiff.localizer.alignment.viterbi import segment
from viddiff.localizer.frame_selection import SPAN_FRAMES
from viddiff.motion.figure.tracking import track_figure
from viddiff.programs.differencer import Differencer
from viddiff.programs.estimate import PIXELS_PER_TOKEN
from viddiff.programs.questions import QuestionRunner
from viddiff.programs.viddiff.tokens import PROPOSER_ANSWER, PROPOSER_TOKENS, QUESTION_ANSWER, QUESTION_TOKENS
from viddiff.synthetic.bench import render_bench
from viddiff.video import FrameStore, Sampling, load

LENGTHS_S, STAGES, DIFFERENCES, PAIRS = (10, 20, 40, 80), (2, 5, 10, 20, 40), (16, 64, 256, 512), (3, 6, 12, 24)
#: The camera-ready release (docs/data.md): pairs, labelled differences, actions, mean seconds of a video.
BENCHMARK = {"pairs": 549, "differences": 4469, "actions": 18, "video_s": 8.8}
MODELS = ("openai/gpt-4o", "openai/gpt-4o-mini", "gemini/gemini-2.5-pro", "gemini/gemini-2.5-flash")
MORE_MODELS = ("anthropic/claude-sonnet-4-5",)
#: A guess, said as one: seconds that a hosted model takes for one question, and how many are in flight.
CALL_S, IN_FLIGHT = 4.0, 8


class Inside:
    """An engine that answers at once, so that only our own cost is left."""

    supports_response_schema = False
    supported_params = frozenset({"temperature", "max_tokens"})

    def complete(self, request: lm15.Request) -> lm15.Response:
        """Answer."""
        message, usage = lm15.Message.assistant([lm15.TextPart(REPLY)]), lm15.Usage(input_tokens=1, output_tokens=1)
        return lm15.Response(id=None, model=request.model, message=message, finish_reason="stop", usage=usage)


def read(path: Path) -> None:
    """Read a clip and follow its figure: all that grows with its length."""
    track_figure(load(path, Sampling(), FrameStore(None)).track)


def by_length(folder: Path) -> list[tuple[float, float, float]]:
    """(seconds of clip, seconds to read it and find the figure, MB at the peak), 480p."""
    table = []
    for length_s in LENGTHS_S:
        clip = render(folder / f"{length_s}.mp4", 848, 480, 30 * length_s)
        table.append((float(length_s), median_s(partial(read, clip), 2), peak_mb(read, clip)))
    return table


def by_stages() -> list[tuple[float, float]]:
    """(stages, microseconds to segment 300 frames)."""
    random = np.random.default_rng(0)
    return [(float(n), 1e6 * median_s(partial(segment, random.random((n, 300))), 100)) for n in STAGES]


def by_differences() -> list[tuple[float, float]]:
    """(questions, seconds to ask them all of a model that answers at once): rendering, calling, parsing."""
    asker = QuestionRunner(Differencer(), LMs(dspy.LM("inside/x", engine=Inside(), cache=False)), 8, lambda done: None)
    store = FrameStore(None)
    batch = questions(store, max(DIFFERENCES), 0)

    def ask(n: int) -> None:
        with dspy.context(adapter=adapter_of("chat"), trace=[], disable_history=True):
            asker.ask_all("squat", batch[:n])

    return [(float(n), median_s(partial(ask, n), 2)) for n in DIFFERENCES]


def by_pairs(folder: Path) -> list[tuple[float, float]]:
    """(pairs, seconds of an evaluation run of the measured program over them, nothing kept before)."""
    rows = render_bench(folder, max(PAIRS))
    table = []
    for n in PAIRS:
        options = EvalOptions(data=str(rows), method="measured", limit=n)
        start = time.perf_counter()
        evaluate(options, Settings(cache=False), folder / f"run-{n}", lambda *_: None)
        table.append((float(n), time.perf_counter() - start))
    return table


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table; numbers with three digits."""
    lines = [" | ".join(headings), " | ".join("---" for _ in headings)]
    lines += [" | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def growth(points: Sequence[Sequence[float]]) -> str:
    """How much more the last point costs than the first, against how much larger it is."""
    (x_0, y_0), (x_1, y_1) = points[0][:2], points[-1][:2]
    return f"{x_1 / x_0:.0f} times as many cost {y_1 / y_0:.1f} times as much.\n"


def estimate(read_s: float) -> str:
    """The whole benchmark, closed mode, by model: calls, tokens, hours, dollars; every question with all its frames."""
    n_calls, n_proposals = BENCHMARK["differences"], 3 * BENCHMARK["actions"]
    n_images = int(n_calls * 2 * SPAN_FRAMES)
    image_tokens = 512 * 288 // PIXELS_PER_TOKEN
    tokens_in = n_calls * QUESTION_TOKENS + n_images * image_tokens + n_proposals * PROPOSER_TOKENS
    tokens_out = n_calls * QUESTION_ANSWER + n_proposals * PROPOSER_ANSWER
    hours = (n_calls * CALL_S / IN_FLIGHT + 2 * BENCHMARK["pairs"] * read_s) / 3600
    rows = []
    for model in (*MODELS, *MORE_MODELS):
        rates = rates_of(model)
        price = "no price known" if rates is None else f"${rates.cost(int(tokens_in), int(tokens_out)):,.2f}"
        rows.append((model, f"{n_calls + n_proposals:,}", f"{n_images:,}", f"{tokens_in / 1e6:.1f} M", hours, price))
    return table(("model", "calls", "images at the most", "tokens in", "hours", "dollars at the most"), rows)


def main() -> None:
    """Measure, print, plot."""
    with tempfile.TemporaryDirectory() as place:
        lengths = time_work("length", partial(by_length, Path(place)))
        stages = time_work("stages", by_stages)
        differences = time_work("differences", by_differences)
        pairs = time_work("pairs", partial(by_pairs, Path(place) / "bench"))
    print(table(("seconds of clip, 480p", "seconds to read it and find the figure", "peak MB"), lengths))
    print(growth(lengths))
    print(table(("stages", "microseconds to segment 300 frames"), stages))
    print(growth(stages))
    print(table(("questions of 6 frames", "seconds without the model"), differences))
    print(growth(differences))
    print(table(("pairs", "seconds, measured program, without caches"), pairs))
    print(growth(pairs))
    read_s = lengths[0][1] * BENCHMARK["video_s"] / lengths[0][0]
    print(estimate(read_s))
    if len(sys.argv) > 1:
        panels = [
            Panel("Clip length", "s of clip", "s to read", [point[:2] for point in lengths]),
            Panel("Stages", "stages", "us, 300 frames", stages),
            Panel("Differences", "questions", "s of our own work", differences),
            Panel("Pairs", "pairs", "s, measured program", pairs),
        ]
        Path(sys.argv[1]).write_text(svg(panels), encoding="utf-8")


def time_work(name: str, work: Callable[[], Any]) -> Any:
    """The result; how long it took goes to standard error."""
    start = time.perf_counter()
    result = work()
    print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return result


if __name__ == "__main__":
    main()
