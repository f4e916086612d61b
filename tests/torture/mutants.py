"""
Builds copies of the core with one mistake each (mutants.txt), and lets the tools of this folder find it.

    mutants.py [--scratch FOLDER] [NAME ...]     those mistakes; none: all of them

Prints a table, and as its last line the figures. Fails if a tool does not catch its mistake, or a patch finds no place.
A new kind of tool is a function in TOOLS: it gets the copy of the tree, and its arguments, and returns what to run.
"""

import argparse
import importlib.util
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LONGEST = 120  # seconds, of one tool on one mistake


def parse(text):
    """[{name, what, tools: [[tool, argument …]], patches: [(file, old, new)]}]"""
    mutants = []
    for part in re.split(r"^== ", text, flags=re.M)[1:]:
        head, *_ = part.split("\n", 1)
        name, what = head.split(": ", 1)
        tools, patches, file = [], [], None
        places = re.finditer(r"^(?:tools: (.*)|file: (.*)|<<<<\n(.*?)^====\n(.*?)^>>>>$)", part, flags=re.M | re.S)
        for place in places:
            if place[1]:
                tools.append(place[1].split("\n")[0].split())
            elif place[2]:
                file = place[2].split("\n")[0].strip()
            else:
                patches.append((file, place[3], place[4]))
        mutants.append({"name": name, "what": what, "tools": tools, "patches": patches})
    return mutants


def essence(line):
    """A line without its comment; nothing if it is only a point."""
    line = re.sub(r"/\*.*?\*/\s*$", "", line).strip()
    return "" if line.startswith("SHOAL_POINT(") else line


def patch(path, old, new):
    lines = path.read_text().split("\n")
    wanted = [essence(line) for line in old.split("\n") if essence(line)]
    solid = [(i, essence(line)) for i, line in enumerate(lines) if essence(line)]
    found = [i for i in range(len(solid)) if [text for _, text in solid[i:i + len(wanted)]] == wanted]
    if len(found) != 1:
        raise ValueError(f"{path.name}: there are {len(found)} places with:\n{old}")
    first, last = solid[found[0]][0], solid[found[0] + len(wanted) - 1][0]
    path.write_text("\n".join(lines[:first] + new.rstrip("\n").split("\n") + lines[last + 1:]))


def step(tree, arguments):
    spec = importlib.util.spec_from_file_location("test_step", HERE / "test_step.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [module.build("gcc-O2", tree / "step", tree), "--quiet", *arguments]


def program(name):
    """One of the single files of this folder, with the whole core."""

    def build(tree, arguments):
        sources = sorted((tree / "core").glob("*/*.c"))
        subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-g1", f"-I{tree}/core", f"-I{tree}/core/include", *sources,
                        tree / f"tests/torture/{name}.c", "-pthread", "-Wl,-z,now", "-o", tree / name], check=True)
        return [tree / name, *arguments]

    return build


TOOLS = {"step": step, "reader": program("reader"), "wakes": program("wakes")}


def copy_tree(mutant, scratch):
    tree = scratch / mutant["name"]
    shutil.copytree(ROOT / "core", tree / "core")
    shutil.copytree(HERE, tree / "tests/torture", ignore=shutil.ignore_patterns("__pycache__", "storm"))
    for file, old, new in mutant["patches"]:
        patch(tree / file, old, new)
    return tree


def run_tool(tree, tool, arguments):
    """Was it caught, after how many seconds, and its first words about it."""
    command = TOOLS[tool](tree, arguments)
    start = time.monotonic()
    try:
        done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LONGEST)
        caught, out = done.returncode != 0, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as hang:
        caught, out = True, "it hangs: " + (hang.stdout or b"").decode(errors="replace")
    told = [line for line in out.splitlines() if re.search("VIOLATION|FAILED|hangs", line)] or out.splitlines()[:1]
    return caught, time.monotonic() - start, told[0] if told else "?"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scratch", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="mutants-", dir=options.scratch))
    tried = missed = 0
    print("| mistake | file | tool | caught | s | said |\n|---|---|---|---|---|---|")
    for mutant in parse((HERE / "mutants.txt").read_text()):
        if options.names and mutant["name"] not in options.names:
            continue
        tree = copy_tree(mutant, scratch)
        files = ", ".join(dict.fromkeys(file for file, _, _ in mutant["patches"]))
        for tool, *arguments in mutant["tools"]:
            caught, seconds, said = run_tool(tree, tool, arguments)
            tried, missed = tried + 1, missed + (not caught)
            said = re.sub(r"^VIOLATION in ", "", said).replace("|", "/")
            print(f"| {mutant['what']} (`{mutant['name']}`) | {files} | {tool} | {'yes' if caught else 'NO'} | {seconds:.1f} "
                  f"| {said[:160]} |", flush=True)
        shutil.rmtree(tree)
    shutil.rmtree(scratch)
    print(json.dumps({"tool": "mutants", "tried": tried, "missed": missed}))
    return missed > 0


if __name__ == "__main__":
    sys.exit(main())
