#!/usr/bin/env python3
"""Runs every benchmark and gathers one table and one JSON file.

Two kinds are run: the Google Benchmark programs that tests/benchmarks/CMakeLists.txt adds with anchorscope_add_benchmark,
and the scripts bench_*.py beside this file, called as `bench_x.py --build FOLDER --out FILE.json` (for comparisons with
Python), which write the same JSON form: {"benchmarks": [{"name": ..., counters ...}]}.

A row with a counter `ratio` states a result: how many times faster the first side is than the second, both measured in
that one run; a counter `aim` beside it is the ratio asked for, and `label` says what is compared. A row with `skipped` says
why this machine does not give it. Other rows are timings.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys


def run_one(name, command, report):
    """The rows of one program or script, and whether it ended well."""
    print(f"==> {name}", file=sys.stderr, flush=True)
    report.unlink(missing_ok=True)
    ended_well = subprocess.run(command).returncode == 0
    try:
        rows = json.loads(report.read_text())["benchmarks"]
    except (OSError, ValueError, KeyError) as error:
        print(f"dev: {name} left no readable results in {report} ({error})", file=sys.stderr)
        return [], False
    failed = [row for row in rows if row.get("error_occurred")]
    for row in failed:
        print(f"dev: {row['name']}: {row.get('error_message')}", file=sys.stderr)
    return [dict(row, program=name) for row in rows], ended_well and not failed


def time_text(row):
    return f"{row['real_time']:.4g} {row['time_unit']}" if "real_time" in row and "time_unit" in row else ""


def table_of(rows):
    """Markdown: the ratios first, the timings after them."""
    lines = ["| comparison | ratio | aim | |", "| --- | ---: | ---: | --- |"]
    for row in rows:
        if "ratio" in row:
            aim = f"{row['aim']:.2f}" if "aim" in row else ""
            met = ("met" if row["ratio"] >= row["aim"] else "short") if "aim" in row else ""
            lines.append(f"| {row.get('label') or row['name']} | {row['ratio']:.2f} | {aim} | {met} |")
        elif "skipped" in row:
            lines.append(f"| {row.get('label') or row['name']} | – | | skipped: {row['skipped']} |")
    timings = [row for row in rows if "ratio" not in row and time_text(row)]
    if timings:
        lines += ["", "| timing | time |", "| --- | ---: |"]
        lines += [f"| {row['name']} | {time_text(row)} |" for row in timings]
    return "\n".join(lines) + "\n"


def cpu_name():
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def write_whole(path, text):
    part = path.with_suffix(path.suffix + ".part")
    part.write_text(text)
    part.replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=pathlib.Path, help="the build folder")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="folder for results.json and results.md")
    parser.add_argument("name", nargs="*", help="only benchmarks whose names hold one of these")
    arguments = parser.parse_args()
    reports = arguments.out / "parts"
    reports.mkdir(parents=True, exist_ok=True)

    commands = {}
    for program in (arguments.build / "bench_programs.txt").read_text().split():
        report = reports / f"{program}.json"
        commands[program] = (
            [arguments.build / "bin" / program, f"--benchmark_out={report}", "--benchmark_out_format=json"], report)
    for script in sorted(pathlib.Path(__file__).parent.glob("bench_*.py")):
        report = reports / f"{script.stem}.json"
        commands[script.stem] = ([sys.executable, script, "--build", arguments.build, "--out", report], report)
    if arguments.name:
        commands = {name: value for name, value in commands.items() if any(part in name for part in arguments.name)}
    if not commands:
        sys.exit("dev: there is no benchmark" + (f" named like {' or '.join(arguments.name)}" if arguments.name else ""))

    rows, all_well = [], True
    for name, (command, report) in commands.items():
        new_rows, ended_well = run_one(name, command, report)
        rows += new_rows
        all_well = all_well and ended_well

    machine = {"date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"), "cpu": cpu_name(),
               "cores": os.cpu_count(), "system": platform.platform()}
    write_whole(arguments.out / "results.json", json.dumps({"machine": machine, "benchmarks": rows}, indent=1) + "\n")
    table = table_of(rows)
    write_whole(arguments.out / "results.md", f"{machine['cpu']}, {machine['cores']} cores, {machine['date']}\n\n{table}")
    print(table)
    print(f"Written: {arguments.out / 'results.md'}, {arguments.out / 'results.json'}")
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main())
