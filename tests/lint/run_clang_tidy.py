#!/usr/bin/env python3
"""Runs clang-tidy with the project's .clang-tidy over the sources of core, widgets and app, several at once.

Precompiled headers and flags that only g++ knows are taken out of the compile commands first. Exits 1 on any finding.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

GNU_ONLY = {"-fpch-preprocess", "-Winvalid-pch"}


def clang_command(command):
    """The arguments of a g++ compile command that clang understands."""
    words, kept = shlex.split(command), []
    while words:
        word = words.pop(0)
        if word == "-include" and words and words[0].endswith("cmake_pch.hxx"):
            words.pop(0)
        elif word not in GNU_ONLY and not word.endswith("ccache"):
            kept.append(word)
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("part", nargs="*", help="only sources whose paths hold one of these")
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]

    entries = []
    for entry in json.loads((arguments.build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        own = source.suffix == ".cpp" and any(source.is_relative_to(root / part) for part in ("core", "widgets", "app"))
        if own and (not arguments.part or any(part in str(source) for part in arguments.part)):
            entries.append({"directory": entry["directory"], "file": entry["file"], "arguments": clang_command(entry["command"])})

    if not entries:
        sys.exit("clang-tidy: no source's path holds " + (" or ".join(arguments.part) or "core, widgets or app"))

    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "compile_commands.json").write_text(json.dumps(entries))

        def check(entry):
            command = ["clang-tidy", "--quiet", "-p", folder, entry["file"]]
            return entry["file"], subprocess.run(command, capture_output=True, text=True)

        failures = 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for number, (source, result) in enumerate(pool.map(check, entries), start=1):
                print(f"[{number}/{len(entries)}] {os.path.relpath(source, root)}", file=sys.stderr)
                if result.returncode != 0:
                    failures += 1
                    print(result.stdout.strip() or result.stderr.strip())
    print(f"clang-tidy: {len(entries)} files, {failures} with findings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
