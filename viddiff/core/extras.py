"""Libraries that only a part of the work needs: they come with an extra, ``pip install 'viddiff[clip]'``."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from viddiff.core.errors import BackendError

CLIP = ("torch", "open_clip")


def are_installed(modules: Sequence[str]) -> bool:
    """Whether all these modules are installed; none is imported."""
    return all(find_spec(name) is not None for name in modules)


def check_clip_installed() -> None:
    """Check what CLIP needs.

    Raises:
        BackendError: it is not installed.
    """
    if not are_installed(CLIP):
        raise BackendError(
            "CLIP needs torch and open_clip: pip install 'viddiff[clip]', "
            "or use --localizer motion, which needs no CLIP."
        )


def check_projector_installed() -> None:
    """Check what a projector and its language model need.

    Raises:
        BackendError: it is not installed.
    """
    if not are_installed(("torch", "transformers", "safetensors")):
        raise BackendError("A projector needs torch and transformers: pip install 'viddiff[local]'.")
