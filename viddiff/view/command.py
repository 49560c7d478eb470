"""The command that continues a run, as far as its manifest gives it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from viddiff.core.formatting import one_line
from viddiff.core.settings import Settings
from viddiff.eval.viddiffbench.identity import DECIDING
from viddiff.eval.viddiffbench.manifest import Manifest

#: Placeholders for what a manifest does not give.
DATA, ROOT, PROGRAM, PLANS = "DATA", "ROOT", "PROGRAM", "PLANS"
#: Settings that can change an answer and are a flag. No others: a manifest names no server and no folder to a user.
SETTINGS = frozenset(DECIDING - {"models"} | {"fps"})
_MAX_WORD = 300


def eval_command(manifest: Manifest, out: str) -> tuple[str, ...]:
    """``viddiff eval`` with the settings of a run, for a POSIX shell: the parts of a line, a flag with its value each.

    A manifest may come from anybody and a command is copied into a terminal: every word is quoted, and there is no
    command (no parts) where one is long, is taken for a flag, or holds what cannot be seen. What the manifest does not
    give may be missing; it does no harm to the run, which refuses other settings by name.

    Args:
        manifest: of the run.
        out: its folder.
    """
    flags = [*_data_flags(manifest), *_method_flags(manifest), ("--out", out)]
    values = [value for _, value in flags if value is not None]
    if any(value != one_line(value) or len(value) > _MAX_WORD or value.startswith("-") for value in values):
        return ()
    return ("viddiff eval", *(shlex.join([flag] if value is None else [flag, value]) for flag, value in flags))


def _data_flags(manifest: Manifest) -> Iterator[tuple[str, str | None]]:
    # A hub id is whole; of a file or folder the manifest has the last part alone.
    hub = "/" in manifest.data
    yield "--data", manifest.data if hub else f"{DATA}/{manifest.data}"
    if hub:
        yield "--videos", ROOT
    yield "--mode", manifest.mode
    for name in ("split", "limit", "per_action"):
        value = getattr(manifest, name)
        if value is not None:
            yield f"--{name.replace('_', '-')}", str(value)
    if manifest.shard:
        yield "--shard", f"{manifest.shard[0]}/{manifest.shard[1]}"
    if manifest.allow_missing:
        yield "--allow-missing", None


def _method_flags(manifest: Manifest) -> Iterator[tuple[str, str | None]]:
    yield "--method", manifest.method
    if manifest.localizer:
        yield "--localizer", manifest.localizer
    if manifest.control != "none":
        yield f"--{manifest.control}", None
    if manifest.judge:
        yield "--judge", manifest.judge
    text, vision = manifest.models.get("text"), manifest.models.get("vision")
    if text and text == vision:
        yield "--lm", text
    elif text and vision:
        yield from (("--text-lm", text), ("--vision-lm", vision))
    for _ in manifest.programs:
        yield "--program", PROGRAM
    for name, value in manifest.settings.items():
        flag = name.replace("_", "-")
        if name not in SETTINGS or value == Settings.model_fields[name].default:
            continue
        if name == "plans" and value not in ("grammar", "model"):
            # The digest of a file.
            yield "--plans", PLANS
        elif isinstance(value, bool):
            yield f"--{flag}" if value else f"--no-{flag}", None
        elif isinstance(value, list):
            yield from ((f"--{flag}", str(part)) for part in value)
        elif isinstance(value, (int, float, str)):
            yield f"--{flag}", str(value)
