"""Questions in flight: the rate against the ideal one at a server that answers in 50 ms, and memory over a long run.

``python -m benchmarks.questions``: 64 questions in flight, 6 distinct frames of 512 px each, then the memory that
2,000 such questions add.
"""

from __future__ import annotations

import json
import resource
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import dspy

from viddiff.lms import LMs, adapter_of
from viddiff.programs.differencer import Differencer
from viddiff.programs.questions import Asker, Question
from viddiff.types import FrameRef, Verdict
from viddiff.video import FrameStore

DELAY_S, IN_FLIGHT, N_RATE, N_MEMORY = 0.05, 64, 512, 2000
REPLY = (
    "[[ ## reason ## ]]\nseen\n\n[[ ## answer ## ]]\na\n\n[[ ## confidence ## ]]\n0.8\n\n[[ ## frames_a ## ]]\n[1]\n\n"
    "[[ ## frames_b ## ]]\n[1]\n\n[[ ## completed ## ]]"
)


class Server(ThreadingHTTPServer):
    """Answers every completion after ``DELAY_S``, on this machine only."""

    daemon_threads = True
    request_queue_size = 256


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read the request, wait, answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(DELAY_S)
        message = {"role": "assistant", "content": REPLY}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        body: dict[str, Any] = {"id": "x", "object": "chat.completion", "created": 1, "model": "x", "usage": usage}
        body["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
        sent = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


def questions(store: FrameStore, n: int, start: int) -> list[Question]:
    """Questions on six frames each, no frame in two of them."""
    from benchmarks.pictures import jpeg

    made = []
    for index in range(start, start + n):
        refs = [FrameRef(time_s=i / 4, ref=store.put(jpeg(6 * index + i))) for i in range(6)]
        made.append(Question(str(index), f"statement {index}", tuple(refs[:3]), tuple(refs[3:]), ()))
    return made


def ask(asker: Asker, asked: list[Question]) -> list[Verdict]:
    """All verdicts."""
    with dspy.context(adapter=adapter_of("chat"), trace=[], disable_history=True):
        return asker.ask_all("squat", asked)


def main() -> None:
    """Print both figures."""
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    lms = LMs("openai/x", api_base=f"http://127.0.0.1:{server.server_address[1]}/v1", cache=False)
    asker = Asker(Differencer(), lms, IN_FLIGHT, lambda done: None)
    store = FrameStore(None)
    ask(asker, questions(store, 64, 0))
    asked = questions(store, N_RATE, 64)
    began = time.perf_counter()
    verdicts = ask(asker, asked)
    seconds = time.perf_counter() - began
    assert all(verdict.answer == "a" for verdict in verdicts)
    ideal_s = N_RATE * DELAY_S / IN_FLIGHT
    rate = f"{N_RATE / seconds:.0f} a second, {ideal_s / seconds:.0%} of ideal"
    print(f"{N_RATE} questions of 6 frames, {IN_FLIGHT} in flight: {rate}")
    before = grown_mb()
    for block in range(N_MEMORY // 100):
        kept = FrameStore(None)
        ask(asker, questions(kept, 100, 1000 + 100 * block))
    print(f"{N_MEMORY} more questions with distinct frames: {grown_mb() - before:+.0f} MB of peak memory")
    server.shutdown()
    server.server_close()


def grown_mb() -> float:
    """The peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
