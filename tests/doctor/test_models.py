"""What the doctor asks of models: a model that can do it passes, and each thing that one cannot do is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.scripted import chat_reply
from tests.support.servers import NO_MODEL, Failure, OpenAIServer, WireRequest, api_error
from tests.support.wires import colours_of, obliging
from viddiff.core.settings import ModelLimits, Settings
from viddiff.doctor.check import Check
from viddiff.doctor.models import FIX_FORM, FIX_MANY, FIX_ORDER, FIX_SIGHT, FIX_TEXT, call_checks

NAMES = ["call text", "call vision", "call order", "call answer", "call 12 images"]


def checked(
    answer: Callable[[WireRequest], str],
    faults: Callable[[WireRequest], Failure | None] = lambda request: None,
    **settings: Any,
) -> tuple[dict[str, Check], list[WireRequest]]:
    with OpenAIServer(answer, faults) as server:
        checks = list(call_checks(Settings(**{"lm": "openai/x", "api_base": server.url, "retries": 0, **settings})))
        return {check.name: check for check in checks}, server.requests


def test_a_model_that_can_do_all_of_it_passes_in_five_calls() -> None:
    checks, requests = checked(obliging)
    assert list(checks) == NAMES
    assert all(check.ok and check.exit_code == 0 for check in checks.values())
    assert [colours_of(request) for request in requests[:4]] == [[], ["red"], ["red", "blue"], ["red", "blue"]]
    assert colours_of(requests[4]).index("blue") == 7
    assert len(requests[4].images) == 12


def test_the_json_adapter_is_checked_where_it_is_set() -> None:
    checks, requests = checked(
        lambda request: obliging(request, write=lambda **fields: json.dumps(fields)), adapter="json"
    )
    assert all(check.ok for check in checks.values())
    assert "JSON" in requests[0].prompt


def test_each_role_is_checked_at_its_own_model() -> None:
    _, requests = checked(obliging, lm=None, text_lm="openai/writer", vision_lm="openai/seer")
    assert [request.body["model"] for request in requests] == ["writer", *["seer"] * 4]


def turned(request: WireRequest) -> str:
    """Takes the last picture for the first."""
    seen = colours_of(request)
    if "`second`" in request.prompt:
        return chat_reply(first=seen[-1], second=seen[0])
    return obliging(request)


def at_most_five(request: WireRequest) -> str:
    """Looks at five pictures and leaves out the others."""
    if len(request.images) > 5:
        return chat_reply(number=1)
    return obliging(request)


def without_reason(request: WireRequest) -> str:
    if "`reason`" in request.prompt:
        return chat_reply(reason="", answer="a", confidence=0.5, frames_a=[1], frames_b=[1])
    return obliging(request)


def chatty(request: WireRequest) -> str:
    return "Video A is more red." if "`reason`" in request.prompt else obliging(request)


def unread(request: WireRequest) -> str:
    return obliging(request) if request.images else chat_reply(number=6)


@pytest.mark.parametrize(
    ("answer", "name", "found", "fix"),
    [
        (unread, "call text", "answered 6 where 7 was right", FIX_TEXT),
        (turned, "call order", "named them in the wrong order (blue, red)", FIX_ORDER),
        (at_most_five, "call 12 images", "answered 1 where 8 was right", FIX_MANY),
        (without_reason, "call answer", "gave no reason", FIX_FORM),
        (chatty, "call answer", "could not be parsed", FIX_FORM),
    ],
)
def test_what_a_model_cannot_do_is_found_with_a_way_to_mend_it(
    answer: Callable[[WireRequest], str], name: str, found: str, fix: str
) -> None:
    checks, _ = checked(answer)
    assert [key for key, check in checks.items() if not check.ok] == [name]
    assert found in checks[name].found
    assert (checks[name].fix, checks[name].exit_code) == (fix, 4)


def test_a_model_that_does_not_see_is_asked_no_more() -> None:
    checks, requests = checked(lambda request: chat_reply(colour="green", number=7))
    assert list(checks) == NAMES[:2]
    assert checks["call vision"].fix == FIX_SIGHT
    assert len(requests) == 2
    checks, requests = checked(obliging, models={"openai/x": ModelLimits(vision=False)})
    assert "takes no images" in checks["call vision"].found
    assert len(requests) == 1


def test_a_server_that_takes_fewer_images_says_so_and_a_stated_limit_is_kept_to() -> None:
    def few(request: WireRequest) -> Failure | None:
        return api_error(400, "At most 5 images may be provided.", "bad_request") if len(request.images) > 5 else None

    checks, _ = checked(obliging, few)
    assert "At most 5 images" in checks["call 12 images"].found
    assert checks["call 12 images"].fix == FIX_MANY
    checks, requests = checked(obliging, few, models={"openai/*": ModelLimits(max_images=5)})
    assert checks["call 5 images"].ok
    assert len(requests[-1].images) == 5


def test_a_model_that_cannot_be_asked_says_what_to_mend() -> None:
    checks, _ = checked(obliging, lambda request: NO_MODEL)
    assert [check.ok for check in checks.values()] == [False, False]
    assert "check its name" in checks["call vision"].found
    (broken,) = call_checks(Settings(lm="nothing"))
    assert "has no provider prefix" in broken.found
    assert broken.exit_code == 2
