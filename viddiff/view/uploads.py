"""The form: clips are uploaded, checked and queued; each comparison that runs has a page."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from viddiff import build
from viddiff.core.errors import InputError, VidDiffError
from viddiff.programs.statements import check_action, parse_differences
from viddiff.video.probe import probe
from viddiff.view.items import ComparisonItem
from viddiff.view.jobs import ViewJob
from viddiff.view.list_page import job_page
from viddiff.view.site import ListQuery, Site, page_response, render_list

_CHUNK_BYTES = 2**20


@dataclass(frozen=True)
class JobPages:
    """The form's address and the pages of comparisons that run."""

    site: Site

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/compare", self.compare, methods=["POST"]),
            Route("/job/{job_id}", self.page),
            Route("/job/{job_id}/state", self.state),
            Route("/job/{job_id}/cancel", self.cancel, methods=["POST"]),
        ]

    async def compare(self, request: Request) -> Response:
        """Queue what the form asks for."""
        try:
            job = await read_form(request, self.site)
            self.site.worker.add(job)
        except VidDiffError as error:
            return page_response(await run_in_threadpool(render_list, self.site, ListQuery(error=str(error))), 400)
        return RedirectResponse(f"/job/{job.id}", 303)

    async def page(self, request: Request) -> Response:
        """How far a comparison is; where it is done, on to it."""
        job = self.job_of(request)
        if job.result is not None and job.state == "done":
            key = ComparisonItem.key_of(job.result, self.site.index.folder)
            return RedirectResponse(f"/{ComparisonItem.route}/{key}/", 303)
        return page_response(job_page(job, f"/job/{job.id}/state", f"/job/{job.id}/cancel"))

    async def state(self, request: Request) -> Response:
        """The same for the script of the page."""
        job = self.job_of(request)
        text = f"{job.state}: {job.task}" if job.task else job.state
        return JSONResponse({"ended": job.has_ended, "text": text, "n_done": job.n_done, "n_all": job.n_all})

    async def cancel(self, request: Request) -> Response:
        """Take a comparison back."""
        job = self.job_of(request)
        self.site.worker.cancel(job)
        return RedirectResponse(f"/job/{job.id}", 303)

    def job_of(self, request: Request) -> ViewJob:
        """The comparison that an address names."""
        job = self.site.worker.get(request.path_params["job_id"])
        if job is None:
            raise HTTPException(404, "There is no such comparison running: go back to the list.")
        return job


async def read_form(request: Request, site: Site) -> ViewJob:
    """The job of a form, with both clips in a folder of their own, checked.

    Raises:
        InputError: a clip, the action or a statement cannot be used. UsageError: likewise.
    """
    async with request.form(max_files=2, max_fields=4, max_part_size=2**16) as form:
        action = check_action(str(form.get("action", "")))
        lines = tuple(line.strip() for line in str(form.get("differences", "")).splitlines() if line.strip())
        if lines:
            parse_differences(lines)
        sent = [form.get("video_a"), form.get("video_b")]
        uploads = Path(tempfile.mkdtemp(dir=site.worker.temporary))
        try:
            files, names = [], []
            for letter, upload in zip("ab", sent, strict=True):
                if not isinstance(upload, UploadFile) or not upload.filename:
                    raise InputError(f"Video {letter.upper()} is missing: choose a file.")
                names.append(display_name(upload.filename))
                files.append(await save_upload(upload, uploads / f"{letter}.video", names[-1], site))
        except BaseException:
            # Also where the request was cancelled: no upload may stay on disk.
            await asyncio.shield(run_in_threadpool(shutil.rmtree, uploads, True))
            raise
    return ViewJob(action, lines, uploads, (files[0], files[1]), (names[0], names[1]))


async def save_upload(upload: UploadFile, path: Path, name: str, site: Site) -> Path:
    """Write an upload to ``path``, whose name is ours, and look whether it is a video."""
    n_bytes = 0
    with path.open("xb") as file:
        while chunk := await upload.read(_CHUNK_BYTES):
            n_bytes += len(chunk)
            if n_bytes > site.max_mb * 2**20:
                raise InputError(f"{name!r} is larger than {site.max_mb:g} MB: upload a shorter video.")
            await run_in_threadpool(file.write, chunk)
    limits = dataclasses.replace(build.video_limits(site.settings), max_bytes=int(site.max_mb * 2**20))
    try:
        await run_in_threadpool(probe, path, None, limits)
    except InputError as error:
        raise InputError(str(error).replace(str(path), name)) from None
    return path


def display_name(sent: str) -> str:
    """The last part of a file name as a browser sent it, to be shown and never to be opened; at most 100 characters."""
    last = sent.replace("\\", "/").rpartition("/")[2]
    clean = "".join(char for char in last if not unicodedata.category(char).startswith("C")).strip()
    return clean[-100:] or "video"
