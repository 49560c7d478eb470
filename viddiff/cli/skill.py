"""``viddiff skill``: a performance against those of experts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import METHOD_OPTIONS, MODEL_OPTIONS, settings_options_without
from viddiff.cli.skill_data import data

if TYPE_CHECKING:
    from viddiff.localizer.alignment.features import FeaturesName

_WITHOUT = tuple(name for name, _ in (*MODEL_OPTIONS, *METHOD_OPTIONS) if name != "--clip")
#: Where a document goes, in the folder that --out names.
FILE = "skill.json"


@click.group(short_help="A performance against those of experts.")
def skill() -> None:
    """How far a performance is from those of experts, and in which part of the movement. No model is asked."""


skill.add_command(data)


@skill.command(short_help="How far a performance is from an expert's, by part.")
@click.argument("query")
@click.option(
    "--reference", "references", multiple=True, metavar="VIDEO", help="A video of an expert; may be repeated."
)
@click.option(
    "--features",
    type=click.Choice(["pose", "figure", "clip"]),
    help="What frames are aligned by.  [pose where a person is seen in both, else figure]",
)
@click.option("--parts", type=int, metavar="N", help="Equal parts of the query.  [the parts of the movement]")
@click.option("--out", metavar="DIR", help=f"Write {FILE} there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@settings_options_without(*_WITHOUT)
def score(
    query: str,
    references: tuple[str, ...],
    features: FeaturesName | None,
    parts: int | None,
    out: str | None,
    as_json: bool,
    **flags: Any,
) -> int:
    """Tell how far QUERY is from each --reference along their alignment, by part of the movement.

    By pose it also says which measured quantities depart. That is a distance and no score: it takes no training data,
    and tells where two performances differ, not which is better. --start-a and --stop-a are of the query, --start-b
    and --stop-b of the references.
    """
    from viddiff import skill as on_skill
    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.core.files import write_document
    from viddiff.core.settings import load_settings

    settings = load_settings(**flags)
    folder = writable_folder(out) if out else None
    with show_progress() as progress:
        found = on_skill.distance(
            query, references, features=features, parts=parts, settings=settings, progress=progress
        )
    if as_json:
        click.echo(found.to_json())
    else:
        from viddiff.report.terminal.skill import show

        show(found)
    if folder:
        click.echo(f"Wrote {write_document(folder / FILE, found.to_json() + chr(10))}", err=True)
    return 0
