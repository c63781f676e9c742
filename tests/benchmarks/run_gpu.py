#!/usr/bin/env python3
"""What is to be tried on a GPU, in one go: parity with the CPU, reference values, whole training, and the training step's time
against torchvision's in eager mode at 800 px.

Every part has a share of the time; what did not fit is said. Ends with a table and writes it as JSON. Exits 3 where there is no
GPU, 1 when a part failed.
"""

import argparse
import ctypes
import json
import os
import pathlib
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

TESTS = [  # title, cases of tests_cuda, seconds
    ("kernels against the CPU", "Devices/*Parity*", 100),
    ("reference values", "Devices/ReferenceValuesOnDevice*", 60),
    ("training, capture, resuming", "Devices/TrainingOnDevice*", 60),
]
SIZE, STEPS, WARMUP, STEP_SECONDS = 800, 20, 5, 45
LOADS = [(2, "fp32"), (2, "bf16"), (8, "fp32"), (8, "bf16")]


def gpu():
    """The first GPU's name; None and why not."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None, "NVIDIA's driver (libcuda.so.1) is not installed"
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0 or count.value == 0:
        return None, "NVIDIA's driver is there, but finds no GPU"
    name = ctypes.create_string_buffer(256)
    driver.cuDeviceGetName(name, 256, 0)
    return name.value.decode(), ""


def torchvision_step_ms(batch, precision):
    import statistics

    import torch
    from torchvision.models.detection import retinanet_resnet50_fpn

    torch.manual_seed(0)
    device = torch.device("cuda:0")
    model = retinanet_resnet50_fpn(weights=None, weights_backbone=None, num_classes=4, min_size=SIZE, max_size=SIZE)
    model.to(device).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4)
    images = [torch.rand(3, SIZE, SIZE, device=device) for _ in range(batch)]
    boxes = torch.tensor([[50.0, 75, 300, 350], [375, 150, 650, 525], [100, 450, 275, 750], [500, 550, 750, 775]])
    targets = [{"boxes": boxes.to(device), "labels": torch.arange(4, device=device)} for _ in images]
    times = []
    for step in range(WARMUP + STEPS):
        torch.cuda.synchronize()
        start = time.perf_counter()
        with torch.autocast("cuda", dtype=torch.bfloat16, enabled=precision == "bf16"):
            loss = sum(model(images, targets).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        torch.cuda.synchronize()
        if step >= WARMUP:
            times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


class Run:
    def __init__(self, programs, out, deadline):
        self.programs, self.out, self.deadline, self.rows = programs, out, deadline, []

    def row(self, part, outcome, detail=""):
        self.rows.append({"part": part, "outcome": outcome, "detail": detail})
        print(f"  {part:<44} {outcome:<12} {detail}", flush=True)

    def command(self, arguments, seconds):
        """The ended process, or None and why there is none."""
        seconds = min(seconds, self.deadline - time.monotonic())
        if seconds < 5:
            return None, "no time was left"
        try:
            return subprocess.run([str(part) for part in arguments], capture_output=True, text=True, timeout=seconds), ""
        except subprocess.TimeoutExpired:
            return None, f"not done within {seconds:.0f} s"
        except OSError as error:
            return None, str(error)

    def tests(self, title, cases, seconds):
        report = self.out / "tests.xml"
        report.unlink(missing_ok=True)
        done, why = self.command([self.programs / "tests_cuda", f"--gtest_filter={cases}", f"--gtest_output=xml:{report}"],
                                 seconds)
        if done is None:
            return self.row(title, "left out", why)
        try:
            found = ElementTree.parse(report).getroot().iter("testcase")
        except (OSError, ElementTree.ParseError):
            return self.row(title, "failed", (done.stderr or done.stdout).strip()[-200:])
        found = list(found)
        failed = [f"{case.get('classname')}.{case.get('name')}" for case in found if case.find("failure") is not None]
        skipped = sum(case.find("skipped") is not None for case in found)
        detail = f"{len(found) - len(failed) - skipped} passed, {len(failed)} failed, {skipped} skipped"
        self.row(title, "failed" if failed or done.returncode else "passed", "; ".join([detail] + failed))

    def step_ms(self, title, arguments):
        done, why = self.command(arguments, STEP_SECONDS)
        if done is not None and done.returncode == 0:
            return float(done.stdout.split()[-1])
        lines = done.stderr.strip().splitlines() if done is not None else []
        self.row(title, "left out" if done is None else "failed", why or (lines[-1] if lines else ""))
        return None

    def steps(self, batch, precision):
        title = f"step, {SIZE} px, batch {batch}, {precision}"
        mode = f"{precision},channels_last"
        ours = self.step_ms(title, [self.programs / "bench_train_step", "--steps-only", mode, STEPS, WARMUP, 1, "cuda:0", SIZE,
                                    batch])
        if ours is None:
            return
        theirs = self.step_ms(title + ", torchvision", [sys.executable, __file__, "--torchvision", batch, precision])
        detail = f"{ours:.1f} ms" + (f", torchvision {theirs:.1f} ms, ratio {theirs / ours:.2f}" if theirs else "")
        self.row(title, "measured", detail)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=pathlib.Path, help="the folder of tests_cuda and bench_train_step")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("gpu-results"))
    parser.add_argument("--seconds", type=int, default=450)
    parser.add_argument("--find-gpu", action="store_true", help="only say whether there is one")
    parser.add_argument("--torchvision", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.torchvision:
        print(torchvision_step_ms(int(arguments.torchvision[0]), arguments.torchvision[1]))
        return 0
    name, why = gpu()
    if name is None:
        print(f"There is no GPU here: {why}. Nothing was tried. './dev test cuda' runs the kernels on the host.", file=sys.stderr)
        return 3
    if arguments.find_gpu:
        print(name)
        return 0
    arguments.out.mkdir(parents=True, exist_ok=True)
    print(f"{name}, at most {arguments.seconds} s")
    run = Run(arguments.programs, arguments.out, time.monotonic() + arguments.seconds)
    for test in TESTS:
        run.tests(*test)
    for load in LOADS:
        run.steps(*load)
    path = arguments.out / time.strftime("%Y%m%d-%H%M%S.json")
    path.write_text(json.dumps({"gpu": name, "rows": run.rows}, indent=1))
    print(f"Written to {path}")
    return 1 if any(row["outcome"] == "failed" for row in run.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
