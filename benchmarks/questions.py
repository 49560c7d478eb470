"""Questions in flight: the rate with a server that answers in 50 ms, against the ideal one, and memory of a long run.

``python -m benchmarks.questions``: 64 questions in flight, 6 distinct frames of 512 px each, with our adapter and with
dspy's own in turn. Two limits are shown beside them: ready-made requests of the same size, for what the server alone
allows, and an engine that answers inside the process, for what dspy costs without a wire (one thread of a process works
at a time, so processor time bounds the rate). Then the memory that 2,000 such questions add. The server has a process
of its own, and both share the cores of the machine.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

import dspy
from dspy import lm15

from benchmarks.timing import Row, high_water_mb, print_rows
from viddiff.core.types import FrameRef, Verdict
from viddiff.lms import LMs, adapter_of
from viddiff.programs.differencer import Differencer
from viddiff.programs.questions import Question, QuestionRunner
from viddiff.signatures.clip import open_stores
from viddiff.video import FrameStore

DELAY_S, IN_FLIGHT, N_RATE, N_MEMORY, N_ROUNDS = 0.05, 64, 256, 2000, 3
REPLY = (
    "[[ ## reason ## ]]\nseen\n\n[[ ## answer ## ]]\na\n\n[[ ## confidence ## ]]\n0.8\n\n[[ ## frames_a ## ]]\n[1]\n\n"
    "[[ ## frames_b ## ]]\n[1]\n\n[[ ## completed ## ]]"
)
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def response() -> bytes:
    """A completion as it goes over the wire, in one piece: two writes would cost a delayed acknowledgement, 40 ms."""
    message = {"role": "assistant", "content": REPLY}
    body = json.dumps(
        {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "x",
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        }
    ).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


class Wire(asyncio.Protocol):
    """One connection of the server: reads a request, waits, answers; as little work as can be."""

    answer = response()
    delay_s = DELAY_S

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport, self.missing, self.head = transport, 0, b""

    def data_received(self, data: bytes) -> None:
        """Count down to the end of the request."""
        if not self.missing:
            self.head += data
            head, found, rest = self.head.partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            if not found or length is None:
                return
            self.missing, self.head, data = int(length[1]), b"", rest
        self.missing -= len(data)
        if not self.missing:
            asyncio.get_running_loop().call_later(self.delay_s, self.reply)

    def reply(self) -> None:
        """Answer, if anybody still listens."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.write(self.answer)


def serve(pipe: Connection) -> None:
    """The server's process: tells its port, and its processor seconds so far each time it is asked."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Wire, "127.0.0.1", 0, backlog=256)
        pipe.send(server.sockets[0].getsockname()[1])
        ended = asyncio.Event()

        def send_times() -> None:
            try:
                pipe.recv()
                pipe.send(time.process_time())
            except (EOFError, BrokenPipeError):
                # The parent has closed the pipe.
                loop.remove_reader(pipe.fileno())
                ended.set()

        loop.add_reader(pipe.fileno(), send_times)
        await ended.wait()

    asyncio.run(run())


def questions(store: FrameStore, n: int, start: int) -> list[Question]:
    """Questions on six frames each, no frame in two of them."""
    from benchmarks.pictures import jpeg

    batch = []
    for index in range(start, start + n):
        refs = [FrameRef(time_s=i / 4, ref=store.put(jpeg(6 * index + i))) for i in range(6)]
        batch.append(Question(str(index), f"statement {index}", tuple(refs[:3]), tuple(refs[3:]), ()))
    return batch


@dataclass(frozen=True)
class Rate:
    """What one way of asking came to."""

    a_second: float
    client_ms: float
    server_ms: float


def rate_of(work: Callable[[], object], n: int, pipe: Connection) -> Rate:
    """Time ``work``, which asks ``n`` questions: rate, and processor time of both sides for a question."""
    pipe.send("processor time?")
    server_s = pipe.recv()
    began_s, client_s = time.perf_counter(), time.process_time()
    work()
    seconds, client_s = time.perf_counter() - began_s, time.process_time() - client_s
    pipe.send("processor time?")
    return Rate(n / seconds, client_s / n * 1e3, (pipe.recv() - server_s) / n * 1e3)


def ask(asker: QuestionRunner, store: FrameStore, batch: list[Question], adapter: dspy.Adapter) -> list[Verdict]:
    """All verdicts; they must be right."""
    with open_stores(store), dspy.context(adapter=adapter, trace=[], disable_history=True):
        verdicts = asker.ask_all("squat", batch)
    if any(verdict.answer != "a" for verdict in verdicts):
        raise RuntimeError(f"A question was not answered: {verdicts[0]!r}.")
    return verdicts


class Inside:
    """An engine that waits as the server does and answers the same; no request goes over a wire."""

    supports_response_schema = False
    supported_params = frozenset({"temperature", "max_tokens"})
    delay_s = DELAY_S

    def complete(self, request: lm15.Request) -> lm15.Response:
        """Wait, answer."""
        time.sleep(self.delay_s)
        message, usage = lm15.Message.assistant([lm15.TextPart(REPLY)]), lm15.Usage(input_tokens=1, output_tokens=1)
        return lm15.Response(id=None, model=request.model, message=message, finish_reason="stop", usage=usage)


async def send_prepared(port: int, n: int, n_bytes: int) -> None:
    """Send ``n`` requests that were written before, over as many connections as there are questions in flight."""
    request = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % n_bytes + bytes(n_bytes)

    async def send_some(n_here: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(n_here):
            writer.write(request)
            await reader.readexactly(len(Wire.answer))
        writer.close()

    await asyncio.gather(*(send_some(n // IN_FLIGHT) for _ in range(IN_FLIGHT)))


def medians(rates: list[Rate]) -> Rate:
    """The median of each figure."""
    return Rate(*(statistics.median(getattr(rate, name) for rate in rates) for name in Rate.__dataclass_fields__))


def rows() -> list[Row]:
    """Our adapter beside the other ways; the memory of a long run stands with it. Details go to standard error."""
    pipe, child_pipe = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(child_pipe,), daemon=True)
    server.start()
    child_pipe.close()
    port = pipe.recv()
    lms = LMs("openai/gpt-4o-mini", api_base=f"http://127.0.0.1:{port}/v1", cache=False)
    asker = QuestionRunner(Differencer(), lms, IN_FLIGHT, lambda done: None)
    inside = LMs(dspy.LM("inside/x", engine=Inside(), cache=False))
    asker_inside = QuestionRunner(Differencer(), inside, IN_FLIGHT, lambda done: None)
    store = FrameStore(None)
    batch = questions(store, N_RATE, 0)
    n_bytes = sum(len(store.uri(frame.ref)) for frame in (*batch[0].frames_a, *batch[0].frames_b))
    ways: dict[str, Callable[[], object]] = {
        "ready-made requests (server alone)": lambda: asyncio.run(send_prepared(port, N_RATE, n_bytes)),
        "engine inside the process (dspy)": lambda: ask(asker_inside, store, batch, adapter_of("chat")),
        "our adapter": lambda: ask(asker, store, batch, adapter_of("chat")),
        "dspy's adapter": lambda: ask(asker, store, batch, dspy.ChatAdapter(use_json_adapter_fallback=False)),
    }
    ask(asker, store, batch[:IN_FLIGHT], adapter_of("chat"))
    grown = grown_by_many(asker)
    rates: dict[str, list[Rate]] = {name: [] for name in ways}
    for _ in range(N_ROUNDS):
        for name, work in ways.items():
            rates[name].append(rate_of(work, N_RATE, pipe))
    ideal = IN_FLIGHT / DELAY_S
    rates_of = {name: medians(of) for name, of in rates.items()}
    for name, of in rates_of.items():
        times = f"processor time {of.client_ms:.2f} ms (server {of.server_ms:.2f} ms)"
        print(f"  {name:36} {of.a_second:6.0f}/s, {of.a_second / ideal:4.0%} of ideal, {times}", file=sys.stderr)
    pipe.close()
    server.join()
    per_s = rates_of.pop("our adapter").a_second
    what = f"{IN_FLIGHT} in flight, 6 frames, {n_bytes / 1e3:.0f} kB each"
    return [
        Row("a question", what, 1 / per_s, 1 / of.a_second, name, per_s / ideal, f"of {ideal:,.0f}/s", grown)
        for name, of in rates_of.items()
    ]


def grown_by_many(asker: QuestionRunner) -> float:
    """MB that a long run of questions, no frame in two of them, adds to the peak of this process."""
    before = high_water_mb()
    for block in range(N_MEMORY // 100):
        store = FrameStore(None)
        ask(asker, store, questions(store, 100, 1000 + 100 * block), adapter_of("chat"))
    return high_water_mb() - before


if __name__ == "__main__":
    print_rows(rows())
