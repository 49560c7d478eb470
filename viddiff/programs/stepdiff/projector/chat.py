"""A question on two clips as a chat with a place for each, in training and when it is asked."""

from __future__ import annotations

from typing import Any

from viddiff.signatures.stepdiff.paired_qa import FIRST_VIDEO, PAIRED_SYSTEM, SECOND_VIDEO


def paired_chat(reference: str, candidate: str, question: str) -> list[dict[str, Any]]:
    """System and user message (paper, section 3.3); both clips by name."""
    content = [
        {"type": "text", "text": FIRST_VIDEO},
        {"type": "video", "video": reference},
        {"type": "text", "text": SECOND_VIDEO},
        {"type": "video", "video": candidate},
        {"type": "text", "text": f" {question}"},
    ]
    return [{"role": "system", "content": PAIRED_SYSTEM}, {"role": "user", "content": content}]
