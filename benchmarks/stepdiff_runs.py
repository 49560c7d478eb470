"""The three tasks of StepDiff on rendered step pairs: scores of a model that knows the truth, controls, and times.

    python -m benchmarks.stepdiff_runs [rows of each task]

Renders groups of clips, each clip in turn as the reference of the others, and runs what ``viddiff eval`` runs on as
many rows of each task (300), with a scripted model in this process. The expected score is shown beside each score.
"""

from __future__ import annotations

import functools
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.scripted import scripted_lm
from tests.support.step_truth import TruthfulModel, clips_in
from viddiff.core.settings import Settings
from viddiff.core.types import silent
from viddiff.eval.stepdiff.items import StepData
from viddiff.eval.stepdiff.judge import judge_captions
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.methods import METHODS
from viddiff.eval.stepdiff.options import Control, RunOptions
from viddiff.eval.stepdiff.predictions import read_predictions
from viddiff.eval.stepdiff.run import PREDICTIONS, run
from viddiff.eval.stepdiff.scores import JudgeScores, StepScores
from viddiff.lms import LMs
from viddiff.synthetic.steps.attempts import Group, plan_group
from viddiff.synthetic.steps.bench import VIDEOS, render_group
from viddiff.synthetic.steps.rows import Row, caption_rows, choice_rows, rank_rows
from viddiff.synthetic.workers import map_in_processes
from viddiff.video.loaded import LoadedVideo

N_ROWS = 300
#: Task -> the rows of a group, by the number of the group and of its reference.
ROWS: dict[str, Callable[[Group, int, int], Iterable[Row]]] = {
    "diffcap": lambda group, index, place: caption_rows(group),
    "diffmcq": lambda group, index, place: choice_rows(group, False, (index, place)),
    "exchanged": lambda group, index, place: choice_rows(group, True, (index, place)),
    "diffrank": lambda group, index, place: rank_rows(group),
}


@dataclass(frozen=True)
class Case:
    """One run: rows of a file through a method, and what is expected of its first score."""

    file: str
    method: str
    expected: str
    control: Control = "none"

    @property
    def folder(self) -> str:
        """Where its run goes."""
        return "-".join((self.file, self.method, self.control))


THREE_TASKS = (
    Case("diffcap", "contrast", "1"),
    Case("diffmcq", "contrast", "1"),
    Case("diffrank", "contrast", "at least .92"),
)
CASES = (
    *THREE_TASKS,
    Case("diffcap", "text-only", "0"),
    Case("diffcap", "contrast", "0 invented", "same-video"),
    Case("exchanged", "contrast", "1"),
    Case("exchanged", "contrast", "at most .3", "swap-videos"),
    Case("diffmcq", "random", ".25"),
    Case("diffrank", "random", "0"),
)


@dataclass(frozen=True)
class Result:
    """What came of a run."""

    case: Case
    scores: StepScores
    n_calls: int
    taken_s: float
    """On the clock."""
    cpu_s: float
    """Of processors: less depends on what else the machine does."""


def groups(n_groups: int) -> Iterator[tuple[int, int, Group]]:
    """(number of the group, place of its reference, group): each clip of a group in turn as the reference."""
    for index in range(n_groups):
        attempts = plan_group(index, 0).attempts
        for place, reference in enumerate(attempts):
            yield index, place, Group(reference, tuple(attempt for attempt in attempts if attempt is not reference))


def write_rows(folder: Path, n_rows: int) -> int:
    """Write the files; returns how many groups of clips they take."""
    rows_of: dict[str, list[Row]] = {name: [] for name in ROWS}
    n_groups = 0
    for index, place, group in groups(n_rows):
        if all(len(rows) >= n_rows for rows in rows_of.values()):
            break
        n_groups = index + 1
        for name, rows in rows_of.items():
            rows += itertools.islice(ROWS[name](group, index, place), n_rows - len(rows))
    for name, rows in rows_of.items():
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return n_groups


def render(folder: Path, index: int) -> None:
    """Render one group of clips."""
    render_group(folder, index, 0)


def evaluate(case: Case, data: StepData, model: TruthfulModel, folder: Path) -> Result:
    """One run, timed."""
    lm = scripted_lm(model)
    out = folder / case.folder
    settings = Settings(cache_dir=folder / "cache", attempts=1)
    lms = LMs(lm) if METHODS[case.method].roles else None
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    scores = run(
        data, folder / VIDEOS, METHODS[case.method], RunOptions(control=case.control), settings, out, silent, lms
    )
    return Result(case, scores, len(lm.engine.asked), time.perf_counter() - began_s, time.process_time() - began_cpu_s)


def judge(data: StepData, model: TruthfulModel, folder: Path) -> JudgeScores:
    """The captions of the first run, judged by the model that knows the labels."""
    answers = read_predictions(folder / THREE_TASKS[0].folder / PREDICTIONS, data)
    return judge_captions(data, answers, LMs(scripted_lm(model)), Settings(attempts=1), silent)


def prepare(folder: Path, n_rows: int) -> tuple[dict[str, StepData], dict[str, LoadedVideo]]:
    """The rows by file and the clips by name, rendered again."""
    n_groups = write_rows(folder, n_rows)
    map_in_processes(functools.partial(render, folder / VIDEOS), n_groups, 2)
    return {file: load_items(folder / f"{file}.jsonl") for file in ROWS}, clips_in(folder / VIDEOS)


def show(results: list[Result]) -> None:
    """Print a table."""
    head = ("rows of", "method", "control", "rows", "calls", "seconds", "cpu s", "metric", "score", "95 %", "expected")
    table = Table(*head, box=None)
    for result in results:
        case, first = result.case, result.scores.scores[0]
        score, span = f"{first.strict:.3f}", "-"
        if first.interval:
            span = f"{first.interval.low:.3f} to {first.interval.high:.3f}"
        if result.scores.run and result.scores.run.n_invented is not None:
            score, span = f"{result.scores.run.n_invented} invented", "-"
        seconds = f"{result.taken_s:.1f}", f"{result.cpu_s:.1f}"
        cells = (str(result.scores.n), str(result.n_calls), *seconds, first.name, score, span, case.expected)
        table.add_row(case.file, case.method, case.control, *cells)
    Console(width=140).print(table)


def main() -> None:
    """Render, run, and print."""
    n_rows = int(sys.argv[1]) if len(sys.argv) > 1 else N_ROWS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began_s = time.perf_counter()
        data, videos = prepare(folder, n_rows)
        print(f"{len(videos)} clips rendered and read in {time.perf_counter() - began_s:.0f} s")
        models = {file: TruthfulModel(videos, rows.items) for file, rows in data.items()}
        results = [evaluate(case, data[case.file], models[case.file], folder) for case in CASES]
        judged = judge(data["diffcap"], models["diffcap"], folder)
    show(results)
    print(f"A judge of these captions: coverage {judged.coverage}, invention {judged.invention} (expected 1, 0)")
    tasks = [one for one in results if one.case in THREE_TASKS]
    taken_s, cpu_s = sum(one.taken_s for one in tasks), sum(one.cpu_s for one in tasks)
    print(f"The three tasks take {taken_s:.0f} s, {cpu_s:.0f} s of processor time")


if __name__ == "__main__":
    main()
