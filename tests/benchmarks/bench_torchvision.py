#!/usr/bin/env python3
"""A RetinaNet-R50 320x320 training step of one image: ours against torchvision's in Python, on the CPU, taking turns.

torchvision's side gets a ready tensor (no loader); ours includes its loader. Both start from random weights with trained
batch norm, the same losses and SGD with momentum, and use the same number of threads.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

from step_program import Refused, run_step_program

ROUNDS, STEPS, WARMUP = 3, 6, 2
# fp32 in torchvision's own order of memory, then as a run of ours has it unless told otherwise.
MODES = [("fp32", 1.0), ("fp32,channels_last", 1.25), ("bf16,channels_last", 1.9)]


def torchvision_step_ms(threads):
    import torch
    from torchvision.models.detection import retinanet_resnet50_fpn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = retinanet_resnet50_fpn(weights=None, weights_backbone=None, num_classes=4, min_size=320, max_size=320)
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4)
    image = torch.rand(3, 320, 320)
    boxes = torch.tensor([[20.0, 30, 120, 140], [150, 60, 260, 210], [40, 180, 110, 300], [200, 220, 300, 310]])
    target = {"boxes": boxes, "labels": torch.tensor([0, 1, 2, 3])}
    times = []
    for step in range(WARMUP + STEPS):
        start = time.perf_counter()
        loss = sum(model([image], [target]).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step >= WARMUP:
            times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--torchvision-only", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.torchvision_only:
        print(torchvision_step_ms(arguments.threads))
        return 0

    def torchvisions_time():
        command = [sys.executable, __file__, "--build", arguments.build, "--out", arguments.out, "--threads",
                   arguments.threads, "--torchvision-only"]
        return float(subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout)

    theirs, ours, refused = [], {mode: [] for mode, _ in MODES}, {}
    for _ in range(ROUNDS):
        theirs.append(torchvisions_time())
        for mode, _ in MODES:
            if mode in refused:
                continue
            try:
                ours[mode].append(
                    float(run_step_program(arguments.build, "--steps-only", mode, STEPS, WARMUP, arguments.threads)))
            except Refused as refusal:
                refused[mode] = str(refusal)
    rows = [{"name": "torchvision/fp32", "real_time": statistics.median(theirs), "time_unit": "ms"}]
    for mode, aim in MODES:
        row = {"name": f"ratio/{mode}", "aim": aim,
               "label": f"RetinaNet-R50 320x320 step, {mode.replace(',', ' + ')}, against torchvision's fp32 step"}
        if mode in refused:
            rows.append(row | {"skipped": refused[mode]})
            continue
        rows.append({"name": f"anchorscope/{mode}", "real_time": statistics.median(ours[mode]), "time_unit": "ms"})
        rows.append(row | {"ratio": statistics.median(theirs) / statistics.median(ours[mode])})
    arguments.out.write_text(json.dumps({"benchmarks": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
