"""``viddiff export``: a comparison for spreadsheets, players, picture viewers and Kinovea."""

from __future__ import annotations

from typing import Any, Literal

import click

from viddiff.cli.named_videos import named_videos, video_options


@click.command(short_help="Write a comparison as a video, tables, images, Kinovea files.")
@click.argument("document", metavar="DOCUMENT.json")
@video_options
@click.option("--out", required=True, metavar="DIR", help="Folder to write the files to.")
@click.option("--mp4", is_flag=True, help="Both clips in one video, side by side, with captions.")
@click.option("--csv", is_flag=True, help="Differences and measurements as tables.")
@click.option("--images", is_flag=True, help="An image for each answered difference.")
@click.option("--kva", is_flag=True, help="A Kinovea annotation file for each clip.")
@click.option("--landmarks", is_flag=True, help="The pose in each clip as CSV, Parquet (with pyarrow) and TRC.")
@click.option(
    "--clock",
    type=click.Choice(["stages", "raw"]),
    default="stages",
    show_default=True,
    help="Clock of --mp4; stages: both clips show the same stage at a time; raw: as recorded.",
)
@click.option(
    "--slow",
    type=click.FloatRange(0.05, 1.0),
    default=1.0,
    show_default=True,
    help="Speed of --mp4: 0.5 is half speed.",
)
def export(
    document: str,
    video_a: str | None,
    video_b: str | None,
    reference: str | None,
    out: str,
    mp4: bool,
    csv: bool,
    images: bool,
    kva: bool,
    landmarks: bool,
    clock: Literal["stages", "raw"],
    slow: float,
) -> int:
    """Write a comparison for other programs: the formats that are named, or all of --mp4, --csv, --images, --kva and
    --landmarks.

    For an explanation.json of viddiff skill explain a table of its parts is written, too. A steps.json of viddiff steps
    has --mp4 (differences as captions), --images and --csv.

    The document itself is checked and written, too. The video needs both videos, images need them if their frames are
    no longer in the cache, and landmarks need the poses that the comparison left in the cache.
    """
    from pathlib import Path

    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.core.comparison import ComparisonRecord
    from viddiff.core.settings import load_settings
    from viddiff.programs.skilldiff.explanation import SkillExplanationRecord
    from viddiff.report.documents import read_document
    from viddiff.report.exports import Choice, write_exports
    from viddiff.report.media import media_of
    from viddiff.report.stepdiff.exports import write_step_exports

    exported = read_document(Path(document))
    folder, settings = writable_folder(out), load_settings()
    choice = Choice(mp4=mp4, csv=csv, images=images, kva=kva, landmarks=landmarks, clock=clock, slow=slow)
    options: dict[str, Any] = {
        "named_videos": named_videos(exported, video_a, video_b, reference),
        "folder_of_document": Path(document).parent,
        "on_written": lambda path: click.echo(f"Wrote {path}", err=True),
    }
    with show_progress() as progress:
        if isinstance(exported, ComparisonRecord | SkillExplanationRecord):
            write_exports(exported, folder, media_of(settings, exported), choice, progress=progress, **options)
        else:
            write_step_exports(exported, folder, media_of(settings, exported), choice, progress=progress, **options)
    return 0
