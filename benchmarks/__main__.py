"""All benchmarks: ``python -m benchmarks``, or the names of some."""

from __future__ import annotations

import runpy
import sys

NAMES = ("viterbi", "decode", "measure", "compare", "questions")


def main() -> None:
    """Run the named benchmarks, or all, one after the other."""
    for name in sys.argv[1:] or NAMES:
        print(f"\n{name}")
        runpy.run_module(f"benchmarks.{name}", run_name="__main__")


if __name__ == "__main__":
    main()
