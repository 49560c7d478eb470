"""Pictures beside the request: between the adapter and the wire a picture is its name, 80 characters for 40 kB.

dspy copies, checks and encodes every picture of a request several times on its way to the server. Inside
``pictures_aside`` the messages hold names (the SHA-256 of each picture), so that cache keys, histories and traces do
too; ``with_pictures`` puts the pictures into the finished request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

#: Begins a name. A multiple of four characters of the base64 alphabet: to whoever looks, it is one more picture.
NAME = "viddiff/picture/"
#: A whole string of a JSON text: a quote within a string is escaped.
_IN_BODY = re.compile(NAME.encode("ascii") + rb"([0-9a-f]{64})(?=\")")

_aside: ContextVar[dict[str, NamedURI] | None] = ContextVar("pictures_aside", default=None)


class NamedURI(str):
    """A data URI of a picture.

    Attributes:
        name: the SHA-256 of the picture, 64 hex characters.
    """

    name: str

    def __new__(cls, uri: str, name: str) -> NamedURI:
        """The URI under its name."""
        made = super().__new__(cls, uri)
        made.name = name
        return made


@contextmanager
def pictures_aside() -> Iterator[None]:
    """Within this context requests are written with names, and ``with_pictures`` must finish them."""
    token = _aside.set({})
    try:
        yield
    finally:
        _aside.reset(token)


def set_aside(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages with names for pictures, where that is asked for and nobody wrote a name into a text."""
    pictures = _aside.get()
    if pictures is None or any(NAME in text for text in _texts(messages)):
        return messages
    return [
        {**message, "content": [_named(block, pictures) for block in message["content"]]}
        if isinstance(message["content"], list)
        else message
        for message in messages
    ]


def with_pictures(body: bytes) -> bytes:
    """A finished request, JSON, with the pictures in the places of their names."""
    pictures = _aside.get()
    if not pictures:
        return body
    return _IN_BODY.sub(lambda found: _payload(pictures[found[1].decode("ascii")]), body)


def _texts(messages: list[dict[str, Any]]) -> Iterator[str]:
    for message in messages:
        content = message["content"]
        if isinstance(content, str):
            yield content
        else:
            yield from (block["text"] for block in content if block.get("type") == "text")


def _named(block: dict[str, Any], pictures: dict[str, NamedURI]) -> dict[str, Any]:
    url = (block.get("image_url") or {}).get("url")
    if not isinstance(url, NamedURI):
        return block
    pictures[url.name] = url
    head = url.partition(",")[0]
    return {**block, "image_url": {**block["image_url"], "url": f"{head},{NAME}{url.name}"}}


def _payload(uri: str) -> bytes:
    return uri.partition(",")[2].encode("ascii")
