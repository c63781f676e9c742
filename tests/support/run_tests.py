#!/usr/bin/env python3
"""Runs the test executables of a build folder through ctest and counts their GoogleTest cases.

Ends with one line `N passed, N failed, N skipped`. Exits 1 when a case failed, or when an executable crashed, ran into its
time limit, or held no case at all (each of these counts as one failed case).
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

Case = collections.namedtuple("Case", "program name outcome reason")


def programs_of(build, pattern):
    """Names of the ctest entries, all of them or those that match."""
    command = ["ctest", "--test-dir", str(build), "--show-only=json-v1"]
    if pattern:
        command += ["-R", pattern]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [test["name"] for test in json.loads(listing)["tests"]]


def cases_in(program, report):
    """The cases that one executable reported; a missing or broken report is one failed case."""
    try:
        root = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError):
        return [Case(program, "(whole program)", "failed", "ended without a report: crashed, or ran into its time limit")]
    cases = []
    for case in root.iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None:
            cases.append(Case(program, name, "failed", ""))
        elif skipped is not None or case.get("result") == "skipped":
            message = (skipped.get("message") if skipped is not None else "") or ""
            # GoogleTest puts `file:line` on the first line of the message.
            lines = [line for line in message.splitlines() if line.strip()]
            cases.append(Case(program, name, "skipped", lines[-1].strip() if lines else "no reason given"))
        elif case.get("status") == "run":
            cases.append(Case(program, name, "passed", ""))
    if not cases:
        return [Case(program, "(whole program)", "failed", "holds no test case")]
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, type=pathlib.Path, help="the build folder")
    parser.add_argument("pattern", nargs="*", help="only executables whose names match one of these")
    arguments = parser.parse_args()
    pattern = "|".join(arguments.pattern)

    results = arguments.build / "test-results"
    results.mkdir(exist_ok=True)
    for report in results.glob("*.xml"):
        report.unlink()
    programs = programs_of(arguments.build, pattern)
    if not programs:
        sys.exit(f"dev: no test matches '{pattern}'" if pattern else "dev: there are no tests in this build")

    command = ["ctest", "--test-dir", str(arguments.build), "--output-on-failure", "-j", str(min(os.cpu_count() or 1, 4))]
    command += ["-R", pattern] if pattern else []
    ctest_failed = subprocess.run(command).returncode != 0

    cases = [case for program in programs for case in cases_in(program, results / f"{program}.xml")]
    by_outcome = collections.defaultdict(list)
    for case in cases:
        by_outcome[case.outcome].append(case)
    passed, failed, skipped = (by_outcome[outcome] for outcome in ("passed", "failed", "skipped"))

    print()
    if skipped:
        print("Skipped:")
        for reason, count in collections.Counter(case.reason for case in skipped).most_common():
            print(f"  {count:4d}  {reason}")
        cuda = sum(case.program == "tests_cuda" for case in skipped)
        if cuda:
            print(f"  Of these, {cuda} compare CUDA code with its CPU twin and need a GPU.")
    if failed:
        print("Failed:")
        for case in failed:
            print(f"  {case.program}: {case.name}" + (f" {case.reason}" if case.reason else ""))
    if ctest_failed and not failed:
        print("ctest reports a failure that no case names; its output is above.")
    print(f"{len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or ctest_failed else 0


if __name__ == "__main__":
    sys.exit(main())
