"""Serves the items of the folder: their pages, and the reports of the pairs of a run."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from viddiff.report.runs.pairs import PAIRS
from viddiff.view.items import FolderItem, PageContext, RunItem
from viddiff.view.items.base import PAGES, DocumentItem
from viddiff.view.items.runs import RUN_PAGE
from viddiff.view.site import Site, page_response
from viddiff.view.stored_pages import page_at, sandbox_policy

PageItem = TypeVar("PageItem", bound=FolderItem)


def sandbox_response(page: bytes | str) -> Response:
    """A page in the sandbox, for a frame of ours."""
    return HTMLResponse(page, headers={"Content-Security-Policy": sandbox_policy(), "X-Frame-Options": "SAMEORIGIN"})


def find_item(site: Site, kind: type[PageItem], key: str) -> tuple[PageItem, PageContext]:
    """The item of a kind at an address, and what its page is made with.

    Raises:
        HTTPException: there is none.
    """
    items = site.index.scan()
    for item in items:
        if isinstance(item, kind) and site.key(item) == key:
            return item, PageContext(site.settings, site.index.folder, items, address=f"/{kind.route}/{key}/")
    raise HTTPException(404, "There is nothing at this address: go back to the list.")


def page(site: Site, kind: type[FolderItem], key: str) -> Response:
    """The page of an item."""
    item, context = find_item(site, kind, key)
    return page_response(item.page(context))


def content(site: Site, kind: type[DocumentItem], key: str) -> Response:
    """What is in the frame of a document's page: the file in the folder, else one made now."""
    item, context = find_item(site, kind, key)
    return sandbox_response(page_at(item.folder / item.file) or item.content(context))


def run_content(site: Site, key: str) -> Response:
    """The page of a run that is in its folder."""
    return stored_page_response(
        find_item(site, RunItem, key)[0].folder / RUN_PAGE, "There is no page of this run: go back to the list."
    )


def run_state(site: Site, key: str) -> Response:
    """How far a run is, for the script of its page."""
    return JSONResponse(find_item(site, RunItem, key)[0].state())


def pair(site: Site, key: str, number: str) -> Response:
    """The report of one pair of a run, from the folder beside the run's page."""
    folder, missing = (
        find_item(site, RunItem, key)[0].folder / PAIRS,
        "There is no report of this pair: go back to the run.",
    )
    # A linked folder would lead elsewhere.
    if not (number.isascii() and number.isdigit()) or folder.is_symlink():
        raise HTTPException(404, missing)
    return stored_page_response(folder / f"{number[:12]}.html", missing)


def stored_page_response(path: Path, missing: str) -> Response:
    """A page in the folder, in the sandbox; ``missing`` says that there is none."""
    found_page = page_at(path)
    if found_page is None:
        raise HTTPException(404, missing)
    return sandbox_response(found_page)


def item_routes(site: Site) -> list[Route]:
    """The addresses of items."""

    def of(make: Callable[..., Response], framed: bool = False) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if framed and request.headers.get("sec-fetch-dest", "iframe") != "iframe":
                # Opened in a window of its own, where nothing would hold it.
                return RedirectResponse(request.url.path.partition("/page")[0] + "/", 303)
            return await run_in_threadpool(make, site, **request.path_params)

        return answer

    routes = [
        Route("/run/{key}/state", of(run_state)),
        # With the slash, so that the links of the page lead to the pairs of this run.
        Route("/run/{key}/page/", of(run_content, framed=True)),
        Route("/run/{key}/page/pairs/{number}.html", of(pair, framed=True)),
    ]
    for route, kind in PAGES.items():
        routes.append(Route(f"/{route}/{{key}}/", of(functools.partial(page, kind=kind))))
        if issubclass(kind, DocumentItem):
            routes.append(Route(f"/{route}/{{key}}/page", of(functools.partial(content, kind=kind), framed=True)))
    return routes
