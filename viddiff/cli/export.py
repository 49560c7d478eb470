"""``viddiff export``: a comparison for spreadsheets, players, picture viewers and Kinovea."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from pathlib import Path

    from viddiff.core.types import Comparison


@click.command(short_help="Write a comparison as film, tables, pictures, Kinovea files.")
@click.argument("document", metavar="COMPARISON.json")
@click.option("--video-a", metavar="FILE", help="Video A, where it does not lie next to the document.")
@click.option("--video-b", metavar="FILE", help="Video B, likewise.")
@click.option("--out", required=True, metavar="DIR", help="Where the files go.")
@click.option("--mp4", is_flag=True, help="Both clips side by side as a film, with captions.")
@click.option("--csv", is_flag=True, help="Findings and measurements as tables.")
@click.option("--images", is_flag=True, help="A picture for each answered difference.")
@click.option("--kva", is_flag=True, help="An annotation file for Kinovea for each clip.")
@click.option("--landmarks", is_flag=True, help="The pose in each clip: CSV, Parquet (with pyarrow), TRC.")
@click.option(
    "--clock",
    type=click.Choice(["stages", "raw"]),
    default="stages",
    show_default=True,
    help="The film's clock: stage by stage together, or as recorded.",
)
@click.option(
    "--slow",
    type=click.FloatRange(0.05, 1.0),
    default=1.0,
    show_default=True,
    help="How fast the film runs: 0.5 is half as fast.",
)
def export(
    document: str,
    video_a: str | None,
    video_b: str | None,
    out: str,
    mp4: bool,
    csv: bool,
    images: bool,
    kva: bool,
    landmarks: bool,
    clock: Literal["stages", "raw"],
    slow: float,
) -> int:
    """Write a comparison for other programs: --mp4, --csv, --images, --kva and --landmarks, unless some are named.

    The document itself is checked and written too. Film and pictures need the videos (pictures only where their frames
    are no longer in the cache), landmarks the poses that the comparison left in the cache.
    """
    from pathlib import Path

    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.core.settings import load_settings
    from viddiff.report.exports import Choice, write_exports
    from viddiff.report.media import media_of

    comparison = read_document(Path(document))
    folder = writable_folder(out)
    with show_progress() as progress:
        write_exports(
            comparison,
            folder,
            media_of(load_settings(), comparison),
            Choice(mp4=mp4, csv=csv, images=images, kva=kva, landmarks=landmarks, clock=clock, slow=slow),
            given=(Path(video_a) if video_a else None, Path(video_b) if video_b else None),
            near=Path(document).parent,
            progress=progress,
            on_written=lambda path: click.echo(f"Wrote {path}", err=True),
        )
    return 0


def read_document(path: Path) -> Comparison:
    """The comparison in a file.

    Raises:
        InputError: it cannot be read, or is none.
    """
    from viddiff.core.errors import InputError
    from viddiff.core.files import read_bytes
    from viddiff.core.types import Comparison

    try:
        text = read_bytes(path)
    except OSError as error:
        raise InputError(
            f"The document {str(path)!r} cannot be read ({error.strerror}): give the comparison.json of a comparison."
        ) from None
    return Comparison.from_json(text)
