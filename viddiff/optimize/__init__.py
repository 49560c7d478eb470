"""Compiling the programs: prompts and examples chosen on a train split, kept as small files that anyone can run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import dspy

    from viddiff.eval.types import DataSet
    from viddiff.lms import LMs
    from viddiff.programs.card import StageName
    from viddiff.programs.state import Program
    from viddiff.settings import Settings
    from viddiff.types import Progress


def compile(
    stage: StageName,
    data: str | Path | DataSet,
    *,
    lms: LMs | str | dspy.LM,
    optimizer: str = "gepa",
    videos: str | Path | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **request: Any,
) -> Program:
    """Compile one stage on labelled pairs.

    Args:
        stage: "differencer" or "proposer".
        data: what ``viddiff eval --data`` takes, or a DataSet.
        lms: models by role; a string or one model serves all of them.
        optimizer: a name of ``viddiff.optimize.optimizers.OPTIMIZERS``.
        videos: where video paths start from; needed with a DataSet.
        settings: how videos are read; default: environment and viddiff.toml.
        progress: hears what is being done.
        request: further fields of ``viddiff.optimize.protocol.Request``, e.g. ``by="pair"``, ``budget="medium"``.

    Returns:
        A Differencer or Proposer; its ``artifact`` has the card and is saved by ``viddiff.programs.artifact.save``.

    Raises:
        UsageError, InputError, BackendError, BudgetError: see ``viddiff.errors``.
    """
    from viddiff.eval.types import DataSet
    from viddiff.eval.viddiffbench import load_data, videos_root
    from viddiff.optimize.protocol import Compilation, requested
    from viddiff.programs.artifact import build
    from viddiff.programs.compare import models
    from viddiff.settings import load_settings

    settings = settings or load_settings()
    folder = Path(videos) if videos is not None else None
    dataset = data if isinstance(data, DataSet) else load_data(str(data), folder)
    root = (folder or Path()) if isinstance(data, DataSet) else videos_root(str(data), folder)
    wanted = requested(stage=stage, optimizer=optimizer, **request)
    hear = progress or (lambda task, done, total: None)
    compiled = Compilation(wanted, dataset, root, settings, models(lms, settings), hear).run()
    return build(compiled.artifact, settings.attempts, settings.cache_dir)
