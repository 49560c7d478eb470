"""What a method finds out about a clip once and uses for many items, kept in the journal of the run."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from viddiff.eval.journal import Journal

if TYPE_CHECKING:
    from viddiff.lms import Failure


#: Of a record of the journal; the second is that of earlier versions.
_TYPES = ("text", "memory")


class TextStore:
    """Texts by key; safe for several threads, each text is made once.

    Args:
        journal: where they are kept; None: for this object alone.
        records: of an earlier session.
    """

    def __init__(self, journal: Journal | None = None, records: Iterable[Mapping[str, Any]] = ()) -> None:
        self.journal = journal
        self._texts: dict[str, str] = {record["key"]: record["text"] for record in records if record["type"] in _TYPES}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def get(self, key: str, make: Callable[[], str | Failure]) -> str | Failure:
        """The text under ``key``, made and kept where there is none; a failure is not kept."""
        with self._lock:
            lock = self._locks[key]
        # Others that want the same text wait for it instead of paying for it again.
        with lock:
            if key in self._texts:
                return self._texts[key]
            text = make()
            if isinstance(text, str):
                if self.journal:
                    self.journal.append({"type": _TYPES[0], "key": key, "text": text})
                self._texts[key] = text
            return text
