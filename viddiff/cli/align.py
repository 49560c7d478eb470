"""``viddiff align``: which moments of two videos are the same moment of the action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import METHOD_OPTIONS, MODEL_OPTIONS, Command, settings_options_without
from viddiff.cli.output import Output, output_options

if TYPE_CHECKING:
    from viddiff.localizer.alignment.features import FeaturesName

_WITHOUT = tuple(name for name, _ in (*MODEL_OPTIONS, *METHOD_OPTIONS) if name != "--clip")


@click.command(cls=Command, short_help="Align two videos of the same action in time.")
@click.argument("video_a")
@click.argument("video_b")
@click.option(
    "--features",
    type=click.Choice(["pose", "figure", "clip"]),
    help="Features that frames are aligned by.  [pose where a person is seen in both, else figure]",
)
@click.option(
    "--gamma",
    type=float,
    default=0.1,
    show_default=True,
    help="Smoothing of the soft-DTW path, in median frame distances.",
)
@click.option(
    "--band",
    type=float,
    metavar="SHARE",
    help="Largest time shift, as a share of the clip length.  [none; long clips: 0.3]",
)
@click.option(
    "--free-ends",
    is_flag=True,
    help="Allow B to begin earlier and end later than A: A shows only a part of what B shows.",
)
@click.option(
    "--parts",
    type=int,
    default=8,
    show_default=True,
    metavar="N",
    help="Number of equal parts of A in the table; each shows its mean frame distance.",
)
@output_options("Folder to write alignment.json to.")
@settings_options_without(*_WITHOUT, hidden=["--plans"])
def align(
    video_a: str,
    video_b: str,
    features: FeaturesName | None,
    gamma: float,
    band: float | None,
    free_ends: bool,
    parts: int,
    output: Output,
    **flags: Any,
) -> int:
    """Align two videos of the same action: which moment of B belongs to each frame of A, and at what cost.

    VIDEO_A and VIDEO_B are video files, or folders of images (then with --folder-fps). No model is asked.
    """
    from viddiff.alignment import align as align_videos
    from viddiff.cli.progress import show_progress
    from viddiff.core.settings import load_settings
    from viddiff.report.terminal.alignment import alignment_view

    settings = load_settings(**flags)
    output.check()
    with show_progress() as progress:
        aligned = align_videos(
            video_a,
            video_b,
            features=features,
            gamma=gamma,
            band=band,
            free_ends=free_ends,
            parts=parts,
            settings=settings,
            progress=progress,
        )
    output.show(aligned, alignment_view, "alignment.json")
    return 0
