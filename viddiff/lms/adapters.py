"""How requests are written and answers read (dspy's adapters), by the name of the setting."""

from __future__ import annotations

from typing import Literal

import dspy


def adapter_of(name: Literal["chat", "json"]) -> dspy.Adapter:
    """The adapter: without dspy's silent second call in another format, because ``Retry`` asks again and counts."""
    if name == "json":
        return dspy.JSONAdapter()
    return dspy.ChatAdapter(use_json_adapter_fallback=False)
