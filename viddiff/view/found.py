"""What lies in the folder, served: comparisons, runs and the reports of their pairs.

A report.html or run.html in the folder may come from anybody. It is served in a sandbox without an origin, so that it
reaches neither the pages nor the cookie of this server, with no network, and of scripts only our own player, by its
hash, runs in it. (Made anew, it would lose the clips that it holds.)
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from viddiff.errors import InputError
from viddiff.report.build import content_policy, render, template_text
from viddiff.report.pictures import read_from_stores
from viddiff.report.run_pairs import PAIRS
from viddiff.view import pages
from viddiff.view.command import eval_command
from viddiff.view.index import ComparisonItem, RunItem, read_comparison, read_manifest
from viddiff.view.reading import read_inside
from viddiff.view.site import Site, own

MAX_PAGE_BYTES = 256 * 2**20
_REPORT_SCRIPTS = ("page.js", "clock.js", "player.js", "controls.js", "coach.js")


@functools.cache
def sandbox_policy() -> str:
    """The content security policy for a page that may come from anybody."""
    scripts = content_policy("", "".join(map(template_text, _REPORT_SCRIPTS))).split("; ")
    ours = next(rule for rule in scripts if rule.startswith("script-src"))
    return (
        "sandbox allow-scripts; default-src 'none'; img-src data:; media-src data: blob:; style-src 'unsafe-inline'; "
        f"{ours}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def sandboxed(path: Path) -> Response | None:
    """A page of the folder in a sandbox; None where none can be read."""
    try:
        return HTMLResponse(read_inside(path, MAX_PAGE_BYTES), headers={"Content-Security-Policy": sandbox_policy()})
    except InputError:
        return None


def comparison(site: Site, key: str) -> Response:
    """The report of a comparison: the one that lies there, else one made now."""
    item = site.item(key)
    if not isinstance(item, ComparisonItem):
        raise HTTPException(404, "This is no comparison: go back to the list.")
    return sandboxed(item.folder / "report.html") or HTMLResponse(
        render(read_comparison(item.folder), read_from_stores),
        headers={"Content-Security-Policy": sandbox_policy()},
    )


def run_of(site: Site, key: str) -> RunItem:
    """The run of that key."""
    item = site.item(key)
    if not isinstance(item, RunItem):
        raise HTTPException(404, "This is no run: go back to the list.")
    return item


def run(site: Site, key: str) -> Response:
    """The page of a run."""
    item = run_of(site, key)
    if item.finished:
        return sandboxed(item.folder / "run.html") or own(pages.run_page(item, "/", f"/run/{key}/state"))
    root = site.index.folder
    # Where an absolute folder lies is not for whoever is shown the page.
    out = Path("FOLDER", item.folder.relative_to(root)) if root.is_absolute() else item.folder
    command = eval_command(read_manifest(item.folder), str(out))
    return own(pages.run_page(item, "/", f"/run/{key}/state", command))


def run_state(site: Site, key: str) -> Response:
    """How far a run is, for the script of its page."""
    item = run_of(site, key)
    work = item.work
    return JSONResponse(
        {
            "ended": item.finished,
            "state": pages.run_state(item),
            "text": pages.run_words(item),
            "n_done": work.n_done,
            "n_all": work.n_samples,
        }
    )


def pair(site: Site, key: str, number: str) -> Response:
    """The report of one pair of a run, as it lies beside the run's page."""
    item = site.item(key)
    found = None
    if isinstance(item, RunItem) and number.isascii() and number.isdigit():
        folder = item.folder / PAIRS
        # A linked folder would lead elsewhere.
        found = None if folder.is_symlink() else sandboxed(folder / f"{number[:12]}.html")
    if found is None:
        raise HTTPException(404, "There is no report of this pair: go back to the run.")
    return found


def found_routes(site: Site) -> list[Route]:
    """The addresses of comparisons and runs."""

    def of(make: Callable[..., Response]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return await run_in_threadpool(make, site, **request.path_params)

        return answer

    return [
        Route("/comparison/{key}", of(comparison)),
        # With the slash, so that the links of the page lead to the pairs of this run.
        Route("/run/{key}/", of(run)),
        Route("/run/{key}/pairs/{number}.html", of(pair)),
        Route("/run/{key}/state", of(run_state)),
    ]
