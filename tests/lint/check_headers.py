#!/usr/bin/env python3
"""Compiles every header by itself (-fsyntax-only), with the flags of a source of the same folder.

Where those are not enough, with the flags of a source that includes it: a folder may serve several libraries. A header that
leans on what its users include before it fails here. Exits 1 on any failure.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys


def syntax_command(entry, header):
    """The entry's compile command, turned to check a file (standard input) that includes only the header."""
    words, kept = shlex.split(entry["command"]), []
    while words:
        word = words.pop(0)
        if word in ("-o", "-c", "-MF", "-MT"):
            words.pop(0)
        elif word != "-MD" and not word.endswith("ccache"):
            kept.append(word)
    return kept + ["-fsyntax-only", "-x", "c++", "-"], f'#include "{header}"\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]

    entry_of_folder, entries_including = {}, {}
    for entry in json.loads((arguments.build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        if source.suffix == ".cpp" and source.is_relative_to(root):
            entry_of_folder[source.parent] = entry
            for name in re.findall(r'^#include "([^"]+)"', source.read_text(), re.MULTILINE):
                entries_including.setdefault(name, []).append(entry)

    checks, left_out = [], []
    for folder in ("core", "widgets", "app", "tests"):
        for header in sorted((root / folder).rglob("*.h")):
            name = header.relative_to(root)
            entry = entry_of_folder.get(header.parent)
            (checks if entry else left_out).append((name, entry))

    def check(item):
        header, entry = item
        for candidate in [entry, *entries_including.get(str(header), [])[:1]]:
            command, text = syntax_command(candidate, header)
            result = subprocess.run(command, input=text, cwd=candidate["directory"], capture_output=True, text=True)
            if result.returncode == 0:
                break
        return header, result

    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, result in pool.map(check, checks):
            if result.returncode != 0:
                failures += 1
                print(f"{header} does not compile by itself:\n{result.stderr.strip()}")
    print(f"headers: {len(checks)} compiled by themselves, {failures} failed"
          + (f", {len(left_out)} not in this build: {' '.join(str(header) for header, _ in left_out)}" if left_out else ""))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
