"""A small OpenAI-compatible server on this machine: what goes over the wire, and what a provider's faults do."""

from __future__ import annotations

import base64
import json
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal

Part = tuple[Literal["text"], str] | tuple[Literal["image"], bytes, str]
Cut = Literal["reset", "truncate"]


@dataclass(frozen=True)
class WireRequest:
    """One request: its headers (names in lower case), its JSON body, and the content parts of all messages in order."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    parts: tuple[Part, ...]

    @property
    def images(self) -> list[bytes]:
        """The bytes of the images, in order."""
        return [part[1] for part in self.parts if part[0] == "image"]

    @property
    def prompt(self) -> str:
        """All text, images left out."""
        return "\n".join(part[1] for part in self.parts if part[0] == "text")


@dataclass(frozen=True)
class Failure:
    """What the server does instead of answering.

    Attributes:
        status, body, headers: the response; a ``body`` of None stands for a normal completion.
        cut: "reset" drops the connection without a response, "truncate" in the middle of the body.
        delay_s: waits before responding.
    """

    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: Cut | None = None
    delay_s: float = 0.0


def api_error(status: int, message: str, code: str, **headers: str) -> Failure:
    """An error in OpenAI's form; underscores in header names stand for hyphens."""
    body = json.dumps({"error": {"message": message, "type": code, "param": None, "code": code}}).encode()
    return Failure(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


UNAUTHORIZED = api_error(401, "Incorrect API key provided: sk-abcd****wxyz.", "invalid_api_key")
NO_MODEL = api_error(404, "The model 'x' does not exist or you do not have access to it.", "model_not_found")
NO_QUOTA = api_error(429, "You exceeded your current quota, please check your plan.", "insufficient_quota")
SERVER_ERROR = api_error(500, "The server had an error.", "server_error", Retry_After="0")
RESET = Failure(cut="reset")
TRUNCATED = Failure(cut="truncate")
GARBAGE = Failure(body=b"<html><body>502 Bad Gateway</body></html>", headers={"Content-Type": "text/html"})


def rate_limit(retry_after_s: float = 0) -> Failure:
    """Too many requests; ask again after so many seconds."""
    return api_error(429, "Rate limit reached for requests.", "rate_limit_exceeded", Retry_After=f"{retry_after_s:g}")


def slow(delay_s: float) -> Failure:
    """A good answer that comes late."""
    return Failure(delay_s=delay_s)


def refusal(refusal: str | None = "I can't help with that.", content: str | None = None) -> Failure:
    """A content filter's answer: finish reason ``content_filter`` and, unless None, ``message.refusal``."""
    return Failure(body=completion("x", content, finish_reason="content_filter", refusal=refusal))


def completion(model: str, content: str | None, *, finish_reason: str = "stop", refusal: str | None = None) -> bytes:
    """A chat completion in OpenAI's form."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    body = {"id": "c-1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": usage}
    return json.dumps(body).encode()


class OpenAIServer:
    """The server, as a context manager.

    Args:
        answer: gives the text of each reply.
        faults: what befalls the requests, in order (None: nothing); further requests are answered.
            A callable is asked for every request.
    """

    def __init__(
        self,
        answer: Callable[[WireRequest], str],
        faults: Iterable[Failure | None] | Callable[[WireRequest], Failure | None] = (),
    ) -> None:
        self.answer = answer
        self.requests: list[WireRequest] = []
        self._fault_of = faults if callable(faults) else None
        self._faults = iter(() if callable(faults) else faults)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """The base URL, for ``api_base``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> OpenAIServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def takes(self, path: str) -> bool:
        """Whether requests are answered at this path."""
        return path == "/v1/chat/completions"

    def read(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> WireRequest:
        """The record of a request."""
        return wire_request(path, headers, body)

    def write_answer(self, request: WireRequest, text: str) -> bytes:
        """An answer as this provider writes it."""
        return completion(request.body.get("model", "x"), text)

    def respond(self, request: WireRequest) -> Failure:
        """Record a request and settle how to respond to it."""
        with self._lock:
            self.requests.append(request)
            fault = self._fault_of(request) if self._fault_of else next(self._faults, None)
        if fault is not None:
            self._stopped.wait(fault.delay_s)
        else:
            fault = Failure()
        if fault.body is not None or fault.cut == "reset":
            return fault
        body = self.write_answer(request, self.answer(request))
        return Failure(fault.status, body, fault.headers, fault.cut)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if not server.takes(self.path):
                    self.send_error(404)
                    return
                request = server.read(self.path, dict(self.headers), json.loads(raw))
                write_response(self, server.respond(request))

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: tests read ``requests``."""

        return Handler


class _Server(ThreadingHTTPServer):
    # Who finds the queue of five full tries again a second later.
    request_queue_size = 128
    # Joined when the server closes, so that no thread outlives its test.
    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up, as one does after a timeout, is no event; anything else is a bug of the test."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def write_response(handler: BaseHTTPRequestHandler, fault: Failure) -> None:
    """Send a response, or as much of it as the fault lets through."""
    handler.close_connection = True
    if fault.cut == "reset":
        # With SO_LINGER 0 the last close sends RST, as a crashed proxy does; the reader holds the socket open too.
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.rfile.close()
        handler.connection.close()
        return
    body = fault.body or b""
    handler.send_response(fault.status)
    for name, value in {"Content-Type": "application/json", **fault.headers}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2] if fault.cut == "truncate" else body)


def wire_request(path: str, headers: Mapping[str, str], body: dict[str, Any]) -> WireRequest:
    """The record of a request."""
    parts: list[Part] = []
    for message in body.get("messages", []):
        content = message.get("content") or ""
        parts.extend(map(_part, [{"type": "text", "text": content}] if isinstance(content, str) else content))
    return WireRequest(path, {name.lower(): value for name, value in headers.items()}, body, tuple(parts))


def _part(block: dict[str, Any]) -> Part:
    if block["type"] == "text":
        return ("text", block["text"])
    head, _, data = block["image_url"]["url"].partition(",")
    return ("image", base64.b64decode(data), head.removeprefix("data:").removesuffix(";base64"))
