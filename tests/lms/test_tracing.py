"""Traces: spans named by step, in the right tree, without pixels and keys; what is said where MLflow is not there."""

from __future__ import annotations

import base64
import json
import sys
import types
from dataclasses import dataclass, field
from typing import Any

import dspy
import pytest

from tests.support.loaded import noise_footage
from tests.support.models import both, judge_reply
from tests.support.scripted import scripted_lm
from viddiff.core.errors import BackendError, UsageError
from viddiff.core.types import Difference
from viddiff.lms import LMs, adapter_of, tracing
from viddiff.localizer.localizer import Localizer
from viddiff.programs.viddiff.program import VidDiff


@dataclass
class FakeSpan:
    """What a span was told."""

    name: str
    parent: FakeSpan | None
    inputs: Any
    outputs: Any = None
    status: str | None = None

    def set_outputs(self, outputs: Any) -> None:
        self.outputs = outputs

    def end(self, status: str = "OK") -> None:
        assert self.status is None, f"{self.name} ended twice"
        self.status = status


@dataclass
class FakeMLflow:
    """The part of MLflow's client that is used."""

    spans: list[FakeSpan] = field(default_factory=list)
    uri: str | None = None

    def set_tracking_uri(self, uri: str) -> None:
        self.uri = uri

    def set_experiment(self, name: str) -> None:
        if "down" in (self.uri or ""):
            raise sys.modules["mlflow.exceptions"].MlflowException(f"API request to {self.uri}/api failed")

    def start_span_no_context(
        self, name: str, span_type: str = "UNKNOWN", parent_span: FakeSpan | None = None, inputs: Any = None
    ) -> FakeSpan:
        span = FakeSpan(name, parent_span, json.loads(json.dumps(inputs)))
        self.spans.append(span)
        return span


@pytest.fixture
def fake_mlflow(monkeypatch: pytest.MonkeyPatch) -> FakeMLflow:
    fake = FakeMLflow()
    module, exceptions = types.ModuleType("mlflow"), types.ModuleType("mlflow.exceptions")
    for name in ("set_tracking_uri", "set_experiment", "start_span_no_context"):
        setattr(module, name, getattr(fake, name))
    exceptions.MlflowException = type("MlflowException", (Exception,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mlflow", module)
    monkeypatch.setitem(sys.modules, "mlflow.exceptions", exceptions)
    monkeypatch.setattr(tracing, "find_spec", lambda name: module)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    monkeypatch.setattr(tracing, "_TRACERS", {})
    return fake


def compared(callbacks: list[Any], reply: Any = judge_reply) -> Any:
    lms = LMs(scripted_lm(both(lambda asked: reply())))
    with dspy.context(adapter=adapter_of("chat"), callbacks=callbacks, trace=[], disable_history=True):
        program = VidDiff(lms, localizer=Localizer("uniform"), measure=False)
        return program(
            action="squat",
            video_a=noise_footage(8, seed=1),
            video_b=noise_footage(8, seed=2),
            differences=(Difference(key="0", name="depth", statement="the squat is deeper"),),
        ).outcome


def path_of(span: FakeSpan) -> str:
    return span.name if span.parent is None else f"{path_of(span.parent)} > {span.name}"


def test_spans_are_named_by_step_and_form_the_tree_of_the_method(fake_mlflow: FakeMLflow) -> None:
    compared(tracing.tracers("http://server"))
    asked = "ask scripted/x"
    judged = 'viddiff > differencer "the squat is deeper"'
    assert [path_of(span) for span in fake_mlflow.spans] == [
        "viddiff",
        "viddiff > proposer",
        *(
            f"viddiff > proposer > proposer.{step}"
            for name in ("split", "refine", "link")
            for step in (name, f"{name} > {asked}")
        ),
        "viddiff > localizer A",
        "viddiff > localizer B",
        judged,
        f"{judged} > differencer.judge",
        f"{judged} > differencer.judge > {asked}",
    ]
    assert {span.status for span in fake_mlflow.spans} == {"OK"}


def test_no_pixel_and_no_key_is_in_a_trace(fake_mlflow: FakeMLflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-value")

    def fail() -> str:
        raise dspy.lm15.ServerError("down, with the key sk-very-secret-value")

    outcome = compared(tracing.tracers("http://server"), fail)
    assert outcome.differences[0].verdict.status == "failed"
    written = json.dumps([[span.name, span.inputs, span.outputs] for span in fake_mlflow.spans])
    assert "very-secret" not in written
    frame = noise_footage(8, seed=1).sequence
    assert base64.b64encode(frame.store.read(frame.refs[0])).decode()[:60] not in written
    assert "base64" not in written
    assert "[image]" in written
    assert "Video A, frame 1 of" in written
    failed = [span.name for span in fake_mlflow.spans if span.status == "ERROR"]
    assert failed == ['differencer "the squat is deeper"', "differencer.judge", "ask scripted/x"]


def test_a_second_server_in_a_process_is_refused(fake_mlflow: FakeMLflow) -> None:
    assert tracing.tracers("http://one") == tracing.tracers("http://one")
    with pytest.raises(UsageError, match=r"sends its traces to --mlflow 'http://one'.*process for 'http://two'"):
        tracing.tracers("http://two")
    assert fake_mlflow.uri == "http://one"


def test_without_a_server_nothing_is_traced(fake_mlflow: FakeMLflow) -> None:
    assert tracing.tracers(None) == []
    compared([])
    assert fake_mlflow.spans == []


def test_a_server_that_is_down_is_said_without_the_password_in_its_url(fake_mlflow: FakeMLflow) -> None:
    with pytest.raises(BackendError, match=r"cannot be reached at --mlflow 'http://\[secret\]@down:5000'") as said:
        tracing.tracers("http://me:my-password@down:5000")
    assert "my-password" not in str(said.value)


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "find_spec", lambda name: None)
    monkeypatch.setattr(tracing, "_TRACERS", {})
    with pytest.raises(UsageError, match=r"pip install 'viddiff\[mlflow\]'"):
        tracing.tracers("http://server")


def test_the_real_client_says_that_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    monkeypatch.setattr(tracing, "_TRACERS", {})
    with pytest.raises(BackendError, match="start a server"):
        tracing.tracers("http://127.0.0.1:9")
