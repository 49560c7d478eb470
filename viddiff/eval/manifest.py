"""What a run is: everything that decides its result. A run folder belongs to one manifest for good."""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter

from viddiff.core.errors import InputError, UsageError
from viddiff.core.files import read_bytes, write_document
from viddiff.core.record import Record
from viddiff.core.settings import RecordedSettings
from viddiff.core.versions import versions

if TYPE_CHECKING:
    import dspy

FILE = "manifest.json"
R = TypeVar("R", bound=Record)


class RunManifest(Record):
    """The identity of a run, as far as every task has it."""

    schema_version: Literal[1] = 1
    """Version of the form of this document."""
    data: str
    """Name of the data."""
    data_hash: str
    """Hash of the rows."""
    method: str
    """The method, by name."""
    control: str
    """The control that was applied, or none."""
    models: dict[str, str]
    """Model strings by role; empty for a method that asks none."""
    programs: dict[str, str] = Field(default_factory=dict)
    """Component -> digest of the compiled program."""
    versions: dict[str, str]
    """Versions of what writes requests and reads answers."""
    prompts: str
    """Hash over all signatures: their instructions, fields and types."""
    settings: RecordedSettings
    """The settings that can change an answer."""
    limit: int | None
    """How many rows were asked at most; None: all."""
    shard: tuple[int, int] | None = None
    """(i, n): every n-th row from the i-th on, counted from 1."""
    allow_missing: bool
    """Whether rows without their videos are left out."""


class AnyManifest(RunManifest):
    """The manifest of a run of any task; what a task adds is kept as it is."""

    model_config = ConfigDict(extra="allow")


def claim(folder: Path, manifest: Record, file: str = FILE) -> None:
    """Make ``folder`` the run of ``manifest``, or check that it is.

    Raises:
        UsageError: the folder is a run of other settings; the message names each that differs.
        InputError: its manifest cannot be read.
    """
    path = folder / file
    if not path.exists():
        write_document(path, manifest.model_dump_json(indent=2) + "\n")
        return
    changes = differences(_read(path, type(manifest)), manifest)
    if changes:
        raise UsageError(
            f"{str(folder)!r} holds a run with other settings ({'; '.join(changes)}). "
            "Give the settings it was made with, or name another --out."
        )


def read_manifest(folder: Path, kind: type[R]) -> R:
    """The manifest of a run folder, of the kind that its task has.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    return _read(folder / FILE, kind)


def _read(path: Path, kind: type[R]) -> R:
    try:
        return kind.model_validate_json(read_bytes(path))
    except (OSError, ValueError):
        raise InputError(f"{str(path.parent)!r} is not a run folder: its {path.name} is missing or damaged.") from None


def differences(stored: Record, expected: Record) -> list[str]:
    """What differs between two manifests, one "name: old -> new" for each leaf."""
    old, new = flatten(stored.model_dump(mode="json")), flatten(expected.model_dump(mode="json"))
    return [
        f"{name}: {old.get(name)!r} -> {new.get(name)!r}"
        for name in sorted(old | new)
        if old.get(name) != new.get(name)
    ]


def flatten(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries as one, with dotted names."""
    leaves: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            leaves |= flatten(value, f"{prefix}{name}.")
        else:
            leaves[prefix + name] = value
    return leaves


def writer_versions() -> dict[str, str]:
    """Versions of what writes requests and reads answers."""
    return {name: version for name, version in versions().items() if name in ("viddiff", "dspy")}


def prompts_hash(task: str) -> str:
    """Hex SHA-256 over the signatures of a task, with what their types say of each field.

    A changed word is another run. ``task`` is a folder of ``viddiff.signatures``.
    """
    return _hash(tuple(signatures(task)))


def all_prompts_hash() -> str:
    """The same over the signatures of all tasks."""
    import viddiff.signatures

    tasks = [module.name for module in pkgutil.iter_modules(viddiff.signatures.__path__) if module.ispkg]
    return _hash(tuple(signature for task in tasks for signature in signatures(task)))


@cache
def _hash(signatures: tuple[type[dspy.Signature], ...]) -> str:
    # Each JSON schema takes a millisecond or two, and a class never changes.
    texts = []
    for signature in signatures:
        fields = {
            name: [TypeAdapter(field.annotation).json_schema(), field.json_schema_extra.get("desc")]
            for name, field in signature.fields.items()
        }
        texts.append([signature.__name__, signature.instructions, fields])
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()


def signatures(task: str) -> list[type[dspy.Signature]]:
    """Every signature of a task, by name: of its folder, and of shared modules that name the task in ``TASKS``."""
    import dspy

    shared = _modules_of("viddiff.signatures")
    modules = [module for module in shared if task in getattr(module, "TASKS", ())]
    modules += _modules_of(f"viddiff.signatures.{task}")
    by_name = {
        value.__name__: value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, dspy.Signature) and value.__module__ == module.__name__
    }
    return [by_name[name] for name in sorted(by_name)]


def _modules_of(package: str) -> list[ModuleType]:
    folder = importlib.import_module(package).__path__
    return [importlib.import_module(f"{package}.{module.name}") for module in pkgutil.iter_modules(folder)]
