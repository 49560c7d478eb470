"""Answers of models as bytes, for a store that machines share: JSON alone, so that nothing in it can act.

dspy keeps answers of its own engine as plain data, and those that came by way of LiteLLM (Bedrock, Vertex ...) as
objects of that library. Of these the fields of the answer are kept; what LiteLLM notes beside them, such as headers, is
not.
"""

from __future__ import annotations

import json
from typing import Any

#: Objects that dspy keeps, by their name in litellm, and where their name stands in the JSON.
_OBJECTS = ("ModelResponse", "TextCompletionResponse", "ResponsesAPIResponse")
_KIND = "litellm"


def content_of(answer: Any) -> bytes | None:
    """An answer as JSON; None for what is no answer of a known form."""
    if isinstance(answer, dict):
        return json.dumps(answer).encode()
    kind = type(answer).__name__
    if kind not in _OBJECTS or not type(answer).__module__.startswith("litellm."):
        return None
    return json.dumps({_KIND: kind, "answer": answer.model_dump(mode="json")}).encode()


def answer_of(content: bytes) -> Any:
    """The answer in what ``content_of`` made, as it was; None where it is of no known form."""
    try:
        stored = json.loads(content)
    except ValueError:
        return None
    if not isinstance(stored, dict) or _KIND not in stored:
        return stored if isinstance(stored, dict) else None
    if stored[_KIND] not in _OBJECTS:
        return None
    import litellm
    from pydantic import ValidationError

    try:
        return getattr(litellm, stored[_KIND]).model_validate(stored.get("answer"))
    except ValidationError:
        return None
