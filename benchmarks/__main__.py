"""All benchmarks, each in a process of its own: ``python -m benchmarks``, or the names of some."""

from __future__ import annotations

import subprocess
import sys

NAMES = ("viterbi", "decode", "measure", "compare", "questions")


def main() -> int:
    """Run the named benchmarks, or all, one after the other; the exit code of the first that failed."""
    for name in sys.argv[1:] or NAMES:
        print(f"\n{name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
