"""``viddiff skill explain``: where a performance differs from the experts, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import METHOD_OPTIONS, OF_LABELLED_PAIRS, Command, RenamedOption, settings_options_without
from viddiff.cli.output import Output, dry_run_option, output_options

if TYPE_CHECKING:
    from viddiff.localizer.alignment.features import FeaturesName

_WITHOUT = (*(name for name, _ in METHOD_OPTIONS if name not in ("--clip", "--program")), *OF_LABELLED_PAIRS, "--plans")
#: Where the document goes, in the folder that --out names.
FILE = "explanation.json"


#: Of distances and explanations alike.
PARTS_OPTION = click.option(
    "--parts", type=int, metavar="N", help="Number of equal parts of the query.  [the phases of the movement]"
)
PART_OPTION = click.option(
    "--part",
    "stages",
    cls=RenamedOption,
    former=("--stage",),
    multiple=True,
    metavar="NAME=START-STOP",
    help="Named part of the movement, in seconds of the first reference; may be repeated.",
)


@click.command(cls=Command, short_help="Where a performance differs from the experts, and why.")
@click.argument("query")
@click.option(
    "--reference",
    "references",
    multiple=True,
    required=True,
    metavar="VIDEO",
    help="Video of an expert; may be repeated.",
)
@click.option(
    "--action", default="", metavar="TEXT", help="Name of the action, e.g. 'bodyweight squat'; needed with --lm."
)
@click.option(
    "--difference",
    "differences",
    multiple=True,
    metavar="STATEMENT",
    help="Difference to look for in the costliest parts; may be repeated.  [a model proposes them]",
)
@click.option(
    "--model", metavar="DIR", help="Model of viddiff skill train; the cost of a part is then in points of its score."
)
@click.option(
    "--features",
    type=click.Choice(["pose", "figure", "clip"]),
    help="Features that frames are aligned by.  [pose where a person is seen in both, else figure]",
)
@PARTS_OPTION
@PART_OPTION
@output_options(f"Folder to write {FILE} to.", "Page to write, with both players, the cost and the findings.")
@dry_run_option
@settings_options_without(*_WITHOUT)
def explain(
    query: str,
    references: tuple[str, ...],
    action: str,
    differences: tuple[str, ...],
    model: str | None,
    features: FeaturesName | None,
    parts: int | None,
    stages: tuple[str, ...],
    output: Output,
    dry_run: bool,
    **flags: Any,
) -> int:
    """Print in which parts of the movement QUERY differs most from the nearest --reference, and how.

    The score of --model, or the distance from the references, comes first; then the costliest parts with the measured
    quantities that differ by more than their uncertainty. With --lm these parts are shown to the model, too: what it
    sees in both orders of the clips is reported, with advice that cites it.
    """
    from viddiff import skill as on_skill
    from viddiff.cli.estimates import print_estimate
    from viddiff.cli.progress import show_progress
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK
    from viddiff.core.settings import load_settings
    from viddiff.programs.skilldiff.estimate import estimate_explanation
    from viddiff.report.skilldiff.terminal_explanation import explanation_view
    from viddiff.skill.parts import MAX_EXPLAINED_PARTS

    settings, statements = load_settings(**flags), list(differences) or None
    if dry_run:
        n_given = len(statements) if statements else None
        return print_estimate(estimate_explanation(settings, MAX_EXPLAINED_PARTS, n_given), output.as_json)
    output.check()
    with show_progress() as progress:
        explanation = on_skill.explain(
            query,
            references,
            model=model,
            action=action,
            features=features,
            parts=parts,
            stages=stages,
            differences=statements,
            settings=settings,
            progress=progress,
        )
    output.show(explanation, explanation_view, FILE)
    return EXIT_FAILURES if explanation.n_failed or explanation.nothing_compared else EXIT_OK
