"""A shuffled order that is the same on every machine and whatever the order of the rows."""

from __future__ import annotations

import hashlib


def shuffle_key(name: str | bytes, seed: int) -> str:
    """What to sort by; another seed gives another order.

    >>> sorted(["a", "b", "c"], key=lambda name: shuffle_key(name, seed=1))
    ['b', 'c', 'a']
    """
    content = name.encode() if isinstance(name, str) else name
    return hashlib.sha256(f"{seed}\n".encode() + content).hexdigest()
