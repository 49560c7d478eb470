"""Programs as a caller names them: by files, artifacts or modules."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from viddiff.core.errors import UsageError
from viddiff.programs.compiled.artifact import Artifact, ProgramLike, load_all, restore
from viddiff.programs.compiled.registry import component_of, is_program
from viddiff.programs.predict import AsyncModule


def programs_of(
    named: ProgramLike | Sequence[ProgramLike], attempts: int = 3, cache_dir: Path | None = None
) -> tuple[AsyncModule, ...]:
    """The programs named by files, artifacts or modules, one for a component at the most.

    ``cache_dir`` is where frames of examples lie that no file holds; None: ``default_cache_dir``.

    Raises:
        UsageError: two for one component, or what is no name of a program. InputError: as ``load`` and ``restore``.
    """
    by_component: dict[str, AsyncModule] = {}
    for program in (each for one in as_tuple(named) for each in resolve(one, attempts, cache_dir)):
        component = component_of(program)
        if component in by_component:
            raise UsageError(f"Two programs are for the {component}: give one program for each component.")
        by_component[component] = program
    return tuple(by_component.values())


def as_tuple(named: ProgramLike | Sequence[ProgramLike]) -> tuple[ProgramLike, ...]:
    """One program or several, as a tuple."""
    return tuple(named) if isinstance(named, (list, tuple)) else (cast("ProgramLike", named),)


def resolve(named: ProgramLike, attempts: int, cache_dir: Path | None) -> tuple[AsyncModule, ...]:
    """The modules behind a name; those of a file with several may go unused (``optional``).

    Raises:
        UsageError: it is no name. InputError: as ``load`` and ``restore``.
    """
    if is_program(named):
        return (cast("AsyncModule", named),)
    if not isinstance(named, (str, os.PathLike, Artifact)):
        raise UsageError(
            f"program cannot be {type(named).__name__}: give a file, an Artifact, or a module, e.g. a Differencer."
        )
    artifacts = (named,) if isinstance(named, Artifact) else load_all(Path(named))
    programs = tuple(restore(artifact, attempts, cache_dir) for artifact in artifacts)
    for program in programs:
        program.optional = len(programs) > 1
    return programs


def artifacts_of(*programs: AsyncModule | None) -> tuple[Artifact, ...]:
    """The artifacts of those that were compiled."""
    artifacts = (getattr(program, "artifact", None) for program in programs)
    return tuple(artifact for artifact in artifacts if isinstance(artifact, Artifact))


def cautions(*programs: AsyncModule | None) -> tuple[str, ...]:
    """What the cards of those that were compiled warn of, see ``ProgramCard.caution``."""
    texts = (artifact.card.caution for artifact in artifacts_of(*programs))
    return tuple(caution for caution in texts if caution)
