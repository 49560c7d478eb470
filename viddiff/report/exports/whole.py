"""Binary files that are whole or not there, whatever library writes them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from viddiff.core.errors import UsageError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a name next to ``path`` to write to; it becomes ``path`` where the block ends without an error.

    Raises:
        UsageError: the file cannot be written there, or the disk is full.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(
            f"The file cannot be written to {str(path)!r} ({reason}): name a folder that you may write to, with room."
        ) from None
