"""A server that speaks OpenAI's files and batches, for requests of its Responses API."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.support.servers import Part, WireRequest

Answer = Callable[[WireRequest], str | None]


class BatchServer:
    """The server, as a context manager.

    Args:
        answer: gives the text of each reply; None: this request fails in its batch.

    Attributes:
        batches: every batch that was made: its requests, in the order in which they came.
        done: whether batches come to their end; until then they are in progress.
        replies: whether it is told that a batch is there.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.batches: list[list[WireRequest]] = []
        self.done = threading.Event()
        self.done.set()
        self.replies = threading.Event()
        self.replies.set()
        self._files: dict[str, bytes] = {}
        self._made: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        # Who finds the queue of five full tries again a second later.
        self._server.socket.listen(128)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """The base URL, for ``api_base``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def requests(self) -> list[WireRequest]:
        """All requests of all batches."""
        return [request for batch in self.batches for request in batch]

    def __enter__(self) -> BatchServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def post(self, path: str, content_type: str, body: bytes) -> dict[str, Any] | None:
        """The reply to what is sent."""
        if path == "/v1/files":
            boundary = content_type.partition("boundary=")[2].strip('"').encode()
            parts = [part.partition(b"\r\n\r\n")[2] for part in body.split(b"--" + boundary) if b"filename=" in part]
            name = f"file-{len(self._files)}"
            self._files[name] = parts[0].strip()
            return {"id": name, "object": "file"}
        if path == "/v1/batches":
            return self._begun(json.loads(body))
        return None

    def get(self, path: str) -> dict[str, Any] | bytes | None:
        """The reply to what is asked."""
        path = path.partition("?")[0]
        if path == "/v1/batches":
            return {"object": "list", "data": [self._told(made) for made in reversed(self._made)]}
        if path.startswith("/v1/batches/"):
            return next((self._told(made) for made in self._made if made["id"] == path.rpartition("/")[2]), None)
        return self._files.get(path.removeprefix("/v1/files/").removesuffix("/content"))

    def _begun(self, wanted: dict[str, Any]) -> dict[str, Any]:
        lines = [json.loads(line) for line in self._files[wanted["input_file_id"]].splitlines()]
        assert wanted["endpoint"] == "/v1/responses"
        asked = [wire_request(line["body"]) for line in lines]
        replies = [reply(line["custom_id"], self.answer(request)) for line, request in zip(lines, asked, strict=True)]
        with self._lock:
            made = {"id": f"batch-{len(self._made)}", "n": len(lines), "metadata": wanted.get("metadata")}
            self.batches.append(asked)
            # As providers do: answers and errors in two files, in an order of their own.
            for name, kept in (("output", [r for r in replies if r["error"] is None]), ("error", replies)):
                kept = [each for each in reversed(kept) if name == "output" or each["error"] is not None]
                self._files[f"{name}-{made['id']}"] = "\n".join(map(json.dumps, kept)).encode()
            self._made.append(made)
        self.replies.wait()
        return self._told(made)

    def _told(self, made: dict[str, Any]) -> dict[str, Any]:
        told = {"id": made["id"], "object": "batch", "metadata": made["metadata"], "created_at": 1}
        if not self.done.is_set():
            return {**told, "status": "in_progress"}
        files = {f"{name}_file_id": f"{name}-{made['id']}" for name in ("output", "error")}
        return {**told, "status": "completed", "request_counts": {"total": made["n"]}, **files}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.reply(server.post(self.path, self.headers["Content-Type"], body))

            def do_GET(self) -> None:
                self.reply(server.get(self.path))

            def reply(self, content: dict[str, Any] | bytes | None) -> None:
                if content is None:
                    content, status = {"error": {"message": "no such thing", "code": "not_found"}}, 404
                else:
                    status = 200
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Handler


def wire_request(body: dict[str, Any]) -> WireRequest:
    """The record of a request of the Responses API."""
    parts: list[Part] = [("text", body["instructions"])] if body.get("instructions") else []
    for item in body["input"]:
        content = item["content"]
        for block in [{"type": "input_text", "text": content}] if isinstance(content, str) else content:
            if block["type"] == "input_image":
                head, _, data = block["image_url"].partition(",")
                parts.append(("image", base64.b64decode(data), head.removeprefix("data:").removesuffix(";base64")))
            else:
                parts.append(("text", block["text"]))
    return WireRequest("/v1/responses", {}, body, tuple(parts))


def reply(custom_id: str, text: str | None) -> dict[str, Any]:
    """A line of the output or of the error file."""
    if text is None:
        error = {"error": {"message": "the server had an error", "code": "server_error"}}
        return {"custom_id": custom_id, "response": {"status_code": 500, "body": error}, "error": error["error"]}
    content = [{"type": "output_text", "text": text, "annotations": []}]
    body = {
        "id": f"resp-{custom_id}",
        "object": "response",
        "status": "completed",
        "model": "x",
        "output": [{"type": "message", "role": "assistant", "content": content}],
        "usage": {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18},
    }
    return {"custom_id": custom_id, "response": {"status_code": 200, "body": body}, "error": None}
