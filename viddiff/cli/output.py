"""The flags that say where a result goes, and what they do: print it, write it, write its page."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import click

from viddiff.core.errors import UsageError
from viddiff.core.files import write_document

if TYPE_CHECKING:
    from os import PathLike

    from rich.console import RenderableType

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Print the requests and their cost; send nothing.")


class ReportedDocument(Protocol):
    """A document that can write its page."""

    def to_json(self) -> str:
        """The document as JSON."""

    def report(self, path: str | PathLike[str], *, clips: bool = True) -> Path:
        """Write its page."""


@dataclass(frozen=True)
class Output:
    """Where a document goes: the flags of ``output_options``.

    Attributes:
        as_json: print the document itself.
        out: the folder that it is written into.
        report: the file that its page is written to.
        no_clips: leave both clips out of pages.
    """

    as_json: bool = False
    out: str | None = None
    report: str | None = None
    no_clips: bool = False

    def check(self) -> None:
        """Make the folders, before anything is asked, so that no paid answer is lost.

        Raises:
            UsageError: one cannot be made or written.
        """
        if self.out:
            writable_folder(self.out)
        if self.report:
            writable_folder(Path(self.report).parent, "--report")

    def show(
        self, document: Any, view: Callable[[Any], Iterable[RenderableType]], file: str, *, page: bool = False
    ) -> None:
        """Print the document and write it; what was written is named on standard error.

        Args:
            document: a ``Document``; where a page is written a ``ReportedDocument``.
            view: what of it is printed for people.
            file: its name in the folder of ``--out``.
            page: whether report.html goes beside it.
        """
        if self.as_json:
            click.echo(document.to_json())
        else:
            from viddiff.report.terminal.view import print_view

            print_view(view(document))
        paths = [write_document(Path(self.out) / file, document.to_json())] if self.out else []
        pages = [Path(self.out) / "report.html"] if self.out and page else []
        pages += [Path(self.report)] if self.report else []
        reported = cast(ReportedDocument, document)
        paths += [reported.report(path, clips=not self.no_clips) for path in pages]
        for path in paths:
            click.echo(f"Wrote {path}", err=True)


def output_options(out: str, report: str | None = None, *, clips: bool = False) -> Callable[[F], F]:
    """The flags --out, --report, --no-clips and --json, which a command gets as one ``output``.

    Args:
        out: the help of --out.
        report: the help of --report; None: there is no such flag.
        clips: whether there is --no-clips.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def command(
            as_json: bool, out: str | None, report: str | None = None, no_clips: bool = False, **rest: Any
        ) -> int:
            return int(function(output=Output(as_json, out, report, no_clips), **rest))

        options = json_option(command)
        if clips:
            options = click.option("--no-clips", is_flag=True, help="Leave the clips and the players out of pages.")(
                options
            )
        if report:
            options = click.option("--report", metavar="FILE.html", help=report)(options)
        return cast(F, click.option("--out", metavar="DIR", help=out)(options))

    return decorate


def writable_folder(out: str | Path, flag: str = "--out") -> Path:
    """The folder, made if need be; checked before anything is asked, so that no paid answer is lost.

    Raises:
        UsageError: it cannot be made or written.
    """
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"{flag} {str(out)!r} cannot be written ({os.strerror(error.errno or 0)}): name another folder."
        ) from None
    return folder
