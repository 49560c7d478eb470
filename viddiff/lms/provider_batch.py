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


class Ticket:
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
        self._open: Ticket | None = None
        self._left: dict[str, list[Ticket]] | None = None

    def complete(self, request: lm15.Request) -> lm15.Response:
        """The answer, when its batch is done.

        Raises:
            lm15.LM15Error: the batch could not be sent, or this question failed in it.
        """
        request = dataclasses.replace(request, model=self.name)
        text = to_json(request)
        key = hashlib.sha256(text).hexdigest()
        ticket = self._earlier_ticket(key)
        if ticket is not None:
            # Of a run before this one; where the provider no longer has it, it is asked again.
            with contextlib.suppress(lm15.InvalidRequestError):
                return self._answer(ticket, key)
        return self._answer(self._add_request(key, request, len(text)), key)

    def stream(self, request: lm15.Request) -> Any:
        """A batch has no stream."""
        raise lm15.UnsupportedFeatureError("a batch has no stream", feature="stream")

    def close(self) -> None:
        """Nothing is held; batches continue at the provider."""

    def _answer(self, ticket: Ticket, key: str) -> lm15.Response:
        while not ticket.entries.done():
            # So that Ctrl-C is heard.
            concurrent.futures.wait([ticket.entries], timeout=1.0)
            check_interrupted()
        entries = ticket.entries.result()
        with self._lock:
            index = ticket.keys.index(key)
            ticket.keys[index] = None
            ticket.write()
        return response_of(entries[index] if index < len(entries) else None)

    def _add_request(self, key: str, request: lm15.Request, n_bytes: int) -> Ticket:
        """The batch that gathers questions, with this one in it."""
        with self._lock:
            ticket = self._open
            if ticket is None or ticket.n_bytes + n_bytes > MAX_BYTES:
                ticket = self._open = Ticket(self.folder / f"viddiff-{uuid.uuid4().hex}.json")
                threading.Thread(target=self._send, args=(ticket,), daemon=True).start()
            ticket.keys.append(key)
            ticket.requests.append(request)
            ticket.n_bytes += n_bytes
            ticket.joined_s = time.monotonic()
            return ticket

    def _send(self, ticket: Ticket) -> None:
        """Wait until nobody joins any more, write the batch down, send it and follow it."""
        while True:
            with self._lock:
                left_s = ticket.joined_s + self.quiet_s - time.monotonic()
                if ticket.requests and (left_s <= 0 or ticket is not self._open):
                    self._open = None if ticket is self._open else self._open
                    break
            time.sleep(max(0.01, left_s))
        try:
            with self._lock:
                # Questions that begin alike lie together: providers ask half as much again for what they just read.
                order = sorted(range(len(ticket.keys)), key=lambda index: prefix_of(ticket.requests[index]))
                ticket.keys = [ticket.keys[index] for index in order]
                ticket.write()
            requests = tuple(ticket.requests[index] for index in order)
            ticket.requests = []
            ticket.id = self.queue.batch_submit(lm15.BatchRequest(requests=requests, label=ticket.label)).id
            ticket.write()
        except BaseException as error:
            # Passed on to the threads that wait for the answers, whatever it is: this thread has no caller.
            if isinstance(error, lm15.ProviderError):
                # Refused: there is no such batch.
                ticket.path.unlink(missing_ok=True)
            ticket.entries.set_exception(error)
            return
        self._follow(ticket)

    def _follow(self, ticket: Ticket) -> None:
        """Look at a batch until it is done."""
        n_failed = 0
        while True:
            try:
                if self.queue.batch_status(ticket.id).done:
                    ticket.entries.set_result(self.queue.batch_results(ticket.id))
                    return
                n_failed = 0
            except BaseException as error:
                # As in ``_send``: the threads that wait for the answers get it.
                n_failed += 1
                if not isinstance(error, lm15.RETRYABLE_ERRORS) or n_failed > MAX_FAILED_POLLS:
                    if isinstance(error, lm15.InvalidRequestError):
                        ticket.path.unlink(missing_ok=True)
                    ticket.entries.set_exception(error)
                    return
            time.sleep(self.poll_s)

    def _earlier_ticket(self, key: str) -> Ticket | None:
        """A batch of an earlier run with this question; each is handed over once."""
        with self._lock:
            if self._left is None:
                self._left = self._earlier_tickets()
            tickets = self._left.get(key)
            if not tickets:
                return None
            ticket = tickets.pop(0)
            if not ticket.followed:
                ticket.followed = True
                threading.Thread(target=self._follow, args=(ticket,), daemon=True).start()
            return ticket

    def _earlier_tickets(self) -> dict[str, list[Ticket]]:
        """Key -> the batches of earlier runs that hold it; those never sent are forgotten."""
        tickets = [ticket for path in sorted(self.folder.glob("*.json")) if (ticket := read_ticket(path))]
        if any(ticket.id is None for ticket in tickets):
            id_of = {info.label: info.id for info in self.queue.batch_list(_N_LISTED)}
            for ticket in tickets:
                ticket.id = ticket.id or id_of.get(ticket.label)
                if ticket.id is None:
                    ticket.path.unlink(missing_ok=True)
        tickets_of: dict[str, list[Ticket]] = defaultdict(list)
        for ticket in tickets:
            for key in ticket.keys if ticket.id else ():
                if key is not None:
                    tickets_of[key].append(ticket)
        return tickets_of


def read_ticket(path: Path) -> Ticket | None:
    """A batch that was written down; None where the file is damaged."""
    try:
        document = parse_json(read_bytes(path))
        batch_id, keys = document["id"], document["keys"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if isinstance(keys, list) and all(isinstance(each, str | None) for each in (batch_id, *keys)):
        return Ticket(path, keys, batch_id)
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
