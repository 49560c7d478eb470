"""The Hugging Face hub, asked only where it answers: without a network its client retries for most of a minute."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ENDPOINT = os.environ.get("HF_ENDPOINT", "https://huggingface.co")


def is_reachable(url: str, timeout_s: float = 3.0) -> bool:
    """Whether an HTTP server answers at ``url``, with whatever status."""
    try:
        urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=timeout_s).close()
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
    return True


@contextmanager
def offline_where_unreachable(*modules: Any) -> Iterator[None]:
    """Within this context the hub's libraries look into their caches only, if the hub does not answer.

    Args:
        modules: those that hold a constant ``HF_HUB_OFFLINE``.
    """
    before = [module.HF_HUB_OFFLINE for module in modules]
    if not any(before) and not is_reachable(ENDPOINT):
        for module in modules:
            module.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        for module, value in zip(modules, before, strict=True):
            module.HF_HUB_OFFLINE = value
