"""The pages of a folder as a web application.

A report.html or run.html in the folder may come from anybody. It is served in a sandbox without an origin, so that it
reaches neither the pages nor the cookie of this server, with no network, and of scripts only our own player, by its
hash, runs in it. (Made anew, it would lose the clips that it holds.)
"""

from __future__ import annotations

import asyncio
import functools
import shutil
import tempfile
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from viddiff.errors import InputError, VidDiffError
from viddiff.programs.statements import check_action, given_differences
from viddiff.report.build import content_policy, render, template_text
from viddiff.report.pictures import read_from_stores
from viddiff.report.run_pairs import PAIRS
from viddiff.settings import Settings
from viddiff.video.probe import probe
from viddiff.video.source import Limits
from viddiff.view import pages
from viddiff.view.guard import Door, Guard, error_response
from viddiff.view.index import ComparisonItem, Item, Order, RunItem, found, key_of, read_comparison, read_inside, scan
from viddiff.view.jobs import Job, Worker

MAX_UPLOAD_MB = 512.0
MAX_PAGE_BYTES = 256 * 2**20
_CHUNK_BYTES = 2**20
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


@dataclass(frozen=True)
class Site:
    """A folder and the worker that adds to it."""

    folder: Path
    settings: Settings
    worker: Worker
    max_mb: float

    def item(self, key: str) -> Item:
        """The item of that key, as it lies there now."""
        for item in scan(self.folder):
            if key_of(item, self.folder) == key:
                return item
        raise HTTPException(404, "There is no such comparison or run: go back to the list.")

    def listing(self, query: str, order: Order, error: str | None = None) -> str:
        """The list as a page."""
        rows = []
        for item in found(scan(self.folder), query, order):
            kind = {ComparisonItem: "comparison", RunItem: "run"}.get(type(item))
            slash = "/" if kind == "run" else ""
            rows.append(pages.row_of(item, f"{kind}/{key_of(item, self.folder)}{slash}" if kind else None))
        backend = pages.backend_words(self.settings)
        return pages.index_page(rows, pages.Listing(query, order, self.worker.jobs, backend, self.max_mb, error))

    def comparison(self, key: str) -> Response:
        """The report of a comparison: the one that lies there, else one made now."""
        item = self.item(key)
        if not isinstance(item, ComparisonItem):
            raise HTTPException(404, "This is no comparison: go back to the list.")
        return sandboxed(item.folder / "report.html") or HTMLResponse(
            render(read_comparison(item.folder), read_from_stores),
            headers={"Content-Security-Policy": sandbox_policy()},
        )

    def run(self, key: str) -> Response:
        """The page of a run."""
        item = self.item(key)
        if not isinstance(item, RunItem):
            raise HTTPException(404, "This is no run: go back to the list.")
        lying = sandboxed(item.folder / "run.html") if item.finished else None
        return lying or own(pages.run_page(item, "/", f"/run/{key}/state"))

    def pair(self, key: str, number: str) -> Response:
        """The report of one pair of a run, as it lies beside the run's page."""
        item = self.item(key)
        lying = None
        if isinstance(item, RunItem) and number.isascii() and number.isdigit():
            folder = item.folder / PAIRS
            # A linked folder would lead elsewhere.
            lying = None if folder.is_symlink() else sandboxed(folder / f"{number[:12]}.html")
        if lying is None:
            raise HTTPException(404, "There is no report of this pair: go back to the run.")
        return lying

    def run_state(self, key: str) -> Response:
        """How far a run is, for the script of its page."""
        item = self.item(key)
        if not isinstance(item, RunItem):
            raise HTTPException(404, "This is no run: go back to the list.")
        done = item.work
        return JSONResponse(
            {"ended": item.finished, "text": pages.score_words(item), "n_done": done.n_done, "n_all": done.n_samples}
        )


def sandboxed(path: Path) -> Response | None:
    """A page of the folder in a sandbox; None where none can be read."""
    try:
        return HTMLResponse(read_inside(path, MAX_PAGE_BYTES), headers={"Content-Security-Policy": sandbox_policy()})
    except InputError:
        return None


def own(page: str, status: int = 200) -> Response:
    """A page of ours."""
    return HTMLResponse(page, status, {"Content-Security-Policy": pages.served_policy(page)})


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
    site = Site(folder, settings, worker, min(MAX_UPLOAD_MB, settings.max_video_mb))

    async def index(request: Request) -> Response:
        order = request.query_params.get("order", "newest")
        known: Order = order if order in get_args(Order) else "newest"  # type: ignore[assignment]  # narrowed by "in"
        return own(await run_in_threadpool(site.listing, request.query_params.get("q", "")[:200], known))

    async def compare(request: Request) -> Response:
        try:
            job = await taken(request, site)
            worker.add(job)
        except VidDiffError as error:
            return own(await run_in_threadpool(site.listing, "", "newest", str(error)), 400)
        return RedirectResponse(f"/job/{job.id}", 303)

    async def job(request: Request) -> Response:
        here = job_of(request)
        if here.result is not None and here.state == "done":
            made = ComparisonItem(here.result, "", ("", ""), "", 0, ())
            return RedirectResponse(f"/comparison/{key_of(made, folder)}", 303)
        return own(pages.job_page(here, f"/job/{here.id}/state", f"/job/{here.id}/cancel"))

    async def job_state(request: Request) -> Response:
        here = job_of(request)
        text = f"{here.state}: {here.task}" if here.task else here.state
        return JSONResponse({"ended": here.ended, "text": text, "n_done": here.n_done, "n_all": here.n_all})

    async def cancel(request: Request) -> Response:
        here = job_of(request)
        worker.cancel(here)
        return RedirectResponse(f"/job/{here.id}", 303)

    async def pair(request: Request) -> Response:
        return await run_in_threadpool(site.pair, request.path_params["key"], request.path_params["number"])

    def job_of(request: Request) -> Job:
        here = worker.get(request.path_params["job_id"])
        if here is None:
            raise HTTPException(404, "There is no such comparison in work: go back to the list.")
        return here

    def of_item(make: Any) -> Any:
        async def answer(request: Request) -> Response:
            made: Response = await run_in_threadpool(make, request.path_params["key"])
            return made

        return answer

    async def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return error_response(error.detail, error.status_code)
        return error_response(str(error), 400)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        worker.close()

    routes = [
        Route("/", index),
        Route("/comparison/{key}", of_item(site.comparison)),
        # With the slash, so that the links of the page lead to the pairs of this run.
        Route("/run/{key}/", of_item(site.run)),
        Route("/run/{key}/pairs/{number}.html", pair),
        Route("/run/{key}/state", of_item(site.run_state)),
        Route("/compare", compare, methods=["POST"]),
        Route("/job/{job_id}", job),
        Route("/job/{job_id}/state", job_state),
        Route("/job/{job_id}/cancel", cancel, methods=["POST"]),
    ]
    app = FastAPI(
        # Nothing is told of the addresses but what the pages link to.
        openapi_url=None,
        exception_handlers={HTTPException: refused, VidDiffError: refused},
        lifespan=lifespan,
    )
    app.router.routes.extend(routes)
    return Guard(app, Door(host, token, int(2 * site.max_mb * 2**20) + 2**20))


async def taken(request: Request, site: Site) -> Job:
    """The job of a form, with both clips in a folder of their own, checked.

    Raises:
        InputError: a clip, the action or a statement cannot be used. UsageError: likewise.
    """
    async with request.form(max_files=2, max_fields=4, max_part_size=2**16) as form:
        action = check_action(str(form.get("action", "")))
        lines = tuple(line.strip() for line in str(form.get("differences", "")).splitlines() if line.strip())
        if lines:
            given_differences(lines)
        sent = [form.get("video_a"), form.get("video_b")]
        uploads = Path(tempfile.mkdtemp(dir=site.worker.temporary))
        try:
            files, names = [], []
            for letter, upload in zip("ab", sent, strict=True):
                if not isinstance(upload, UploadFile) or not upload.filename:
                    raise InputError(f"Video {letter.upper()} is missing: choose a file.")
                names.append(shown_name(upload.filename))
                files.append(await kept(upload, uploads / f"{letter}.video", names[-1], site))
        except BaseException:
            await asyncio.shield(run_in_threadpool(shutil.rmtree, uploads, True))
            raise
    return Job(action, lines, uploads, (files[0], files[1]), (names[0], names[1]))


async def kept(upload: UploadFile, path: Path, name: str, site: Site) -> Path:
    """Write an upload to ``path``, whose name is ours, and look whether it is a video."""
    n_bytes = 0
    with path.open("xb") as file:
        while chunk := await upload.read(_CHUNK_BYTES):
            n_bytes += len(chunk)
            if n_bytes > site.max_mb * 2**20:
                raise InputError(f"{name!r} is larger than {site.max_mb:g} MB: cut it.")
            await run_in_threadpool(file.write, chunk)
    settings = site.settings
    limits = Limits(
        max_bytes=int(site.max_mb * 2**20), max_duration_s=settings.max_video_s, max_pixels=settings.max_video_pixels
    )
    try:
        await run_in_threadpool(probe, path, None, limits)
    except InputError as error:
        raise InputError(str(error).replace(str(path), name)) from None
    return path


def shown_name(sent: str) -> str:
    """The last part of a file name as a browser sent it, to be shown and never to be opened; at most 100 characters."""
    last = sent.replace("\\", "/").rpartition("/")[2]
    clean = "".join(char for char in last if not unicodedata.category(char).startswith("C")).strip()
    return clean[-100:] or "video"
