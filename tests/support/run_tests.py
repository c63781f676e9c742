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

WHOLE_PROGRAM = "(whole program)"
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
        return [Case(program, WHOLE_PROGRAM, "failed", "ended without a report: crashed, or ran into its time limit")]
    cases = []
    for case in root.iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find("skipped")
        failures = case.findall("failure")
        if failures:
            cases.append(Case(program, name, "failed", "\n".join(failure.text or "" for failure in failures)))
        elif skipped is not None or case.get("result") == "skipped":
            message = (skipped.get("message") if skipped is not None else "") or ""
            # GoogleTest puts `file:line` on the first line of the message.
            lines = [line for line in message.splitlines() if line.strip()]
            cases.append(Case(program, name, "skipped", lines[-1].strip() if lines else "no reason given"))
        elif case.get("status") == "run":
            cases.append(Case(program, name, "passed", ""))
    if not cases:
        return [Case(program, WHOLE_PROGRAM, "failed", "holds no test case")]
    return cases


def failure_text(cases, outputs):
    """What the failed cases said; for a program without a report the end of what it printed."""
    lines = []
    for case in cases:
        lines.append(f"  {case.program}: {case.name}" + (f" {case.reason}" if case.name == WHOLE_PROGRAM else ""))
        text = outputs.get(case.program, "").splitlines()[-40:] if case.name == WHOLE_PROGRAM else case.reason.splitlines()
        lines += [f"      {line}" for line in text]
    return "\n".join(lines)


def ctest_report(junit):
    """From ctest's own report: what each program printed, and which programs failed."""
    try:
        entries = list(ElementTree.parse(junit).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return {}, []
    outputs = {entry.get("name"): entry.findtext("system-out") or "" for entry in entries}
    return outputs, [entry.get("name") for entry in entries if entry.get("status") == "fail"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, type=pathlib.Path, help="the build folder")
    parser.add_argument("pattern", nargs="*", help="only executables whose names match one of these")
    arguments = parser.parse_args()
    pattern = "|".join(arguments.pattern)

    results = arguments.build.resolve() / "test-results"
    results.mkdir(exist_ok=True)
    for report in results.glob("*.xml"):
        report.unlink()
    programs = programs_of(arguments.build, pattern)
    if not programs:
        sys.exit(f"dev: no test matches '{pattern}'" if pattern else "dev: there are no tests in this build")

    junit = results / "ctest.junit"
    command = ["ctest", "--output-junit", str(junit), "-j", str(min(os.cpu_count() or 1, 4))]
    command += ["-R", pattern] if pattern else []
    # Several programs share the cores: threads that spin while they wait would take turns with those at work.
    environment = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ}
    ctest_failed = subprocess.run(command, cwd=arguments.build, env=environment).returncode != 0

    cases = [case for program in programs for case in cases_in(program, results / f"{program}.xml")]
    outputs, failed_programs = ctest_report(junit)
    explained = {case.program for case in cases if case.outcome == "failed"}
    for program in failed_programs:
        if program not in explained:
            cases.append(Case(program, WHOLE_PROGRAM, "failed", "every case passed, but it ended badly"))

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
            print(f"  Of these, {cuda} need a GPU; tests_cuda_on_host runs the same CUDA code on the host.")
    if failed:
        print("Failed:")
        print(failure_text(failed, outputs))
    if ctest_failed and not failed:
        print(f"ctest reports a failure that no case names: {arguments.build}/Testing/Temporary/LastTest.log")
    print(f"{len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or ctest_failed else 0


if __name__ == "__main__":
    sys.exit(main())
