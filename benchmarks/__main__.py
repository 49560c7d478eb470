"""All benchmarks, each in its own process: ``python -m benchmarks``, or the names of some.

Prints one table and writes it as JSON to ``out/benchmarks.json``. Inputs are rendered with fixed seeds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import machine
from benchmarks.timing import Row, show

NAMES = ("viterbi", "soft_dtw", "decode", "measure", "pose", "compare", "clip", "questions", "stepdiff_score")
OUT = Path("out") / "benchmarks.json"


def main() -> int:
    """Run the named benchmarks, or all, one after the other; the exit code of the first that failed."""
    began_s, results = time.perf_counter(), []
    limits = machine.measure()
    print(limits.name)
    print(
        f"memory copy {limits.copy_gb_s:.1f} GB/s, matrix product float32 {limits.float32_gflop_s:,.0f} GFLOP/s, "
        f"bfloat16 {limits.bfloat16_gflop_s:,.0f} GFLOP/s"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or NAMES:
            print(f"{name} ...", file=sys.stderr, flush=True)
            path = Path(folder) / f"{name}.json"
            process = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", "--json", str(path)], check=False)
            if process.returncode:
                return process.returncode
            results += [Row(**row) for row in json.loads(path.read_text())]
    show(results)
    OUT.parent.mkdir(exist_ok=True)
    document = {"machine": asdict(limits), "rows": [{**asdict(row), "ratio": row.ratio} for row in results]}
    OUT.write_text(json.dumps(document, indent=2) + "\n")
    print(f"Wrote {OUT} after {time.perf_counter() - began_s:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
