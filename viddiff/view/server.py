"""The pages of a folder as a web application, behind the door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from viddiff.core.errors import VidDiffError
from viddiff.core.settings import Settings
from viddiff.view.index import Index
from viddiff.view.jobs import Worker
from viddiff.view.request_policy import PolicyMiddleware, RequestPolicy, error_response
from viddiff.view.routes import item_routes
from viddiff.view.site import Site, list_routes
from viddiff.view.uploads import JobPages

MAX_UPLOAD_MB = 512.0


def make_app(
    folder: Path, settings: Settings, worker: Worker, *, host: str = "127.0.0.1", token: str | None = None
) -> ASGIApp:
    """The application; ``worker`` is closed when it ends.

    Args:
        folder: what is shown, and where results are written.
        settings: of comparisons.
        worker: makes them.
        host: where the server will listen.
        token: what visitors must show; needed beyond this machine.
    """
    site = Site(Index(folder), settings, worker, min(MAX_UPLOAD_MB, settings.max_video_mb))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        worker.close()

    app = FastAPI(
        # No list of addresses is published.
        openapi_url=None,
        exception_handlers={HTTPException: error_page_of, VidDiffError: error_page_of},
        lifespan=lifespan,
    )
    app.router.routes.extend([*list_routes(site), *item_routes(site), *JobPages(site).routes()])
    return PolicyMiddleware(app, RequestPolicy(host, token, int(2 * site.max_mb * 2**20) + 2**20))


async def error_page_of(request: Request, error: Exception) -> Response:
    """An error as a page."""
    if isinstance(error, HTTPException):
        return error_response(error.detail, error.status_code)
    return error_response(str(error), 400)
