"""Text files on disk: whole, or not at all."""

from __future__ import annotations

import uuid
from pathlib import Path

from viddiff.errors import UsageError


def write_whole(path: Path, text: str) -> Path:
    """Write ``text`` to ``path`` in UTF-8 and return ``path``; an older file there stays until the new one is whole.

    Raises:
        UsageError: the file cannot be written there.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        try:
            temporary.write_text(text, encoding="utf-8", newline="\n")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"The file cannot be written to {str(path)!r} ({error.strerror}): "
            "give a file name in a folder that exists and that you may write to."
        ) from None
    return path
