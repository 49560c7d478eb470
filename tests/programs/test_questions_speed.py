"""What makes many questions fast: how many are in flight, and what is made only once. No test here reads a clock."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator

import dspy
import pytest
from dspy.utils.exceptions import LMRateLimitError

from tests.support.frames import frames_of
from tests.support.loaded import noise_footage
from tests.support.models import judge_reply
from tests.support.servers import Failure, OpenAIServer, WireRequest, rate_limit
from viddiff.core.types import Verdict
from viddiff.lms import LMs, adapter_of
from viddiff.lms.throttle import MAX_ATTEMPTS, MAX_PAUSE_S, Throttle
from viddiff.programs.differencer import Differencer
from viddiff.programs.questions import Question, QuestionRunner
from viddiff.signatures.clip import Clip, open_stores
from viddiff.video import FrameStore

FOOTAGE = noise_footage(4)
FRAMES = tuple(FOOTAGE.sequence.frame(i) for i in range(4))
frames = frames_of(FOOTAGE)


@pytest.fixture(autouse=True)
def adapter() -> Iterator[None]:
    with dspy.context(adapter=adapter_of("chat"), trace=[], disable_history=True):
        yield


def questions(n: int) -> list[Question]:
    return [Question(str(i), f"statement {i}", FRAMES[:2], FRAMES[2:], ()) for i in range(n)]


def asked(url: str, throttle: Throttle, n: int) -> list[Verdict]:
    """The verdicts of ``n`` questions to a server; what dspy would repeat by itself is left to the throttle."""
    lms = LMs("openai/x", api_base=url, cache=False, retries=0)
    return QuestionRunner(Differencer(), lms, throttle.most, lambda done: None, None, throttle).ask_all(
        "squat", questions(n)
    )


def test_after_a_rate_limit_fewer_are_in_flight_and_no_question_is_lost() -> None:
    throttle = Throttle(8)
    in_flight: list[int] = []
    limited_before: set[str] = set()

    def answer(request: WireRequest) -> str:
        in_flight.append(throttle.in_flight)
        return judge_reply("b")

    def limit(request: WireRequest) -> Failure | None:
        """All of the first round are limited, and half of the second; none twice."""
        if request.prompt in limited_before or len(limited_before) == 10:
            return None
        limited_before.add(request.prompt)
        return rate_limit(0)

    with OpenAIServer(answer, limit) as server:
        verdicts = asked(server.url, throttle, 12)
        n_requests = len(server.requests)
    assert [verdict.answer for verdict in verdicts] == ["b"] * 12
    assert n_requests == 12 + 10
    assert in_flight[0] <= 4
    assert max(in_flight) < 8
    assert throttle.in_flight == 0
    # Answers let it grow again, slowly.
    assert 2 < throttle.limit < 8


def test_a_limit_that_never_ends_is_told_in_the_verdict() -> None:
    with OpenAIServer(lambda request: judge_reply(), lambda request: rate_limit(0)) as server:
        verdicts = asked(server.url, Throttle(2), 2)
        n_requests = len(server.requests)
    assert {verdict.status for verdict in verdicts} == {"failed"}
    assert "rate limit" in str(verdicts[0].error)
    assert n_requests == 2 * MAX_ATTEMPTS


def limited(times: int, retry_after_s: float | None) -> Callable[[], str]:
    """Asks that meet a limit so many times, then are answered."""
    left = iter(range(times))

    def ask() -> str:
        if next(left, None) is not None:
            raise LMRateLimitError("slow down", retry_after=retry_after_s)
        return "answered"

    return ask


def test_the_number_in_flight_halves_at_a_limit_and_grows_by_one_a_round() -> None:
    pauses_s: list[float] = []
    throttle = Throttle(16, sleep=pauses_s.append)
    assert throttle(limited(2, retry_after_s=7.0)) == "answered"
    assert throttle(limited(2, retry_after_s=None)) == "answered"
    assert throttle(limited(1, retry_after_s=1e9)) == "answered"
    # As long as the server says, else longer each time, and never for good.
    assert pauses_s == [7.0, 7.0, 1.0, 2.0, MAX_PAUSE_S]
    throttle.limit = 4.0
    for _ in range(5):
        throttle(limited(0, None))
    assert 4.9 < throttle.limit < 5.2
    for _ in range(400):
        throttle(limited(0, None))
    assert throttle.limit == 16
    for _ in range(6):
        with pytest.raises(LMRateLimitError):
            throttle(limited(MAX_ATTEMPTS, 0.0))
    assert throttle.limit == 1


def test_a_throttle_is_shared_by_all_who_hold_a_copy() -> None:
    throttle = Throttle(3)
    both, most, lock = (throttle, copy.deepcopy(throttle)), [0], threading.Lock()
    assert both[0] is both[1]

    def ask() -> None:
        with lock:
            most[0] = max(most[0], throttle.in_flight)

    threads = [threading.Thread(target=both[i % 2], args=(ask,)) for i in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most[0] <= 3
    assert throttle.in_flight == 0


def test_an_error_gives_the_place_back() -> None:
    throttle = Throttle(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            throttle(lambda: 1 // 0)
    assert (throttle.in_flight, throttle.limit) == (0, 1)


class CountingStore(FrameStore):
    """Counts what is read."""

    def __init__(self) -> None:
        super().__init__(None)
        self.refs_read: list[str] = []

    def find(self, ref: str) -> bytes | None:
        self.refs_read.append(ref)
        return super().find(ref)


def test_a_picture_is_written_once_for_all_questions_that_show_it() -> None:
    store = CountingStore()
    for frame in FRAMES:
        store.put(FOOTAGE.sequence.store.read(frame.ref))
    with open_stores(store):
        blocks = [Clip.of("A", FRAMES).format() for _ in range(5)]
    assert blocks[0] == blocks[4]
    assert sorted(store.refs_read) == sorted(frame.ref for frame in FRAMES)
