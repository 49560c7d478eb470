"""What all pages of the server share: the folder, the worker that adds to it, and the list."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import get_args

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from viddiff.core.settings import Settings
from viddiff.view import list_page, pages
from viddiff.view.index import Index
from viddiff.view.items.base import MAX_TEXT, FolderItem
from viddiff.view.jobs import Worker
from viddiff.view.list_page import Listing, backend_text, index_page, row_of
from viddiff.view.selection import (
    NO_FILTER,
    AnswerFilter,
    Filter,
    Order,
    StatusFilter,
    actions_of,
    select,
)
from viddiff.view.thumbnails import Thumbnails


@dataclass(frozen=True)
class Site:
    """A folder, what is known of it, and the worker that adds to it."""

    index: Index
    settings: Settings
    worker: Worker
    max_mb: float

    @functools.cached_property
    def thumbnails(self) -> Thumbnails:
        """The pictures of the list."""
        return Thumbnails(self.settings)

    def key(self, item: FolderItem) -> str:
        """The name of an item in addresses."""
        return item.key(self.index.folder)


@dataclass(frozen=True)
class ListQuery:
    """Which part of the list to show; ``text``: words to search for; ``page`` counts from 1."""

    text: str = ""
    order: Order = "newest"
    page: int = 1
    error: str | None = None
    pairs: Filter = NO_FILTER


def query_of(request: Request) -> ListQuery:
    """The query in an address; values that are not valid count as not given."""
    parameters = request.query_params
    order, page = parameters.get("order", "newest"), parameters.get("page", "1")
    valid_order: Order = order if order in get_args(Order) else "newest"  # type: ignore[assignment]  # narrowed by "in"
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 8 else 1
    status, answer = parameters.get("status", ""), parameters.get("answer", "")
    pairs = Filter(
        parameters.get("action", "")[:MAX_TEXT],
        status if status in get_args(StatusFilter) else "",  # type: ignore[arg-type]  # narrowed by "in"
        parameters.get("difference", "")[:200],
        answer if answer in get_args(AnswerFilter) else "",  # type: ignore[arg-type]  # narrowed by "in"
    )
    return ListQuery(parameters.get("q", "")[:200], valid_order, number, pairs=pairs)


def render_list(site: Site, query: ListQuery) -> str:
    """The list as a page; a page number beyond the last gives the last page."""
    everything = site.index.scan()
    items = select(everything, query.text, query.order, query.pairs)
    n_pages = max(1, -(-len(items) // list_page.ROWS_A_PAGE))
    page = min(max(1, query.page), n_pages)
    rows = [
        row_of(item, f"{item.route}/{site.key(item)}/" if item.route else None, pictures=site.thumbnails)
        for item in items[(page - 1) * list_page.ROWS_A_PAGE : page * list_page.ROWS_A_PAGE]
    ]
    return index_page(
        rows,
        Listing(
            query=query.text,
            order=query.order,
            jobs=site.worker.jobs,
            backend=backend_text(site.settings),
            max_mb=site.max_mb,
            error=query.error,
            pairs=query.pairs,
            actions=tuple(actions_of(everything)),
            n_found=len(items),
            page=page,
            n_pages=n_pages,
        ),
    )


def page_response(page: str, status: int = 200) -> Response:
    """A page of this server, with its content security policy."""
    return HTMLResponse(page, status, {"Content-Security-Policy": pages.policy_with_header(page)})


def list_routes(site: Site) -> list[Route]:
    """The address of the list."""

    async def index(request: Request) -> Response:
        return page_response(await run_in_threadpool(render_list, site, query_of(request)))

    return [Route("/", index)]
