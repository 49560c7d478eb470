"""A local model server that produces given faults, and small pairs to ask it about."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

import numpy as np

#: A connection that is dropped without a word; a reply that is no completion.
DEAD, GARBAGE = "dead", "garbage"
#: All that may happen to a request: statuses, JSON cut in the middle, and an answer that comes too late.
FAULTS = ("500", "429", DEAD, "truncated", "hang")
HANG_S = 3.0
STATEMENTS = ("the squat is deeper", "the stance is wider", "the arms are higher", "the pause is longer")
STAGES = ("lower", "hold", "rise")


@dataclass(frozen=True)
class Request:
    """What was asked: its place in the order, a hash of the body, how many images, and its fault."""

    number: int
    digest: str
    images: int
    fault: str | None = None


FaultOf = Callable[[Request], str | None]


class FaultyServer:
    """The server, as a context manager.

    Args:
        fault_of: the fault of a request, None: it is answered.
        delay_s: before each answer.
    """

    def __init__(self, fault_of: FaultOf | None = None, delay_s: float = 0.0) -> None:
        self.fault_of, self.delay_s = fault_of, delay_s
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        # Who finds the queue of five full tries again a second later.
        self._server.socket.listen(128)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> FaultyServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def record(self, body: bytes) -> Request:
        """Record a request with its fault."""
        with self._lock:
            number = len(self.requests) + 1
            request = Request(number, hashlib.sha256(body).hexdigest(), body.count(b"data:image"))
            request = Request(number, request.digest, request.images, self.fault_of(request) if self.fault_of else None)
            self.requests.append(request)
        self._ended.wait(HANG_S if request.fault == "hang" else self.delay_s)
        return request

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = server.record(body)
                try:
                    respond(self, request.fault, completion(body))
                except OSError:
                    # The client was killed, or has waited long enough.
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler


def respond(handler: BaseHTTPRequestHandler, fault: str | None, body: bytes) -> None:
    """Send an answer, or the fault of the request."""
    handler.close_connection = True
    if fault == DEAD:
        # With SO_LINGER 0 closing sends RST, as the end of a process does.
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.rfile.close()
        handler.connection.close()
        return
    status = int(fault) if fault in ("500", "429") else 200
    if status != 200:
        body = json.dumps({"error": {"message": "no", "type": "x", "code": "x"}}).encode()
    elif fault == GARBAGE:
        body = completion_of("<html>502 Bad Gateway</html>")
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Connection", "close")
    if status != 200:
        handler.send_header("Retry-After", "0")
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2] if fault == "truncated" else body)


def completion(body: bytes) -> bytes:
    """An answer that depends on the request alone."""
    request = json.loads(body)
    texts = [message["content"] for message in request["messages"]]
    system = texts[0] if isinstance(texts[0], str) else texts[0][0]["text"]
    outputs = system.partition("Your output fields are:")[2].partition("All interactions")[0]
    digest = hashlib.sha256(body).digest()
    if "`answer`" in outputs:
        fields = {"reason": "seen", "answer": "abc"[digest[0] % 3], "confidence": "0.8", "frames_a": "[1]"}
        return completion_of(as_fields({**fields, "frames_b": "[1]"}))
    stages = [
        {"name": name, "description": name, "cues": [f"A photo of a person, {name} {i}" for i in range(5)]}
        for name in STAGES
    ]
    if "`stages`" in outputs or "`refined`" in outputs:
        return completion_of(as_fields({"stages" if "`stages`" in outputs else "refined": json.dumps(stages)}))
    keys = sorted(set(re.findall(r'"(\d+)":', str(texts[-1]))), key=int)
    links = [{"key": key, "stages": [STAGES[int(key) % len(STAGES)]]} for key in keys]
    return completion_of(as_fields({"links": json.dumps(links)}))


def as_fields(fields: dict[str, str]) -> str:
    """Fields as dspy's chat adapter reads them."""
    return "\n\n".join([f"[[ ## {name} ## ]]\n{value}" for name, value in fields.items()]) + "\n\n[[ ## completed ## ]]"


def completion_of(text: str) -> bytes:
    """A chat completion in OpenAI's form."""
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps(
        {"id": "x", "object": "chat.completion", "created": 1, "model": "x", "choices": [choice], "usage": usage}
    ).encode()


def write_pairs(path: Path, n_pairs: int) -> None:
    """``pairs.json`` at ``path`` and clips of coarse noise beside it; each pair is labelled with four differences."""
    from viddiff.video.encode import write_video

    pairs = []
    for index in range(n_pairs):
        names = []
        for side in "ab":
            rng = np.random.default_rng(2 * index + (side == "b"))
            blocks = rng.integers(0, 255, (12, 6, 8, 3), dtype=np.uint8)
            frames = [np.kron(block, np.ones((8, 8, 1), np.uint8)) for block in blocks]
            names.append(write_video(path.with_name(f"{index}{side}.mp4"), frames, 8, 64, 48).name)
        differences = {
            str(key): {"name": text, "description": text, "label": "abc"[(index + key) % 3]}
            for key, text in enumerate(STATEMENTS)
        }
        action = f"action {index % 2}"
        pair = {"key": f"pair{index}", "action": action, "action_description": f"a person does {action}"}
        pairs.append({**pair, "video_a": names[0], "video_b": names[1], "differences": differences})
    path.write_text(json.dumps(pairs))
