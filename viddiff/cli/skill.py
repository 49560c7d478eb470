"""``viddiff skill``: a performance against those of experts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import (
    METHOD_OPTIONS,
    MODEL_OPTIONS,
    OF_ONE_PAIR,
    Command,
    RenamedOption,
    settings_options_without,
)
from viddiff.cli.output import json_option
from viddiff.cli.skill_data import data
from viddiff.cli.skill_explain import PART_OPTION, PARTS_OPTION, explain

if TYPE_CHECKING:
    from viddiff.core.settings import Settings
    from viddiff.core.skill import SkillDistance, SkillScore
    from viddiff.localizer.alignment.features import FeaturesName

_WITHOUT = tuple(name for name, _ in (*MODEL_OPTIONS, *METHOD_OPTIONS) if name != "--clip")
#: Flags that are fields of ``viddiff.programs.skilldiff.options.SkillOptions``.
OF_MODELS = (
    "epochs", "frames", "align", "align_on", "heads", "segments", "clock", "alpha", "lambda_c", "segment_weight",
    "references", "seed",
)  # fmt: skip
#: Where a document goes, in the folder that --out names.
FILE = "skill.json"


@click.group(short_help="Compare a performance with those of experts.")
def skill() -> None:
    """How far a performance is from those of experts, in which part of the movement, and why."""


skill.add_command(data)
skill.add_command(explain)


@skill.command(cls=Command, short_help="Distance from an expert, or score by a trained model, by part.")
@click.argument("query")
@click.option("--reference", "references", multiple=True, metavar="VIDEO", help="Video of an expert; may be repeated.")
@click.option("--model", metavar="DIR", help="Model of viddiff skill train, in place of --reference.")
@click.option(
    "--features",
    type=click.Choice(["pose", "figure", "clip"]),
    help="Features that frames are aligned by, with --reference.  [pose where a person is seen in both, else figure]",
)
@PARTS_OPTION
@PART_OPTION
@click.option("--out", metavar="DIR", help=f"Folder to write {FILE} to.")
@click.option(
    "--report",
    metavar="FILE.html",
    help="Page to write, with both players and the cost; with --model, --reference is needed, too.",
)
@json_option
@settings_options_without(*_WITHOUT, hidden=["--plans"])
def score(
    query: str,
    references: tuple[str, ...],
    model: str | None,
    features: FeaturesName | None,
    parts: int | None,
    stages: tuple[str, ...],
    out: str | None,
    report: str | None,
    as_json: bool,
    **flags: Any,
) -> int:
    """Print how far QUERY is from each --reference, or how the --model scores it, by part of the movement.

    --reference needs no training data and gives a distance, not a score: where two performances differ, not which one
    is better; with features of the pose also which measured quantities differ. --start-a and --stop-a apply to the
    query, --start-b and --stop-b to the references.

    --model gives the score and what each part cost; these deductions sum to the best score minus the score.
    """
    from viddiff import skill as on_skill
    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK, UsageError
    from viddiff.core.files import write_document
    from viddiff.core.settings import load_settings
    from viddiff.core.skill import SkillDistance
    from viddiff.report.skilldiff.terminal_distance import skill_view
    from viddiff.report.terminal.view import print_view

    result: SkillDistance | SkillScore
    if report and not references:
        raise UsageError("--report shows an expert beside the query: give --reference VIDEO, too.")
    if bool(references) == bool(model) and not report:
        raise UsageError("Give either --reference VIDEO for a distance from experts, or --model DIR for a score.")
    if model and (features or parts or stages):
        raise UsageError("--model determines the features and the parts: leave --features, --parts and --part out.")
    settings = load_settings(**flags)
    folder = writable_folder(out) if out else None
    by_alignment: dict[str, Any] = {"features": features, "parts": parts, "stages": stages, "settings": settings}
    with show_progress() as progress:
        if report:
            result = write_page(Path(report), query, references, model=model, **by_alignment, progress=progress)
        elif model:
            result = on_skill.score(query, model, settings=settings, progress=progress)
        else:
            result = on_skill.distance(query, references, **by_alignment, progress=progress)
    if as_json:
        click.echo(result.to_json())
    else:
        print_view(skill_view(result))
    if folder:
        click.echo(f"Wrote {write_document(folder / FILE, result.to_json())}", err=True)
    return EXIT_FAILURES if isinstance(result, SkillDistance) and result.nothing_compared else EXIT_OK


def write_page(
    path: Path, query: str, references: tuple[str, ...], settings: Settings, **options: Any
) -> SkillDistance | SkillScore:
    """Write the page of a score or a distance, which is that of an explanation without a model that is asked."""
    from viddiff import skill as on_skill
    from viddiff.cli.output import writable_folder

    writable_folder(path.parent, "--report")
    asks_none = settings.model_copy(update={"lm": None, "text_lm": None, "vision_lm": None})
    explained = on_skill.explain(query, references, settings=asks_none, **options)
    click.echo(f"Wrote {explained.report(path)}", err=True)
    return explained.score or explained.distance


@skill.command(cls=Command, short_help="Train a model on scored performances.")
@click.argument("source", metavar="DATA")
@click.option("--out", required=True, metavar="DIR", help="Folder of the model; a run that was killed resumes there.")
@click.option("--activity", metavar="NAME", help="Activity to train on, if DATA has several.")
@click.option(
    "--features",
    type=click.Choice(["figure", "pose", "clip"]),
    default="figure",
    show_default=True,
    help="Features that describe the frames of videos.",
)
@click.option("--epochs", type=int, metavar="N", help="Number of epochs, of 10 batches each.  [60]")
@click.option(
    "--n-frames",
    "frames",
    cls=RenamedOption,
    former=("--frames",),
    type=int,
    metavar="N",
    help="Number of frames that every clip is resampled to.  [40]",
)
@click.option(
    "--align",
    type=click.Choice(["soft", "linear", "none"]),
    help="Alignment of query and reference: soft-DTW, equal shares of both, or no reference.  [soft]",
)
@click.option(
    "--align-on",
    type=click.Choice(["learned", "input", "both"]),
    help="Features between which distances are computed for the alignment.  [both]",
)
@click.option("--heads", type=int, metavar="N", help="Number of heads of the differential encoder; 0: no encoder.  [4]")
@click.option(
    "--parts",
    "segments",
    cls=RenamedOption,
    former=("--segments",),
    type=int,
    metavar="N",
    help="Number of equal parts that are scored.  [8]",
)
@click.option(
    "--clock", type=click.Choice(["query", "reference"]), help="Clip that is divided into the equal parts.  [reference]"
)
@click.option("--alpha", type=float, metavar="X", help="Weight of the ranking loss.  [0.5]")
@click.option("--lambda-c", type=float, metavar="X", help="Weight of the contrastive term.  [0.5]")
@click.option(
    "--part-weight",
    "segment_weight",
    cls=RenamedOption,
    former=("--segment-weight",),
    type=float,
    metavar="X",
    help="Weight of the known deductions of parts in the loss; 0: train on scores alone.  [100]",
)
@click.option(
    "--references",
    type=click.Choice(["experts", "random"]),
    help="Which performances queries are compared with.  [experts]",
)
@click.option("--seed", type=int, metavar="N", help="Seed of the initial weights and of the batches.  [0]")
@json_option
@settings_options_without(*_WITHOUT, *OF_ONE_PAIR, hidden=["--plans"])
def train(source: str, out: str, activity: str | None, features: FeaturesName, as_json: bool, **flags: Any) -> int:
    """Train a model on DATA, scored performances of one activity, and score its test part.

    The table also has a baseline that sees only the length of each clip: a model that does not beat it has learned
    nothing.
    """
    from viddiff import skill as on_skill
    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.core.settings import load_settings
    from viddiff.report.skilldiff.terminal_distance import fit_view
    from viddiff.report.terminal.view import print_view

    options = {name: value for name in OF_MODELS if (value := flags.pop(name)) is not None}
    settings = load_settings(**flags)
    writable_folder(out)
    with show_progress() as progress:
        report = on_skill.train(
            source, out, activity=activity, features=features, settings=settings, progress=progress, **options
        )
    if as_json:
        click.echo(report.model_dump_json(indent=2) if report else "null")
    else:
        print_view(fit_view(report))
    return 0
