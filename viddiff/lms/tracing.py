"""Traces in MLflow (``--mlflow URI``): what was asked of which model, step by step, without pixels and without keys.

Not ``mlflow.dspy.autolog``: it writes the messages with every image in them. The extra installs ``mlflow-tracing``, the
client that sends traces to a server and nothing else.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import dspy
import pydantic
from dspy.utils.callback import ACTIVE_CALL_ID, BaseCallback

from viddiff.core.errors import BackendError, UsageError
from viddiff.core.secrets import redact_own
from viddiff.lms.failures import clean_text

EXPERIMENT = "viddiff"
#: Longest text of a span.
MAX_CHARS = 20_000

#: Signature -> the step of the method that it is.
_STEPS = {
    "ProposeDifferences": "proposer.propose",
    "ProposeStages": "proposer.split",
    "RefineCues": "proposer.refine",
    "LinkStages": "proposer.link",
    "JudgeDifference": "differencer.judge",
    "JudgeStatements": "differencer.judge together",
}
#: The tracer by the address of its server: one at most in a process.
_TRACERS: dict[str, Tracer] = {}
_CONNECTING = threading.Lock()
_DATA_URI = re.compile(r"data:[\w/+.-]+;base64,[\w+/=]*")


def tracers(uri: str | None) -> list[BaseCallback]:
    """The callbacks for ``dspy.context`` that trace to the MLflow server at ``uri``; none without one.

    Raises:
        UsageError: the extra is not installed, or this process traces to another server: MLflow's client has one
            address for the whole process. BackendError: the server cannot be reached.
    """
    if uri is None:
        return []
    with _CONNECTING:
        others = [other for other in _TRACERS if other != uri]
        if others:
            raise UsageError(
                f"This process already sends its traces to --mlflow {others[0]!r}, and MLflow's client supports one: "
                f"start another process for {uri!r}."
            )
        if uri not in _TRACERS:
            _TRACERS[uri] = connect(uri)
        return [_TRACERS[uri]]


def connect(uri: str) -> Tracer:
    """A new tracer whose server has answered."""
    if find_spec("mlflow") is None:
        raise UsageError("--mlflow needs MLflow's client: pip install 'viddiff[mlflow]'.")
    # A server that is down is reported at once, and a trace is sent before its comparison is done.
    for name, value in (("HTTP_REQUEST_MAX_RETRIES", "1"), ("ENABLE_ASYNC_TRACE_LOGGING", "false")):
        os.environ.setdefault(f"MLFLOW_{name}", value)
    # An extra that ships no types.
    mlflow: Any = import_module("mlflow")
    mlflow_error: Any = import_module("mlflow.exceptions").MlflowException
    try:
        mlflow.set_tracking_uri(uri)
        mlflow.set_experiment(EXPERIMENT)
    except mlflow_error as error:
        raise BackendError(
            f"MLflow cannot be reached at --mlflow {uri!r} ({clean_text(str(error), 200)}): "
            "start a server (mlflow server) and give its URL, or leave --mlflow out."
        ) from None
    return Tracer(mlflow)


class Tracer(BaseCallback):  # type: ignore[misc]  # dspy ships no types
    """A span for each module and each call of a model; the outermost one is the trace. Safe for several threads.

    Args:
        client: the module ``mlflow``, connected.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        #: By call; a call without a span of its own has that of its parent.
        self._spans: dict[str, Any] = {}
        self._own: set[str] = set()

    def on_module_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """Open the span of a step."""
        arguments = inputs.get("kwargs") or {}
        name = step_name(instance, arguments)
        if name is None:
            self._spans[call_id] = self._parent()
        else:
            self._open(call_id, name, "CHAIN", loggable(arguments))

    def on_module_end(self, call_id: str, outputs: Any, exception: Exception | None = None) -> None:
        """Close it."""
        self._close(call_id, outputs, exception)

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """Open the span of a call of a model, with the text of its messages."""
        messages = inputs.get("messages") or []
        self._open(call_id, f"ask {instance.model}", "CHAT_MODEL", {"messages": loggable(messages)})

    def on_lm_end(self, call_id: str, outputs: Any, exception: Exception | None = None) -> None:
        """Close it."""
        self._close(call_id, outputs, exception)

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """The span of a step that asks no model."""
        span = self._client.start_span_no_context(name=name, parent_span=self._parent())
        try:
            yield
        finally:
            span.end()

    def _parent(self) -> Any:
        call_id = ACTIVE_CALL_ID.get()
        return None if call_id is None else self._spans.get(call_id)

    def _open(self, call_id: str, name: str, kind: str, inputs: Any) -> None:
        span = self._client.start_span_no_context(name=name, span_type=kind, parent_span=self._parent(), inputs=inputs)
        self._spans[call_id] = span
        self._own.add(call_id)

    def _close(self, call_id: str, outputs: Any, exception: Exception | None) -> None:
        span = self._spans.pop(call_id, None)
        if span is None or call_id not in self._own:
            return
        self._own.discard(call_id)
        if exception is not None:
            span.set_outputs(f"{type(exception).__name__}: {clean_text(str(exception))}")
        else:
            span.set_outputs(loggable(outputs))
        span.end(status="OK" if exception is None else "ERROR")


@contextmanager
def span(name: str) -> Iterator[None]:
    """A step that asks no model, in the trace in force; nothing where none is."""
    tracer = next((one for one in dspy.settings.callbacks or [] if isinstance(one, Tracer)), None)
    if tracer is None:
        yield
        return
    with tracer.span(name):
        yield


def step_name(module: Any, arguments: Mapping[str, Any]) -> str | None:
    """What a step is called; None for one that only wraps another."""
    if isinstance(module, dspy.Predict):
        signature: str = module.signature.__name__
        return _STEPS.get(signature, signature)
    kind = type(module).__name__.lower()
    if kind == "retry":
        return None
    statement = arguments.get("statement")
    return f'{kind} "{statement[:80]}"' if isinstance(statement, str) else kind


def loggable(value: Any) -> Any:
    """A value as it is written to a trace: text and numbers; for images, clips and videos a short text."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return redact_own(_DATA_URI.sub("[image]", value))[:MAX_CHARS]
    if isinstance(value, dspy.Type):
        return str(value)
    if isinstance(value, dspy.Example):
        return loggable(value.toDict())
    if isinstance(value, pydantic.BaseModel):
        return loggable(value.model_dump(mode="json"))
    if isinstance(value, Mapping):
        return (
            "[image]" if value.get("type") == "image_url" else {str(key): loggable(each) for key, each in value.items()}
        )
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [loggable(each) for each in value]
    return f"<{type(value).__name__}>"
