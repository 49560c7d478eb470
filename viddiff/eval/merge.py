"""Shards of a run, made on several machines, as one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from viddiff.core.errors import UsageError
from viddiff.eval.journal import Journal, open_journal
from viddiff.eval.manifest import FILE, AnyManifest, RunManifest, claim, differences, read_manifest


def merge(shards: Sequence[Path], out: Path) -> RunManifest:
    """Join the journals of all shards of one run in ``out``; evaluating that without ``--shard`` then only scores.

    Raises:
        UsageError: the folders are not all shards of the same run, each once; or ``out`` holds a run.
        InputError: a folder is not a run.
    """
    manifests = [read_manifest(shard, AnyManifest) for shard in shards]
    whole = manifests[0].model_copy(update={"shard": None})
    for shard, manifest in zip(shards, manifests, strict=True):
        changes = differences(whole, manifest.model_copy(update={"shard": None}))
        if changes:
            raise UsageError(
                f"{str(shard)!r} is a shard of a different run than {str(shards[0])!r} ({'; '.join(changes)})."
            )
    parts = sorted(manifest.shard or (1, 1) for manifest in manifests)
    count = parts[0][1]
    if parts != [(index, count) for index in range(1, count + 1)]:
        named = ", ".join(f"{index}/{n}" for index, n in parts)
        raise UsageError(f"The shards are {named}: give each of 1/{count} to {count}/{count} once.")
    if (out / FILE).exists():
        raise UsageError(f"{str(out)!r} holds a run already: name another folder.")
    with open_journal(out) as journal:
        session = 0
        for shard in shards:
            with open_journal(shard) as part:
                session = copy_records(part, journal, session)
        claim(out, whole)
    return whole


def copy_records(part: Journal, journal: Journal, session: int) -> int:
    """Append the records of ``part``; its sessions are numbered on from ``session``. The last number used."""
    last = session
    for record in part.read():
        if record["type"] == "usage":
            record = {**record, "session": session + record["session"]}
            last = max(last, record["session"])
        journal.append(record)
    return last
