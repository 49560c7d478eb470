"""``viddiff report``: the page of a comparison, made again from its document."""

from __future__ import annotations

import click


@click.command(short_help="Make the report of a comparison again.")
@click.argument("document", metavar="COMPARISON.json")
@click.option("--video-a", metavar="FILE", help="Video A, where it does not lie next to the document.")
@click.option("--video-b", metavar="FILE", help="Video B, likewise.")
@click.option("--out", metavar="FILE", help="The page to write.  [report.html next to the document]")
@click.option("--link", is_flag=True, help="Keep the clips in a folder next to the page.")
@click.option("--no-clips", is_flag=True, help="Leave clips and players out.")
def report(document: str, video_a: str | None, video_b: str | None, out: str | None, link: bool, no_clips: bool) -> int:
    """Write the HTML report of a comparison, with both clips where their videos are at hand.

    The videos are looked for next to the document, by name and content, unless they are named.
    """
    from pathlib import Path

    from viddiff.cli.export import read_document
    from viddiff.core.settings import load_settings
    from viddiff.report import write_report
    from viddiff.report.media import media_of

    source = Path(document)
    comparison = read_document(source)
    page = write_report(
        comparison,
        Path(out) if out else source.with_name("report.html"),
        media_of(load_settings(), comparison),
        videos=(Path(video_a) if video_a else None, Path(video_b) if video_b else None),
        folders=(source.parent,),
        clips=not no_clips,
        link=link,
    )
    click.echo(f"Wrote {page}", err=True)
    return 0
