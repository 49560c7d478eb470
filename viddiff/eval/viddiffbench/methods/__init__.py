"""The methods that are compared: each module here registers its own."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from viddiff.eval.viddiffbench.methods.registry import (
    METHODS,
    Method,
    MethodContext,
    WholePair,
    labelled_differences,
    method,
)

__all__ = ["METHODS", "Method", "MethodContext", "WholePair", "labelled_differences", "method"]

# In the order of help and messages: the default first.
for _name in ("two_looks", "viddiff", *(found.name for found in iter_modules(__path__))):
    import_module(f"{__name__}.{_name}")
