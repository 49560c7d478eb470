"""VidDiff: fine-grained differences between two videos of the same action, with evidence.

The public names are imported when first used, so that ``import viddiff`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viddiff import optimize
    from viddiff.errors import BackendError, BudgetError, InputError, UsageError, VidDiffError
    from viddiff.lms import LMs
    from viddiff.localizer.localize import Localizer
    from viddiff.programs.artifact import Artifact
    from viddiff.programs.compare import compare
    from viddiff.programs.differencer import Differencer
    from viddiff.programs.measured import Measured
    from viddiff.programs.proposer import Proposer
    from viddiff.programs.viddiff import VidDiff
    from viddiff.settings import Settings, load_settings
    from viddiff.types import Comparison, Difference, Finding, Measurement, Outcome, Proposal, Stage, Verdict

__version__ = "0.1.0"

_HOMES = {
    "compare": "viddiff.programs.compare",
    "Comparison": "viddiff.types",
    "Difference": "viddiff.types",
    "Finding": "viddiff.types",
    "Measurement": "viddiff.types",
    "Outcome": "viddiff.types",
    "Proposal": "viddiff.types",
    "Stage": "viddiff.types",
    "Verdict": "viddiff.types",
    "VidDiff": "viddiff.programs.viddiff",
    "Proposer": "viddiff.programs.proposer",
    "Differencer": "viddiff.programs.differencer",
    "Measured": "viddiff.programs.measured",
    "Artifact": "viddiff.programs.artifact",
    "Localizer": "viddiff.localizer.localize",
    "LMs": "viddiff.lms",
    "Settings": "viddiff.settings",
    "load_settings": "viddiff.settings",
    "VidDiffError": "viddiff.errors",
    "UsageError": "viddiff.errors",
    "InputError": "viddiff.errors",
    "BackendError": "viddiff.errors",
    "BudgetError": "viddiff.errors",
}

#: Sub-packages that are used by their own name: ``viddiff.optimize.compile``.
_ROOMS = ("optimize",)

__all__ = [  # noqa: RUF022  # in the order of use
    "compare",
    "Comparison",
    "Difference",
    "Finding",
    "Measurement",
    "Outcome",
    "Proposal",
    "Stage",
    "Verdict",
    "VidDiff",
    "Proposer",
    "Differencer",
    "Measured",
    "Artifact",
    "Localizer",
    "LMs",
    "optimize",
    "Settings",
    "load_settings",
    "VidDiffError",
    "UsageError",
    "InputError",
    "BackendError",
    "BudgetError",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return import_module(f"viddiff.{name}")
    raise AttributeError(f"module 'viddiff' has no attribute {name!r}")
