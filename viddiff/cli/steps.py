"""``viddiff steps``: compare, ask about and rank clips of one step of an instruction."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.estimates import print_estimate
from viddiff.cli.options import METHOD_OPTIONS, OF_LABELLED_PAIRS, POSE_OPTIONS, Command, F, settings_options_without
from viddiff.cli.output import Output, dry_run_option, output_options
from viddiff.cli.steps_data import make_data
from viddiff.cli.steps_train import train

if TYPE_CHECKING:
    from collections.abc import Callable

    from viddiff.core.settings import Settings
    from viddiff.steps.documents import StepDocument

_WITHOUT = (
    tuple(name for name, _ in (*METHOD_OPTIONS, *POSE_OPTIONS) if name not in ("--effort", "--program", "--frames"))
    + OF_LABELLED_PAIRS
)
#: Where a document goes, in the folder that --out names.
FILE = "steps.json"


def step_options(*left_out: str) -> Callable[[F], F]:
    """The flags that all commands on steps have; those on what is written come as one ``output``."""

    def decorate(function: F) -> F:
        options = dry_run_option(settings_options_without(*_WITHOUT, *left_out)(function))
        return output_options(f"Folder to write {FILE} and report.html to.", "Page to write.", clips=True)(options)

    return decorate


@click.group(short_help="Compare, ask about and rank clips of one step of an instruction.")
def steps() -> None:
    """Clips of one step of an instruction, e.g. "fry the onions until golden": a reference and candidates.

    The commands describe how a candidate differs from the reference. They need a vision model (--lm, VIDDIFF_LM, or lm
    in viddiff.toml).
    """


@steps.command(cls=Command, short_help="Print the differences of a candidate by category.")
@click.argument("reference")
@click.argument("candidate")
@click.option(
    "--step",
    metavar="TEXT",
    help="Name of the step, e.g. 'fry the onions until golden'; without it, whole videos are compared.",
)
@click.option(
    "--transcript-reference", metavar="FILE", help="Transcript of the reference, VTT or SRT; for whole videos."
)
@click.option(
    "--transcript-candidate", metavar="FILE", help="Transcript of the candidate, VTT or SRT; for whole videos."
)
@click.option(
    "--category",
    "categories",
    multiple=True,
    metavar="NAME",
    help="Compare in this category; may be repeated.  [Ingredients, Tools/Equipment, Technique, Actions, Visuals, "
    "Serving / Presentation]",
)
@click.option("--checks/--no-checks", default=True, help="Check each difference in both orders of the clips.  [on]")
@step_options()
def compare(
    reference: str,
    candidate: str,
    step: str | None,
    transcript_reference: str | None,
    transcript_candidate: str | None,
    categories: tuple[str, ...],
    checks: bool,
    output: Output,
    dry_run: bool,
    **flags: Any,
) -> int:
    """Print how CANDIDATE differs from REFERENCE, category by category.

    Each difference has its severity (1 significant, 5 nearly identical), the frames that show it, and a check: it must
    be true as it stands and false with the two clips swapped.

    Without --step both are whole videos of one instruction: their steps are found (in the transcript if one is given,
    otherwise in the frames), matched in order, and compared one by one. Missing and extra steps are reported.
    """
    from viddiff import steps as on_steps
    from viddiff.core.errors import UsageError
    from viddiff.core.settings import load_settings
    from viddiff.programs.stepdiff.estimate import estimate_captions, estimate_instruction
    from viddiff.programs.stepdiff.results import CATEGORIES
    from viddiff.steps.inputs import check_categories

    transcripts = (transcript_reference, transcript_candidate)
    if step is not None and any(transcripts):
        raise UsageError("Transcripts are for whole videos: leave them out, or leave --step out.")
    settings, names = load_settings(**flags), check_categories(categories or CATEGORIES)
    if dry_run:
        if step is not None:
            return print_estimate(estimate_captions(settings, len(names), checks), output.as_json)
        return print_estimate(
            estimate_instruction(settings, len(names), checks, sum(map(bool, transcripts))), output.as_json
        )
    arguments: dict[str, Any] = {"categories": names, "checks": checks, "settings": settings}
    if step is not None:
        name: str = step
        return run(
            lambda progress: on_steps.compare(reference, candidate, step=name, **arguments, progress=progress),
            settings,
            output,
        )
    arguments |= {"transcript_reference": transcript_reference, "transcript_candidate": transcript_candidate}
    return run(
        lambda progress: on_steps.compare_videos(reference, candidate, **arguments, progress=progress), settings, output
    )


@steps.command(cls=Command, short_help="Ask a question about two clips.")
@click.argument("reference")
@click.argument("candidate")
@click.argument("question")
@click.option("--step", default="", metavar="TEXT", help="Name of the step that both show.")
@step_options("--program")
def ask(
    reference: str,
    candidate: str,
    question: str,
    step: str,
    output: Output,
    dry_run: bool,
    **flags: Any,
) -> int:
    """Answer QUESTION from what REFERENCE and CANDIDATE show, with the frames that the answer rests on."""
    from viddiff import steps as on_steps
    from viddiff.core.settings import load_settings
    from viddiff.programs.stepdiff.estimate import estimate_answer

    settings = load_settings(**flags)
    if dry_run:
        return print_estimate(estimate_answer(settings), output.as_json)
    return run(
        lambda progress: on_steps.ask(reference, candidate, question, step=step, settings=settings, progress=progress),
        settings,
        output,
    )


@steps.command(cls=Command, short_help="Rank candidates by similarity to the reference.")
@click.argument("reference")
@click.argument("candidates", nargs=-1, required=True)
@click.option("--category", required=True, metavar="NAME", help="Category in which they are compared, e.g. Technique.")
@click.option("--step", default="", metavar="TEXT", help="Name of the step that all show.")
@click.option(
    "--grades-only", is_flag=True, help="Grade each candidate alone, without comparing candidates with each other."
)
@step_options("--start-b", "--stop-b")
def rank(
    reference: str,
    candidates: tuple[str, ...],
    category: str,
    step: str,
    grades_only: bool,
    output: Output,
    dry_run: bool,
    **flags: Any,
) -> int:
    """Rank CANDIDATES, video files or one folder of them, by how close they come to REFERENCE in one category."""
    from viddiff import steps as on_steps
    from viddiff.core.errors import UsageError
    from viddiff.core.settings import load_settings
    from viddiff.programs.stepdiff.estimate import estimate_ranking
    from viddiff.steps.inputs import check_candidates
    from viddiff.video.files import video_files

    settings, paths = load_settings(**flags), [Path(name) for name in candidates]
    if len(paths) == 1 and paths[0].is_dir():
        paths = video_files(paths[0])
    elif len(paths) == 1:
        raise UsageError(f"{candidates[0]!r} is not a folder of candidates: name one, or at least two videos.")
    check_candidates(paths)
    if dry_run:
        return print_estimate(estimate_ranking(settings, len(paths), not grades_only), output.as_json)
    return run(
        lambda progress: on_steps.rank(
            reference,
            paths,
            category=category,
            step=step,
            compares=not grades_only,
            settings=settings,
            progress=progress,
        ),
        settings,
        output,
    )


def run(make: Callable[[Any], StepDocument], settings: Settings, output: Output) -> int:
    """Make the document, print and write it; the exit code."""
    from viddiff.cli.programs import print_cautions
    from viddiff.cli.progress import show_progress
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK
    from viddiff.report.stepdiff.terminal_documents import document_view

    output.check()
    print_cautions(settings.program)
    with show_progress() as progress:
        document = make(progress)
    output.show(document, document_view, FILE, page=True)
    return EXIT_FAILURES if document.n_failed else EXIT_OK


steps.add_command(make_data)
steps.add_command(train)
