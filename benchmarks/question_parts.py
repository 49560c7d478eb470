"""Processor time of one question by part: ``python -m benchmarks.question_parts``.

Each part alone, on one thread, in microseconds: the least of several means. With many questions in flight caches are
cold and threads compete, which is not included here; ``benchmarks.questions`` measures the whole.
"""

from __future__ import annotations

import asyncio
import base64
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dspy

from benchmarks.questions import REPLY, Inside, Wire, questions
from viddiff.lms import LMs, adapter_of
from viddiff.programs.differencer import Differencer
from viddiff.programs.questions import QuestionRunner
from viddiff.signatures.clip import Clip, open_stores
from viddiff.signatures.differencer import JudgeDifference
from viddiff.video import FrameStore

N_ROUNDS, N_EACH = 5, 40


class AtOnce(Inside):
    """An engine that answers at once."""

    delay_s = 0.0


class AnswersAtOnce(Wire):
    """A connection without the wait."""

    delay_s = 0.0


def microseconds(work: Callable[[], object]) -> float:
    """Processor time of one call."""
    work()
    means = []
    for _ in range(N_ROUNDS):
        start = time.thread_time()
        for _ in range(N_EACH):
            work()
        means.append((time.thread_time() - start) / N_EACH)
    return 1e6 * min(means)


@contextmanager
def server() -> Iterator[int]:
    """A server in a thread of this process, whose time is not counted: its port."""
    loop = asyncio.new_event_loop()
    listener = loop.run_until_complete(loop.create_server(AnswersAtOnce, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listener.close()
        loop.close()


def time_parts() -> dict[str, float]:
    """The parts; the first and the last are whole questions."""
    store = FrameStore(None)
    (question,) = questions(store, 1, 0)
    jpegs = [store.read(frame.ref) for frame in (*question.frames_a, *question.frames_b)]
    adapter = adapter_of("chat")
    inputs: dict[str, Any] = {
        "video_a": Clip.of("A", question.frames_a),
        "video_b": Clip.of("B", question.frames_b),
        "action": "squat",
        "measurements": [],
        "statement": question.statement,
    }

    def time_question(lms: LMs) -> float:
        asker = QuestionRunner(Differencer(), lms, 1, lambda done: None)
        return microseconds(lambda: asker.ask("squat", question))

    seconds = {}
    with open_stores(store), dspy.context(adapter=adapter, trace=[], disable_history=True):
        inside = LMs(dspy.LM("inside/x", engine=AtOnce(), cache=False))
        seconds["a question, pictures ready, an engine that answers at once"] = time_question(inside)
        seconds["of that, writing the prompt"] = microseconds(lambda: adapter.format(JudgeDifference, [], inputs))
        seconds["of that, reading the answer"] = microseconds(lambda: adapter.parse(JudgeDifference, REPLY))
        seconds["base64 of six frames"] = microseconds(lambda: [base64.b64encode(jpeg) for jpeg in jpegs])
        with server() as port:
            url = f"http://127.0.0.1:{port}/v1"
            wired = time_question(LMs("openai/gpt-4o-mini", api_base=url, cache=False))
        seconds["a question over the wire, a server that answers at once"] = wired
    return seconds


def main() -> None:
    """Print the parts."""
    for name, us in time_parts().items():
        print(f"{us:7.0f} us  {name}")


if __name__ == "__main__":
    main()
