"""dspy's own engine for OpenAI-compatible servers, chosen once instead of at each call.

At each call ``dspy.LM`` looks for an engine, writes the request twice (once to see whether it can be written) and scans
the price list: two of the four milliseconds that a question of six frames cost. An engine that is handed over is not
looked for, planned with or priced; ``Meter`` knows the price. Requests and answers are the same, and whatever is not
asked in the usual way (another kind of server, LiteLLM, an option that is not known here) stays with ``dspy.LM``.
"""

from __future__ import annotations

from typing import Any
from urllib.request import getproxies

import dspy
from dspy._vendor.lm15.registry import lookup
from dspy._vendor.lm15.transports import StdlibTransport
from dspy.clients.backend_selection import CLIENT_KEYS, select_backend
from dspy.clients.capabilities import Capabilities, capabilities
from dspy.clients.engines.lm15_engine import AsyncLM15Engine, LM15Engine, timeouts_for
from dspy.lm15 import LM15Error, RouterConfig, request_from_openai_chat

from viddiff.lms.pictures import NAME, with_pictures

#: Options of an LM that change nothing about the way to the server.
_USUAL_OPTIONS = CLIENT_KEYS | {"temperature", "max_tokens", "max_completion_tokens", "rollout_id"}
#: What stands for a picture when an engine is asked whether it could write a request.
_PICTURE = f"data:image/jpeg;base64,{NAME}"


class PictureTransport(StdlibTransport):  # type: ignore[misc]  # dspy ships no types
    """dspy's HTTP connections, which send pictures where the request holds their names."""

    def stream(self, request: Any) -> Any:
        """Send a request; see ``StdlibTransport.stream``."""
        request.body = with_pictures(request.body)
        return super().stream(request)


class DirectEngine(LM15Engine):  # type: ignore[misc]  # dspy ships no types
    """dspy's engine for one server, with what its model can do.

    Args:
        config: where to send requests.
        able: what dspy knows of the model.
    """

    def __init__(self, config: RouterConfig, able: Capabilities) -> None:
        super().__init__(config)
        self.supports_function_calling = able.function_calling
        self.supports_reasoning = able.reasoning
        self.supports_response_schema = able.response_schema
        self.supported_params = able.params


def direct(lm: dspy.LM) -> dspy.LM:
    """The LM with an engine of its own where it speaks with an OpenAI-compatible server, else itself."""
    if lm.engine != "auto" or lm.model_type != "chat" or set(lm.kwargs) - _USUAL_OPTIONS:
        return lm
    selection = select_backend(lm)
    if not selection.native or not _is_usual(selection.resolution.provider):
        return lm
    able = capabilities(lm)
    engine = DirectEngine(_config(selection), able)
    if not _writes(engine, lm.model, able):
        return lm
    client = dict.fromkeys(CLIENT_KEYS & set(lm.kwargs))
    return lm.copy(engine=engine, async_engine=AsyncLM15Engine(_config(selection, is_async=True)), **client)


def takes_names(lm: Any) -> bool:
    """Whether requests to this LM may hold the names of pictures (``viddiff.lms.pictures``)."""
    return isinstance(getattr(lm, "engine", None), DirectEngine)


def _is_usual(provider: str) -> bool:
    """Whether what dspy counts and signs does not depend on who is asked."""
    definition = lookup(provider)
    return (
        definition is not None and definition.dialect == "openai-chat" and not definition.hosted and provider != "xai"
    )


def _config(selection: Any, is_async: bool = False) -> RouterConfig:
    """As dspy makes it (``dspy.clients.execution``)."""
    clients, provider = selection.clients, selection.resolution.provider
    keys = {provider: clients["api_key"]} if "api_key" in clients else None
    url = clients.get("api_base") or clients.get("base_url")
    urls, timeouts = {provider: url} if url else None, timeouts_for(clients.get("timeout"))
    if is_async:
        return RouterConfig(api_keys=keys, base_urls=urls, timeouts=timeouts)
    times = RouterConfig(timeouts=timeouts).transport_kwargs()
    # The environment is read once: looking for a proxy takes a tenth of the time of a request.
    transport = PictureTransport(**times, trust_env=bool(getproxies()))
    return RouterConfig(api_keys=keys, base_urls=urls, transport=transport)


def _writes(engine: DirectEngine, model: str, able: Capabilities) -> bool:
    """Whether the engine can write the requests of this package; dspy would fall back to LiteLLM where it cannot."""
    content = [{"type": "text", "text": "?"}, {"type": "image_url", "image_url": {"url": _PICTURE}}]
    body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": content}]}
    bodies = [body, {**body, "temperature": 1.0, "max_tokens": 10}]
    if "response_format" in able.params:
        bodies.append({**body, "response_format": {"type": "json_object"}})
    try:
        for each in bodies:
            engine.plan(request_from_openai_chat(each))
    except (LM15Error, TypeError, ValueError):
        return False
    return True
