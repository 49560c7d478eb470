"""Numbers out of a pickle from anybody, and nothing else: what names any other class or function is refused."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

from viddiff.core.errors import InputError
from viddiff.core.files import read_bytes

#: All that arrays and numbers of NumPy name, whose parts have other names since its version 2.
_ADMITTED = {
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
}


class _Numbers(pickle.Unpickler):
    """Builds lists, tables, text, numbers and arrays."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("_codecs", "encode"):
            return _bytes
        module = module.replace("numpy.core.", "numpy._core.")
        if (module, name) not in _ADMITTED:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return super().find_class(module, name)

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to an external object")


def _bytes(text: str, encoding: str) -> bytes:
    """How Python 3 writes bytes for Python 2."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it uses the encoding {encoding!r}")
    return text.encode("latin1")


def read_numbers(path: Path) -> Any:
    """What a pickle of lists, tables, text and numbers holds; no code of it is ever run.

    Raises:
        InputError: it cannot be read, is damaged, or names anything else.
    """
    try:
        # Those of Python 2 hold text as bytes.
        return _Numbers(io.BytesIO(read_bytes(path)), encoding="latin1").load()
    except OSError as error:
        raise InputError(f"{path.name!r} cannot be read ({error.strerror}): check the path.") from None
    except pickle.UnpicklingError as error:
        raise InputError(f"{path.name!r} is refused: {error}; only lists, tables and numbers are read.") from None
    except (
        EOFError, ImportError, AttributeError, LookupError, TypeError, ValueError, ArithmeticError, MemoryError,
        RecursionError,
    ):  # fmt: skip
        raise InputError(f"{path.name!r} is damaged, or not a pickle of lists, tables and numbers.") from None
