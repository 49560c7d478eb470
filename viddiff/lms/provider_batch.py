"""Questions through a provider's batch queue (OpenAI's /v1/batches and its like), for half of the price and later.

``ProviderBatch`` is an engine of dspy: questions that are asked at about the same time travel as one batch, and each
waits for its answer. Before a batch is sent it is written down which questions are in it; a run that was killed finds
it again by that, at the provider too, and pays nothing twice.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import json
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from dspy import lm15
from pydantic_core import to_json

from viddiff.core.errors import BackendError, UsageError
from viddiff.core.files import parse_json, read_bytes, write_cache_file
from viddiff.core.parallel import check_interrupted

#: Those whose batches dspy's client speaks.
PROVIDERS = ("openai", "anthropic", "gemini")
#: A batch is sent when no question joined it for so long, or it is this large (OpenAI takes 200 MB, Anthropic 256).
QUIET_S, MAX_BYTES = 3.0, 150 * 2**20
#: Seconds between two looks at a batch, and how many of them may fail in a row.
POLL_S, MAX_FAILED_POLLS = 20.0, 60
#: How many batches of an account are looked through for one whose number was not written down.
_N_LISTED = 100

_ERRORS: dict[str | None, type[lm15.ProviderError]] = {
    kind.default_code: kind
    for kind in (
        *(lm15.AuthError, lm15.BillingError, lm15.RateLimitError, lm15.InvalidRequestError),
        *(lm15.ContextLengthError, lm15.TimeoutError, lm15.ServerError, lm15.UnsupportedModelError),
    )
}


class BatchJob:
    """A batch, before and after it was sent.

    Attributes:
        path: where it is written down.
        keys: of its questions, in the order in which they were sent; None: answered and handed over.
        id: the provider's number; None: not known (yet).
        entries: what came of each question, in the order of the keys.
    """

    def __init__(self, path: Path, keys: Sequence[str | None] = (), batch_id: str | None = None) -> None:
        self.path, self.keys, self.id = path, list(keys), batch_id
        self.entries: Future[tuple[lm15.BatchEntry, ...]] = Future()
        self.requests: list[lm15.Request] = []
        self.n_bytes, self.joined_s = 0, 0.0
        self.followed = False

    @property
    def label(self) -> str:
        """Its name at the provider."""
        return self.path.stem

    def write(self) -> None:
        """Write it down, or remove what was written where nothing is left to hand over."""
        if any(self.keys):
            write_cache_file(self.path, json.dumps({"id": self.id, "keys": self.keys}).encode())
        else:
            self.path.unlink(missing_ok=True)


class ProviderBatch:
    """An engine (``dspy.LM(engine=...)``); for several threads.

    Args:
        queue: the provider, see ``dspy.lm15.ProviderLM``.
        name: of the model, as the provider calls it.
        folder: where batches are written down.
        quiet_s, poll_s: see ``QUIET_S`` and ``POLL_S``.
    """

    #: What dspy asks of an engine.
    supported_params = frozenset({"temperature", "max_tokens", "top_p"})

    def __init__(self, queue: Any, name: str, folder: Path, quiet_s: float = QUIET_S, poll_s: float = POLL_S) -> None:
        self.queue, self.name, self.folder = queue, name, folder
        self.quiet_s, self.poll_s = quiet_s, poll_s
        self._lock = threading.Lock()
        self._open: BatchJob | None = None
        self._left: dict[str, list[BatchJob]] | None = None

    def complete(self, request: lm15.Request) -> lm15.Response:
        """The answer, when its batch is done.

        Raises:
            lm15.LM15Error: the batch could not be sent, or this question failed in it.
        """
        request = dataclasses.replace(request, model=self.name)
        text = to_json(request)
        key = hashlib.sha256(text).hexdigest()
        job = self._earlier_job(key)
        if job is not None:
            # Of a run before this one; where the provider no longer has it, it is asked again.
            with contextlib.suppress(lm15.InvalidRequestError):
                return self._answer(job, key)
        return self._answer(self._add_request(key, request, len(text)), key)

    def stream(self, request: lm15.Request) -> Any:
        """A batch has no stream."""
        raise lm15.UnsupportedFeatureError("a batch has no stream", feature="stream")

    def close(self) -> None:
        """Nothing is held; batches continue at the provider."""

    def _answer(self, job: BatchJob, key: str) -> lm15.Response:
        while not job.entries.done():
            # So that Ctrl-C is heard.
            concurrent.futures.wait([job.entries], timeout=1.0)
            check_interrupted()
        entries = job.entries.result()
        with self._lock:
            index = job.keys.index(key)
            job.keys[index] = None
            job.write()
        return response_of(entries[index] if index < len(entries) else None)

    def _add_request(self, key: str, request: lm15.Request, n_bytes: int) -> BatchJob:
        """The batch that gathers questions, with this one in it."""
        with self._lock:
            job = self._open
            if job is None or job.n_bytes + n_bytes > MAX_BYTES:
                job = self._open = BatchJob(self.folder / f"viddiff-{uuid.uuid4().hex}.json")
                threading.Thread(target=self._send, args=(job,), daemon=True).start()
            job.keys.append(key)
            job.requests.append(request)
            job.n_bytes += n_bytes
            job.joined_s = time.monotonic()
            return job

    def _send(self, job: BatchJob) -> None:
        """Wait until nobody joins any more, write the batch down, send it and follow it."""
        while True:
            with self._lock:
                left_s = job.joined_s + self.quiet_s - time.monotonic()
                if job.requests and (left_s <= 0 or job is not self._open):
                    self._open = None if job is self._open else self._open
                    break
            time.sleep(max(0.01, left_s))
        try:
            with self._lock:
                # Questions that begin alike lie together: providers ask half as much again for what they just read.
                order = sorted(range(len(job.keys)), key=lambda index: prefix_of(job.requests[index]))
                job.keys = [job.keys[index] for index in order]
                job.write()
            requests = tuple(job.requests[index] for index in order)
            job.requests = []
            job.id = self.queue.batch_submit(lm15.BatchRequest(requests=requests, label=job.label)).id
            job.write()
        except BaseException as error:
            # Passed on to the threads that wait for the answers, whatever it is: this thread has no caller.
            if isinstance(error, lm15.ProviderError):
                # Refused: there is no such batch.
                job.path.unlink(missing_ok=True)
            job.entries.set_exception(error)
            return
        self._follow(job)

    def _follow(self, job: BatchJob) -> None:
        """Look at a batch until it is done."""
        n_failed = 0
        while True:
            try:
                if self.queue.batch_status(job.id).done:
                    job.entries.set_result(self.queue.batch_results(job.id))
                    return
                n_failed = 0
            except BaseException as error:
                # As in ``_send``: the threads that wait for the answers get it.
                n_failed += 1
                if not isinstance(error, lm15.RETRYABLE_ERRORS) or n_failed > MAX_FAILED_POLLS:
                    if isinstance(error, lm15.InvalidRequestError):
                        job.path.unlink(missing_ok=True)
                    job.entries.set_exception(error)
                    return
            time.sleep(self.poll_s)

    def _earlier_job(self, key: str) -> BatchJob | None:
        """A batch of an earlier run with this question; each is handed over once."""
        with self._lock:
            if self._left is None:
                self._left = self._earlier_jobs()
            jobs = self._left.get(key)
            if not jobs:
                return None
            job = jobs.pop(0)
            if not job.followed:
                job.followed = True
                threading.Thread(target=self._follow, args=(job,), daemon=True).start()
            return job

    def _earlier_jobs(self) -> dict[str, list[BatchJob]]:
        """Key -> the batches of earlier runs that hold it; those never sent are forgotten."""
        jobs = [job for path in sorted(self.folder.glob("*.json")) if (job := read_job(path))]
        if any(job.id is None for job in jobs):
            id_of = {info.label: info.id for info in self.queue.batch_list(_N_LISTED)}
            for job in jobs:
                job.id = job.id or id_of.get(job.label)
                if job.id is None:
                    job.path.unlink(missing_ok=True)
        jobs_of: dict[str, list[BatchJob]] = defaultdict(list)
        for job in jobs:
            for key in job.keys if job.id else ():
                if key is not None:
                    jobs_of[key].append(job)
        return jobs_of


def read_job(path: Path) -> BatchJob | None:
    """A batch that was written down; None where the file is damaged."""
    try:
        document = parse_json(read_bytes(path))
        batch_id, keys = document["id"], document["keys"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if isinstance(keys, list) and all(isinstance(each, str | None) for each in (batch_id, *keys)):
        return BatchJob(path, keys, batch_id)
    return None


def prefix_of(request: lm15.Request) -> bytes:
    """What a provider reads of a question, in its order."""
    return bytes(to_json((request.system, request.messages)))


def response_of(entry: lm15.BatchEntry | None) -> lm15.Response:
    """The answer in a batch, or what went wrong with this question.

    Raises:
        lm15.ProviderError: it has none.
    """
    if entry is not None and entry.response is not None:
        return entry.response
    if entry is not None and entry.error is not None:
        raise _ERRORS.get(entry.error.code, lm15.InvalidRequestError)(entry.error.message)
    outcome = "left it out" if entry is None else f"ended without it ({entry.outcome})"
    raise lm15.InvalidRequestError(f"the provider's batch {outcome}")


def engine_of(model: str, folder: Path, api_base: str | None, api_key: str | None) -> ProviderBatch:
    """The engine that asks a model through batches.

    Args:
        model: ``provider/name``.
        folder: where batches are written down.
        api_base, api_key: of a server of the user's; None: the provider's own, with the key of the environment.

    Raises:
        UsageError: the provider's batches are not spoken. BackendError: no key is set.
    """
    provider, _, name = model.partition("/")
    if provider not in PROVIDERS:
        prefixes = ", ".join(f"{each}/" for each in PROVIDERS)
        raise UsageError(
            f"--provider-batch: model {model!r} does not support provider batches; supported prefixes: {prefixes}."
        )
    config = lm15.RouterConfig(
        api_keys={provider: api_key} if api_key else None,
        base_urls={provider: api_base} if api_base else None,
    )
    try:
        queue = lm15.LMRouter(config).lm(f"{provider}:{name}")
    except lm15.ConfigurationError as error:
        raise BackendError(f"Model {model!r} cannot be used with provider batches: {error}") from None
    return ProviderBatch(queue, name, folder, QUIET_S, POLL_S)
