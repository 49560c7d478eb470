"""``viddiff report``: the page of a comparison, a document on steps or an explanation."""

from __future__ import annotations

import click

from viddiff.cli.named_videos import named_videos, video_options


@click.command(short_help="Write the HTML report of a stored document.")
@click.argument("document", metavar="DOCUMENT.json")
@video_options
@click.option("--out", metavar="FILE", help="The page to write.  [report.html next to the document]")
@click.option("--link", is_flag=True, help="Keep the clips in a folder next to the page.")
@click.option("--no-clips", is_flag=True, help="Leave out the clips and the players.")
def report(
    document: str,
    video_a: str | None,
    video_b: str | None,
    reference: str | None,
    out: str | None,
    link: bool,
    no_clips: bool,
) -> int:
    """Write the HTML report of a comparison.json, steps.json or explanation.json, with both clips if their
    videos are found.

    Videos that are not named are looked for next to the document, by name and content.
    """
    from pathlib import Path

    from viddiff.core.settings import load_settings
    from viddiff.report.documents import read_document
    from viddiff.report.media import media_of
    from viddiff.report.pages import write_page
    from viddiff.report.player_clips import ClipChoice

    source = Path(document)
    shown = read_document(source)
    target = Path(out) if out else source.with_name("report.html")
    videos = named_videos(shown, video_a, video_b, reference)
    choice = ClipChoice(videos, folders=(source.parent,), clips=not no_clips, link=link)
    page = write_page(shown, target, media_of(load_settings(), shown), choice)
    click.echo(f"Wrote {page}", err=True)
    return 0
