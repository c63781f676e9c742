"""Calls bench_train_step for the scripts beside this file."""

import subprocess

REFUSED = 3   # as bench_train_step.cpp says


class Refused(Exception):
    """This machine does not run the mode; the text says why."""


def run_step_program(build, what, mode, steps, warmup, threads):
    command = [build / "bin" / "bench_train_step", what, mode, steps, warmup, threads]
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if ended.returncode == REFUSED:
        raise Refused(ended.stderr.strip())
    if ended.returncode != 0:
        raise RuntimeError(f"bench_train_step {what} {mode} ended with {ended.returncode}: {ended.stderr.strip()}")
    return ended.stdout
