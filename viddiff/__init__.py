"""VidDiff: fine-grained differences between two videos of the same action, with evidence.

The public names are imported when first used, so that ``import viddiff`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from viddiff.core.version import __version__ as __version__

if TYPE_CHECKING:
    from viddiff import optimize, skill, steps
    from viddiff.alignment import AlignedVideos, align
    from viddiff.api import Comparison, compare, evaluate
    from viddiff.core.errors import BackendError, BudgetError, InputError, UsageError, VidDiffError
    from viddiff.core.settings import Settings, load_settings
    from viddiff.core.types import Difference, Finding, Measurement, Outcome, Proposal, Stage, Verdict
    from viddiff.lms import LMs
    from viddiff.localizer.localizer import Localizer
    from viddiff.programs.compiled.artifact import Artifact
    from viddiff.programs.differencer import Differencer
    from viddiff.programs.viddiff.measured import MeasuredProgram
    from viddiff.programs.viddiff.program import VidDiff
    from viddiff.programs.viddiff.proposer import Proposer
    from viddiff.programs.viddiff.two_looks import TwoLooks

    Measured = MeasuredProgram

_HOMES = {
    "compare": "viddiff.api",
    "evaluate": "viddiff.api",
    "Comparison": "viddiff.api",
    "align": "viddiff.alignment",
    "AlignedVideos": "viddiff.alignment",
    "Difference": "viddiff.core.types",
    "Finding": "viddiff.core.types",
    "Measurement": "viddiff.core.types",
    "Outcome": "viddiff.core.types",
    "Proposal": "viddiff.core.types",
    "Stage": "viddiff.core.types",
    "Verdict": "viddiff.core.types",
    "VidDiff": "viddiff.programs.viddiff.program",
    "TwoLooks": "viddiff.programs.viddiff.two_looks",
    "Proposer": "viddiff.programs.viddiff.proposer",
    "Differencer": "viddiff.programs.differencer",
    "MeasuredProgram": "viddiff.programs.viddiff.measured",
    "Artifact": "viddiff.programs.compiled.artifact",
    "Localizer": "viddiff.localizer.localizer",
    "LMs": "viddiff.lms",
    "Settings": "viddiff.core.settings",
    "load_settings": "viddiff.core.settings",
    "VidDiffError": "viddiff.core.errors",
    "UsageError": "viddiff.core.errors",
    "InputError": "viddiff.core.errors",
    "BackendError": "viddiff.core.errors",
    "BudgetError": "viddiff.core.errors",
}

#: Earlier names, which stay importable.
_ALIASES = {"Measured": "MeasuredProgram"}

#: Modules that are used by their own name: ``viddiff.optimize.compile``.
_MODULES = ("optimize", "skill", "steps")

__all__ = [  # noqa: RUF022  # in the order of use
    "compare",
    "evaluate",
    "Comparison",
    "align",
    "AlignedVideos",
    "Difference",
    "Finding",
    "Measurement",
    "Outcome",
    "Proposal",
    "Stage",
    "Verdict",
    "VidDiff",
    "TwoLooks",
    "Proposer",
    "Differencer",
    "MeasuredProgram",
    "Artifact",
    "Localizer",
    "LMs",
    "optimize",
    "skill",
    "steps",
    "Settings",
    "load_settings",
    "VidDiffError",
    "UsageError",
    "InputError",
    "BackendError",
    "BudgetError",
]


def __getattr__(name: str) -> Any:
    name = _ALIASES.get(name, name)
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _MODULES:
        return import_module(f"viddiff.{name}")
    raise AttributeError(f"module 'viddiff' has no attribute {name!r}")
