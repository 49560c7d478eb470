"""Serves the folder: comparisons, runs and the reports of their pairs.

A report.html or run.html in the folder may come from anybody. (Made anew, it would lose the clips and frames that it
holds.) No policy of a page keeps it from leading its window elsewhere, so it is shown in a frame of a page of ours,
whose policy lets that frame go nowhere but to this server. In the frame it is in a sandbox without an origin, reaches
neither the pages nor the cookie of this server, has no network, and of scripts only our own player runs, by its hash.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from viddiff.core.errors import InputError
from viddiff.report.media import media_of
from viddiff.report.page import PAGE_SCRIPTS, PLAYER_SCRIPTS, digest_source, template_text
from viddiff.report.runs.pairs import PAIRS
from viddiff.report.stepdiff.page import render_document
from viddiff.report.viddiff.page import render
from viddiff.view import pages
from viddiff.view.batches import PersonItem
from viddiff.view.command import eval_command
from viddiff.view.documents import read_inside
from viddiff.view.index import ComparisonItem, RunItem, read_comparison, read_manifest, read_steps, trends_in
from viddiff.view.site import Site, page_response
from viddiff.view.step_items import StepItem

MAX_PAGE_BYTES = 256 * 2**20
#: What a page of VidDiff never holds: links of the head, which open connections that no policy forbids; a meta element
#: that acts; links that lead elsewhere, which a click with a key held opens in a window that no frame holds. Text is
#: escaped there and holds none of them.
_FOREIGN = re.compile(
    rb"""<link(?!\ rel="icon"\ href="data:,">)
       | <meta(?!\ charset="utf-8">|\ (?:name="[a-z]+"|http-equiv="Content-Security-Policy")\ content="[^"<>]*">)
       | <a[\s/](?<!<a\ )
       | <a\ (?!(?:id="now-link"\ )?href="(?:\#[a-z0-9-]+|pairs/[0-9]+\.html)"(?:\ dir="auto")?>)
       | <area""",
    re.VERBOSE | re.IGNORECASE,
)


@functools.cache
def sandbox_policy() -> str:
    """The content security policy for a page that may come from anybody, in a frame of ours."""
    scripts = ("".join(map(template_text, names)) for names in (PAGE_SCRIPTS, PLAYER_SCRIPTS))
    digests = " ".join(map(digest_source, scripts))
    return (
        "sandbox allow-scripts; default-src 'none'; img-src data:; media-src data: blob:; style-src 'unsafe-inline'; "
        f"script-src {digests}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def sandbox_response(page: bytes | str) -> Response:
    """A page in the sandbox, for a frame of ours."""
    return HTMLResponse(page, headers={"Content-Security-Policy": sandbox_policy(), "X-Frame-Options": "SAMEORIGIN"})


def page_at(path: Path) -> bytes | None:
    """A page of the folder that VidDiff can have written; None where there is none."""
    try:
        page = read_inside(path, MAX_PAGE_BYTES)
        # In another encoding a browser could see what is not seen here.
        page.decode("utf-8")
    except (InputError, UnicodeDecodeError):
        return None
    return None if _FOREIGN.search(page) else page


#: Items that have pages, and what they are called.
_NAMES = {ComparisonItem: "comparison", StepItem: "document on steps", RunItem: "run"}
PageItem = TypeVar("PageItem", ComparisonItem, StepItem, RunItem)


def item_of(site: Site, key: str, kind: type[PageItem]) -> PageItem:
    """The item of that key, which is of that kind."""
    item = site.item(key)
    if not isinstance(item, kind):
        raise HTTPException(404, f"This is no {_NAMES[kind]}: go back to the list.")
    return item


def comparison(site: Site, key: str) -> Response:
    """The report of a comparison, framed."""
    return page_response(pages.frame_page(item_of(site, key, ComparisonItem), f"/comparison/{key}/page"))


def report(site: Site, key: str) -> Response:
    """The report of a comparison: the file in the folder, else one made now."""
    folder = item_of(site, key, ComparisonItem).folder
    return sandbox_response(page_at(folder / "report.html") or render_now(site, folder))


def render_now(site: Site, folder: Path) -> str:
    """The report of a comparison, without clips."""
    document = read_comparison(folder)
    return render(document, media_of(site.settings, document))


def person(site: Site, key: str) -> Response:
    """The measurements of a person over days."""
    items = site.index.scan()
    for item in items:
        if isinstance(item, PersonItem) and site.key(item) == key:
            return page_response(pages.trends_page(item, trends_in(items, item), "/"))
    raise HTTPException(404, "There is no such person: go back to the list.")


def steps(site: Site, key: str) -> Response:
    """The page of a document on steps, framed."""
    return page_response(pages.frame_page(item_of(site, key, StepItem), f"/steps/{key}/page"))


def steps_page(site: Site, key: str) -> Response:
    """The page of a document on steps: the file in the folder, else one made now, without clips."""
    folder = item_of(site, key, StepItem).folder
    page = page_at(folder / "report.html") or render_document(read_steps(folder), media_of(site.settings))
    return sandbox_response(page)


def run(site: Site, key: str) -> Response:
    """The page of a run: the file in the folder, framed, else one made from its journal."""
    item = item_of(site, key, RunItem)
    if item.finished:
        if page_at(item.folder / "run.html"):
            return page_response(pages.frame_page(item, f"/run/{key}/page/"))
        return page_response(pages.run_page(item, "/", f"/run/{key}/state"))
    root = site.index.folder
    # A reader of the page must not learn an absolute path.
    out = Path("FOLDER", item.folder.relative_to(root)) if root.is_absolute() else item.folder
    command = eval_command(read_manifest(item.folder), str(out))
    return page_response(pages.run_page(item, "/", f"/run/{key}/state", command))


def scores(site: Site, key: str) -> Response:
    """The page of a run that is in its folder."""
    page = page_at(item_of(site, key, RunItem).folder / "run.html")
    if page is None:
        raise HTTPException(404, "There is no page of this run: go back to the list.")
    return sandbox_response(page)


def run_state(site: Site, key: str) -> Response:
    """How far a run is, for the script of its page."""
    item = item_of(site, key, RunItem)
    progress = item.progress
    return JSONResponse(
        {
            "ended": item.finished,
            "state": pages.run_state(item),
            "text": pages.run_summary(item),
            "n_done": progress.n_done,
            "n_all": progress.n_samples,
        }
    )


def pair(site: Site, key: str, number: str) -> Response:
    """The report of one pair of a run, from the folder beside the run's page."""
    page = None
    if number.isascii() and number.isdigit():
        folder = item_of(site, key, RunItem).folder / PAIRS
        # A linked folder would lead elsewhere.
        page = None if folder.is_symlink() else page_at(folder / f"{number[:12]}.html")
    if page is None:
        raise HTTPException(404, "There is no report of this pair: go back to the run.")
    return sandbox_response(page)


def item_routes(site: Site) -> list[Route]:
    """The addresses of comparisons and runs."""

    def of(make: Callable[..., Response], framed: bool = False) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if framed and request.headers.get("sec-fetch-dest", "iframe") != "iframe":
                # Opened in a window of its own, where nothing would hold it.
                return RedirectResponse(request.url.path.partition("/page")[0] + "/", 303)
            return await run_in_threadpool(make, site, **request.path_params)

        return answer

    return [
        Route("/comparison/{key}/", of(comparison)),
        Route("/comparison/{key}/page", of(report, framed=True)),
        Route("/person/{key}/", of(person)),
        Route("/steps/{key}/", of(steps)),
        Route("/steps/{key}/page", of(steps_page, framed=True)),
        Route("/run/{key}/", of(run)),
        Route("/run/{key}/state", of(run_state)),
        # With the slash, so that the links of the page lead to the pairs of this run.
        Route("/run/{key}/page/", of(scores, framed=True)),
        Route("/run/{key}/page/pairs/{number}.html", of(pair, framed=True)),
    ]
