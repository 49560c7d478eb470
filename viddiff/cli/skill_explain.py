"""``viddiff skill explain``: where a performance lost, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import METHOD_OPTIONS, MODEL_OPTIONS, settings_options_without

if TYPE_CHECKING:
    from viddiff.localizer.alignment.features import FeaturesName

_WITHOUT = tuple(name for name, _ in (*MODEL_OPTIONS, *METHOD_OPTIONS) if name != "--clip")
#: Where the document goes, in the folder that --out names.
FILE = "explanation.json"


@click.command(short_help="Where a performance lost, and why.")
@click.argument("query")
@click.option(
    "--reference",
    "references",
    multiple=True,
    required=True,
    metavar="VIDEO",
    help="A video of an expert; may be repeated.",
)
@click.option("--model", metavar="DIR", help="A model of viddiff skill train: parts then cost points of its score.")
@click.option(
    "--features",
    type=click.Choice(["pose", "figure", "clip"]),
    help="What frames are aligned by.  [pose where a person is seen in both, else figure]",
)
@click.option("--parts", type=int, metavar="N", help="Equal parts of the query.  [the parts of the movement]")
@click.option("--out", metavar="DIR", help=f"Write {FILE} there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@settings_options_without(*_WITHOUT)
def explain(
    query: str,
    references: tuple[str, ...],
    model: str | None,
    features: FeaturesName | None,
    parts: int | None,
    out: str | None,
    as_json: bool,
    **flags: Any,
) -> int:
    """Tell what QUERY lost, in which parts of the movement, and what differs there from the nearest --reference.

    The score of --model, or the distance from the references, comes first; then the costliest parts with what differs
    in them by more than its uncertainty.
    """
    from viddiff import skill as on_skill
    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK
    from viddiff.core.files import write_document
    from viddiff.core.settings import load_settings
    from viddiff.report.terminal.skill_explanation import show

    settings = load_settings(**flags)
    folder = writable_folder(out) if out else None
    with show_progress() as progress:
        found = on_skill.explain(
            query, references, model=model, features=features, parts=parts, settings=settings, progress=progress
        )
    if as_json:
        click.echo(found.to_json())
    else:
        show(found)
    if folder:
        click.echo(f"Wrote {write_document(folder / FILE, found.to_json() + chr(10))}", err=True)
    return EXIT_FAILURES if found.n_failed else EXIT_OK
