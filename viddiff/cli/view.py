"""``viddiff view``: a folder of comparisons and runs in the browser."""

from __future__ import annotations

import click


@click.command(short_help="Show comparisons and runs in the browser.")
@click.argument("folder")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port; the next free one if it is taken.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to serve at; other machines need the token that is printed.",
)
@click.option("--open", "browser", is_flag=True, help="Open the page in the browser.")
@click.option("--bundle", metavar="DIR", help="Write a static site to DIR, which opens from disk, instead of serving.")
def view(folder: str, port: int, host: str, browser: bool, bundle: str | None) -> int:
    """Show the comparisons and evaluation runs in FOLDER, and compare two clips from a form.

    Ctrl-C stops the server and removes uploads.
    """
    from pathlib import Path

    from viddiff.core.settings import load_settings

    settings = load_settings()
    if bundle:
        from viddiff.view.bundle import write_bundle

        click.echo(f"Wrote {write_bundle(Path(folder), Path(bundle), settings)}", err=True)
        return 0
    from viddiff.core.errors import UsageError

    try:
        import python_multipart as _  # noqa: F401

        from viddiff.view.serve import serve
    except ImportError as error:
        raise UsageError(
            f"viddiff view needs {error.name!r}, which is not installed: pip install 'viddiff[view]'."
        ) from None

    def print_address(address: str) -> None:
        click.echo(f"Serving at {address} (Ctrl-C stops it)", err=True)

    try:
        serve(Path(folder), settings, host, port, print_address, browser)
    except KeyboardInterrupt:
        # Ending it is how it is meant to end.
        click.echo("Stopped; uploads are removed.", err=True)
    return 0
