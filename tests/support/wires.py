"""Servers on this machine that speak as Anthropic, Gemini, Bedrock and Azure do: what goes over those wires."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PIL import Image

from tests.support.scripted import Asked, chat_reply
from tests.support.servers import Failure, OpenAIServer, Part, WireRequest


class AnthropicServer(OpenAIServer):
    """Messages API: ``POST /v1/messages``."""

    def takes(self, path: str) -> bool:
        return path == "/v1/messages"

    def read(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> WireRequest:
        """System text first, then the parts of all messages."""
        blocks = [*blocks_of(body.get("system")), *(b for m in body["messages"] for b in blocks_of(m["content"]))]
        return record_request(path, headers, body, map(anthropic_part, blocks))

    def write_answer(self, request: WireRequest, text: str) -> bytes:
        return message(text)


class GeminiServer(OpenAIServer):
    """``POST /v1beta/models/NAME:generateContent``."""

    @property
    def url(self) -> str:
        return super().url.removesuffix("/v1") + "/v1beta"

    def takes(self, path: str) -> bool:
        return re.fullmatch(r"/v1beta/models/[\w.-]+:generateContent(\?.*)?", path) is not None

    def read(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> WireRequest:
        """System text first, then the parts of all contents; ``body["model"]`` is the name in the path."""
        system = (body.get("systemInstruction") or body.get("system_instruction") or {}).get("parts", [])
        parts = [*system, *(part for content in body["contents"] for part in content["parts"])]
        body = {**body, "model": path.split("/models/")[1].split(":")[0]}
        return record_request(path, headers, body, map(gemini_part, parts))

    def write_answer(self, request: WireRequest, text: str) -> bytes:
        return gemini_answer(text)


class BedrockServer(OpenAIServer):
    """Converse: ``POST /model/NAME/converse``."""

    @property
    def url(self) -> str:
        return super().url.removesuffix("/v1")

    def takes(self, path: str) -> bool:
        return re.fullmatch(r"/model/[\w.%:-]+/converse", path) is not None

    def read(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> WireRequest:
        """System text first, then the parts of all messages; ``body["model"]`` is the name in the path."""
        blocks = [*(body.get("system") or []), *(block for m in body["messages"] for block in m["content"])]
        return record_request(path, headers, {**body, "model": path.split("/")[2]}, map(bedrock_part, blocks))

    def write_answer(self, request: WireRequest, text: str) -> bytes:
        return bedrock_answer(text)


class AzureServer(OpenAIServer):
    """OpenAI's form under the path of a deployment."""

    @property
    def url(self) -> str:
        return super().url.removesuffix("/v1")

    def takes(self, path: str) -> bool:
        return re.fullmatch(r"/openai/deployments/[\w.-]+/chat/completions\?api-version=[\w.-]+", path) is not None


def record_request(path: str, headers: Mapping[str, str], body: dict[str, Any], parts: Iterable[Part]) -> WireRequest:
    """The record of a request, header names in lower case."""
    return WireRequest(path, {name.lower(): value for name, value in headers.items()}, body, tuple(parts))


def blocks_of(content: Any) -> list[dict[str, Any]]:
    """Content blocks; text alone is one."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or [])


def anthropic_part(block: dict[str, Any]) -> Part:
    """A content block of Anthropic's."""
    if block["type"] == "text":
        return ("text", block["text"])
    source = block["source"]
    return ("image", base64.b64decode(source["data"]), source["media_type"])


def gemini_part(part: dict[str, Any]) -> Part:
    """A part of Gemini's."""
    if "text" in part:
        return ("text", part["text"])
    data = part.get("inlineData") or part["inline_data"]
    return ("image", base64.b64decode(data["data"]), data.get("mimeType") or data["mime_type"])


def bedrock_part(block: dict[str, Any]) -> Part:
    """A content block of Bedrock's."""
    if "text" in block:
        return ("text", block["text"])
    return ("image", base64.b64decode(block["image"]["source"]["bytes"]), f"image/{block['image']['format']}")


def bedrock_answer(text: str) -> bytes:
    """An answer of Bedrock's."""
    usage = {"inputTokens": 11, "outputTokens": 7, "totalTokens": 18}
    output = {"message": {"role": "assistant", "content": [{"text": text}]}}
    body = {"output": output, "stopReason": "end_turn", "usage": usage, "metrics": {"latencyMs": 1}}
    return json.dumps(body).encode()


def message(text: str | None, stop_reason: str = "end_turn") -> bytes:
    """An answer of Anthropic's."""
    content = [] if text is None else [{"type": "text", "text": text}]
    usage = {"input_tokens": 11, "output_tokens": 7}
    body = {"id": "m-1", "type": "message", "role": "assistant", "model": "x", "content": content, "usage": usage}
    return json.dumps({**body, "stop_reason": stop_reason, "stop_sequence": None}).encode()


def gemini_answer(text: str | None, finish_reason: str = "STOP") -> bytes:
    """An answer of Gemini's."""
    content = {"role": "model", "parts": [{"text": text}]} if text is not None else {"role": "model"}
    usage = {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18}
    candidate = {"content": content, "finishReason": finish_reason, "index": 0}
    return json.dumps({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "x"}).encode()


def block_prompt() -> bytes:
    """Gemini's answer where its filter stops the question."""
    usage = {"promptTokenCount": 11, "totalTokenCount": 11}
    return json.dumps({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage}).encode()


def anthropic_error(status: int, message: str, kind: str, **headers: str) -> Failure:
    """An error in Anthropic's form; underscores in header names stand for hyphens."""
    body = json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()
    return Failure(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def gemini_error(status: int, message: str, kind: str, **headers: str) -> Failure:
    """An error in Gemini's form."""
    body = json.dumps({"error": {"code": status, "message": message, "status": kind}}).encode()
    return Failure(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def colours_of(request: WireRequest) -> list[str]:
    """What is seen on the plain pictures of a request, in order."""
    seen = []
    for jpeg in request.images:
        with Image.open(io.BytesIO(jpeg)) as picture:
            red, _, blue = picture.convert("RGB").getpixel((0, 0))
        seen.append("red" if red > blue else "blue")
    return seen


def obliging(request: WireRequest, write: Callable[..., str] = chat_reply) -> str:
    """A fake model that reads numbers and sees plain colours: it passes every check of the doctor."""
    asked, seen = Asked("x", str(request.parts[0][1]), (), (), None, None, None), colours_of(request)
    if asked.asks_for("colour"):
        return write(colour=seen[0])
    if asked.asks_for("first"):
        return write(first=seen[0], second=seen[1])
    if asked.asks_for("answer"):
        return write(reason="A is red.", answer="a", confidence=0.9, frames_a=[1], frames_b=[1])
    if seen:
        rare = min(set(seen), key=seen.count)
        return write(number=1 + seen.index(rare))
    return write(number=7)
