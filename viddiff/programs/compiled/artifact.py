"""A compiled program as one small JSON file: what it was compiled to, what it fits, where it comes from.

A file may hold several, each for another component, as ``{"schema_version": 1, "programs": [...]}``.

The file may come from anybody: it is read as data (never pickle), checked in full before it is used, and holds no
model, key or address. Frames of its examples are references; they lie in the cache of the machine that compiled it, or
in the file itself after ``embed``.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, Union

from pydantic import Field, ValidationError

from viddiff.core.errors import InputError
from viddiff.core.files import parse_json, read_bytes, write_document
from viddiff.core.record import Record, first_invalid_field
from viddiff.programs.compiled.demo_frames import stores_with
from viddiff.programs.compiled.predictor_state import PredictorState, fingerprints, frames_in, put_state, state_of
from viddiff.programs.compiled.program_card import ProgramCard
from viddiff.programs.compiled.registry import ComponentName, component_of, new_program
from viddiff.programs.predict import AsyncModule
from viddiff.signatures.clip import Clip
from viddiff.video.store import JPEG_URI, find_uri

SCHEMA_VERSION: Literal[1] = 1

#: Whatever names a program: a file, what was read from one, or the module itself.
ProgramLike = Union[str, os.PathLike[str], "Artifact", AsyncModule]


class Artifact(Record):
    """A compiled program with its card.

    >>> from viddiff import Artifact, Differencer, optimize
    >>> path = optimize.save(Differencer(), "mine.json")
    >>> Artifact.model_validate_json(path.read_text()).component
    'differencer'
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    """Version of the form of this file."""
    component: ComponentName = Field(alias="stage")
    """Which part of the program it is; "stage" in the file."""
    signatures: dict[str, str]
    """Predictor name -> fingerprint of its fields."""
    state: dict[str, PredictorState]
    """Predictor name -> its instructions and examples."""
    frames: dict[str, str] = Field(default_factory=dict)
    """Reference -> JPEG in base64, for examples that travel with their frames."""
    versions: dict[str, str]
    """Package -> version that it was compiled with."""
    card: ProgramCard
    """How it was made, and how well it did."""
    digest: str
    """Hex SHA-256 over the canonical JSON of all the rest: a damaged or edited file is found out."""

    @property
    def label(self) -> str:
        """What stands in documents: how it was made, and which it is."""
        return f"{self.card.optimizer}, {self.digest[:12]}"


class ProgramFile(Record):
    """A file with several programs."""

    schema_version: Literal[1] = SCHEMA_VERSION
    """Version of the form of this file."""
    programs: tuple[Artifact, ...] = Field(min_length=1)
    """One for a component at most."""


def artifact_of(program: AsyncModule, card: ProgramCard) -> Artifact:
    """The artifact of a compiled program.

    Raises:
        InputError: an example that cannot be saved. ValueError: a predictor that has a model of its own.
    """
    for name, predictor in program.named_predictors():
        if getattr(predictor, "lm", None) is not None:
            raise ValueError(f"predictor {name!r} has a model of its own; models belong into LMs")
    versions = {name: metadata.version(name) for name in ("viddiff", "dspy")}
    return with_digest(
        component=component_of(program),
        signatures=fingerprints(program),
        state=state_of(program),
        versions={**versions, "python": platform.python_version()},
        card=card,
    )


def with_digest(**parts: Any) -> Artifact:
    """An artifact with its digest."""
    unsealed = Artifact(**{**parts, "digest": ""})
    return unsealed.model_copy(update={"digest": digest_of(unsealed)})


def digest_of(artifact: Artifact) -> str:
    """Hex SHA-256 over everything but the digest."""
    content = artifact.model_dump(mode="json", exclude={"digest"}, by_alias=True)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def save(artifact: Artifact | Sequence[Artifact], path: Path) -> Path:
    """Write the file, ".json" added where there is no such suffix, and return its path.

    Raises:
        UsageError: it cannot be written.
    """
    several = (artifact,) if isinstance(artifact, Artifact) else tuple(artifact)
    document: Record = several[0] if len(several) == 1 else ProgramFile(programs=several)
    return write_document(with_suffix(path), document.model_dump_json(indent=1, by_alias=True) + "\n")


def add(artifact: Artifact, path: Path) -> Path:
    """Write a program into a file beside those for other components that it holds, and return its path.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        artifacts = load_all(path)
    except InputError:
        # No file, or none that could be used.
        artifacts = ()
    return save((*(one for one in artifacts if one.component != artifact.component), artifact), path)


def with_suffix(path: Path) -> Path:
    """The path of a program's file."""
    return path if path.suffix == ".json" else path.with_name(path.name + ".json")


def load(path: Path) -> Artifact:
    """Read and check a file that holds one program.

    Raises:
        InputError: as ``load_all``; or it holds several.
    """
    artifacts = load_all(path)
    if len(artifacts) > 1:
        names = ", ".join(artifact.component for artifact in artifacts)
        raise InputError(f"{str(path)!r} holds {len(artifacts)} programs ({names}): read them with load_all.")
    return artifacts[0]


def load_all(path: Path) -> tuple[Artifact, ...]:
    """Read and check a file, each program for another component.

    Raises:
        InputError: it is missing, no program, damaged, edited, or of another version; the sentence says which.
    """
    path = path if path.exists() and not path.is_dir() else with_suffix(path)
    name = str(path)
    try:
        data = parse_json(read_bytes(path))
    except OSError as error:
        raise InputError(f"The compiled program {name!r} cannot be read ({error.strerror}): check the path.") from None
    except ValueError:
        raise InputError(
            f"{name!r} is not a compiled program: it is not JSON. Make one with viddiff compile."
        ) from None
    if isinstance(data, dict) and "dependency_versions" in (data.get("metadata") or {}):
        raise InputError(
            f"{name!r} was written by dspy's save and does not name its component: load it into a module "
            "(viddiff.Differencer().load(...)) and pass that, or save it with viddiff.optimize.save."
        )
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        raise InputError(
            f"{name!r} has schema version {version!r}; this VidDiff reads {SCHEMA_VERSION}: compile again."
        )
    try:
        program_file = ProgramFile.model_validate(data) if "programs" in data else ProgramFile(programs=(data,))
    except ValidationError as error:
        field, message, _ = first_invalid_field(error)
        where = field.removeprefix("programs.0.")
        raise InputError(f"{name!r} is not a compiled program or is damaged, at {where!r}: {message}.") from None
    for artifact in program_file.programs:
        check(artifact, name)
    if len({artifact.component for artifact in program_file.programs}) < len(program_file.programs):
        raise InputError(f"{name!r} holds two programs for one component: get it again, or compile again.")
    return program_file.programs


def check(artifact: Artifact, name: str) -> None:
    """Whether this VidDiff can run the program as it was compiled.

    Raises:
        InputError: it was changed since it was written, or made for other versions or signatures.
    """
    if digest_of(artifact) != artifact.digest:
        raise InputError(f"{name!r} was changed or damaged since it was written: get it again, or compile again.")
    made_with, installed = artifact.versions.get("dspy", "?"), metadata.version("dspy")
    if made_with.split(".")[:2] != installed.split(".")[:2]:
        raise InputError(
            f"{name!r} was compiled with dspy {made_with}, but dspy {installed} is installed: compile it again."
        )
    expected = fingerprints(new_program(artifact.component))
    if {*artifact.signatures, *artifact.state} != set(expected):
        names = ", ".join(sorted({*artifact.signatures, *artifact.state})) or "none"
        raise InputError(f"{name!r} has the predictors {names}; the {artifact.component} has {', '.join(expected)}.")
    if set(artifact.signatures) != set(artifact.state):
        raise InputError(
            f"{name!r} has 'signatures' and 'state' of different predictors: get it again, or compile again."
        )
    changed = [predictor for predictor, print_ in expected.items() if artifact.signatures[predictor] != print_]
    if changed:
        raise InputError(
            f"{name!r} was compiled for other fields of {changed[0]!r} than this VidDiff has: compile it again."
        )


def restore(artifact: Artifact, attempts: int = 3, cache_dir: Path | None = None) -> AsyncModule:
    """The program, ready to ask; it carries its artifact as ``artifact``. ``cache_dir``: see ``programs_of``.

    Raises:
        InputError: text or frames in it that cannot be used, or frames that are not on this machine.
    """
    program = new_program(artifact.component, attempts)
    put_state(program, artifact.state)
    program.stores = stores_with(frames_in(program), artifact.frames, cache_dir)
    program.artifact = artifact
    return program


def strip_demos(artifact: Artifact) -> Artifact:
    """Without the clips of its examples; their other fields stay and are shown as incomplete examples."""
    clips = clip_fields(new_program(artifact.component))
    state = {
        name: predictor_state.model_copy(
            update={"demos": tuple({f: v for f, v in demo.items() if f not in clips} for demo in predictor_state.demos)}
        )
        for name, predictor_state in artifact.state.items()
    }
    return change(artifact, state=state, frames={})


def embed(artifact: Artifact, cache_dir: Path | None = None) -> Artifact:
    """With the frames of its examples inside. ``cache_dir``: see ``programs_of``.

    Raises:
        InputError: a frame is not on this machine.
    """
    program = restore(artifact, cache_dir=cache_dir)
    frames = {ref: find_uri(ref, program.stores).removeprefix(JPEG_URI) for ref in frames_in(program)}
    return change(artifact, frames=frames)


def change(artifact: Artifact, **changes: Any) -> Artifact:
    """A changed artifact with the digest that it then has."""
    parts = {name: getattr(artifact, name) for name in Artifact.model_fields}
    return with_digest(**{**parts, **changes})


def clip_fields(program: AsyncModule) -> set[str]:
    """Names of the fields that hold clips."""
    return {
        name
        for _, predictor in program.named_predictors()
        for name, field in predictor.signature.fields.items()
        if field.annotation is Clip
    }
