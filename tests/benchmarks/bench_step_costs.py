#!/usr/bin/env python3
"""The RetinaNet-R50 320x320 training step of one image against the limit of this machine: the share that the
floating-point operations of its convolutions (and of products in their place), over the whole step's time, are of what a large
matrix product reaches in the same process, and the ten
largest costs of the step.
"""

import argparse
import json
import pathlib
import sys

from step_program import Refused, run_step_program

STEPS, WARMUP, SHOWN = 8, 3, 10
MODES = ["fp32,channels_last", "bf16,channels_last"]


def rows_of(mode, result):
    title = f"RetinaNet-R50 320x320 step, {mode.replace(',', ' + ')}"
    reached = result["gflop"] / result["step_ms"] * 1000
    rows = [{"name": f"share/{mode}", "ratio": reached / result["peak_gflops"],
             "label": f"{title}: its {result['gflop']:.0f} GFLOP at {reached:.0f} GFLOP/s over the whole step, of "
                      f"the {result['peak_gflops']:.0f} of a matrix product"}]
    costs = result["costs"]
    rest = sum(ms for _, ms, _ in costs[SHOWN:])
    for name, ms, gflop in costs[:SHOWN] + [[f"the other {len(costs) - SHOWN}", rest, 0]]:
        speed = f" ({gflop:.1f} GFLOP, {gflop / ms * 1000:.0f} GFLOP/s)" if gflop > 0 else ""
        rows.append({"name": f"{title}: {name}{speed}", "real_time": ms, "time_unit": "ms"})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    rows = []
    for mode in MODES:
        try:
            text = run_step_program(arguments.build, "--costs", mode, STEPS, WARMUP, arguments.threads)
            rows += rows_of(mode, json.loads(text))
        except Refused as refusal:
            rows.append({"name": f"share/{mode}", "skipped": str(refusal),
                         "label": f"RetinaNet-R50 320x320 step, {mode.replace(',', ' + ')}: share of a matrix product"})
    arguments.out.write_text(json.dumps({"benchmarks": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
