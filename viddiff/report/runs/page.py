"""The HTML page of an evaluation run: its scores, how sure they are, and the cases it got most wrong.

Like the report of a comparison it is one file that asks the network for nothing and runs no script, under a content
security policy that allows its own style sheet, by its hash, and embedded images. Lengths in its charts are attributes
of inline SVG, in percent, so that they need no style of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from markupsafe import Markup

from viddiff.core.files import write_document
from viddiff.core.types import Outcome
from viddiff.core.usage import cost_of
from viddiff.core.version import __version__
from viddiff.eval.session import RunUsage
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.results import RunResult
from viddiff.report.page import content_policy, environment
from viddiff.report.pictures import ReadFrame, frames_of, report_images
from viddiff.report.runs import charts, run_text
from viddiff.report.runs.cases import cases, unanswered_cases, wrong_answers

_STYLES = ("report.css", "runs/run.css")


def write_run_page(
    result: RunResult,
    usage: RunUsage,
    outcomes: Mapping[str, Outcome],
    samples: Sequence[Sample],
    path: Path,
    read_frame: ReadFrame,
    links: Mapping[str, str] | None = None,
) -> Path:
    """Write the self-contained page of a finished run to ``path``, whole or not at all, and return ``path``.

    Args:
        result: what the run came to.
        usage: what it asked of models.
        outcomes: by sample key, of ``viddiff.eval.viddiffbench.results.outcomes_of``.
        samples: those of the run, as the data have them.
        path: an HTML file.
        read_frame: gives the JPEG bytes of a frame reference; where it has none, an empty frame is drawn that says so.
        links: sample key -> address of the pair's report, see ``viddiff.report.runs.pairs``.

    Raises:
        UsageError: the file cannot be written there.
    """
    return write_document(path, render_run(result, usage, outcomes, samples, read_frame, links))


def render_run(
    result: RunResult,
    usage: RunUsage,
    outcomes: Mapping[str, Outcome],
    samples: Sequence[Sample],
    read_frame: ReadFrame,
    links: Mapping[str, str] | None = None,
) -> str:
    """The page as one HTML document; arguments as of ``write_run_page``."""
    manifest = result.manifest
    wrong = wrong_answers(manifest, samples, outcomes)
    images = report_images(frames_of(miss.finding for miss in wrong.worst), read_frame)
    folder = resources.files("viddiff.report").joinpath("templates")
    style = "".join(folder.joinpath(name).read_text("utf-8") for name in _STYLES)
    return (
        environment()
        .get_template("runs/run.html.j2")
        .render(
            result=result,
            manifest=manifest,
            scores=result.scores,
            usage=usage,
            cost_usd=cost_of(usage.usage),
            closed=result.scores.mode == "closed",
            charts=charts,
            run_text=run_text,
            statements=charts.statements(samples),
            wrong=wrong,
            cases=cases(wrong.worst, images.pictures),
            unanswered=unanswered_cases(samples, outcomes),
            images=images,
            links=links or {},
            style=Markup(style),  # ours; its hash must fit to the byte
            policy=content_policy(style),
            settings=json.dumps(manifest.settings, indent=2, ensure_ascii=False, default=str),
            version=__version__,
        )
    )
