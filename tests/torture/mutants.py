"""
Builds copies of the core with one mistake each (mutants.txt), and lets the tools of this folder find it.

    mutants.py [--scratch FOLDER] [NAME ...]     those mistakes; none: all of them
    mutants.py --check                           only whether each still finds its place; nothing is built

Prints a table, and as its last line the figures. Fails if a tool does not catch its mistake, or a patch finds no place.
A new kind of tool is a function in TOOLS: it gets the copy of the tree, and its arguments, and returns what to run.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from programs import sources

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KINDS = sorted((ROOT / "tests/kinds").glob("*.c"))  # a driver a kind, which the C programs share
FILES = ("mutants.txt", "points_mutants.txt", "jobs_mutants.txt", "keys_mutants.txt", "storm/mutants.txt")
LONGEST = 120  # seconds, of one tool on one mistake, beyond those that it is told to take: then it hangs


def parse(text):
    """[{name, what, tools: [[tool, argument …]], patches: [(file, old, new)]}]"""
    mutants = []
    for part in re.split(r"^== ", text, flags=re.M)[1:]:
        head, *_ = part.split("\n", 1)
        name, what = head.split(": ", 1)
        tools, patches, file = [], [], None
        places = re.finditer(r"^(?:tools: ([^\n]*)|file: ([^\n]*)|<<<<\n(.*?)^====\n(.*?)^>>>>$)", part, flags=re.M | re.S)
        for place in places:
            if place[1]:
                tools.append(place[1].split())
            elif place[2]:
                file = place[2].strip()
            else:
                patches.append((file, place[3], place[4]))
        mutants.append({"name": name, "what": what, "tools": tools, "patches": patches})
    return mutants


def read_all():
    return parse("".join((HERE / path).read_text() for path in FILES))


def essence(line):
    """A line without its comment; nothing if it is only a point."""
    line = re.sub(r"/\*.*?\*/\s*$", "", line).strip()
    return "" if line.startswith("SHOAL_POINT(") else line


def patched(text, old, new, name):
    lines = text.split("\n")
    wanted = [essence(line) for line in old.split("\n") if essence(line)]
    solid = [(i, essence(line)) for i, line in enumerate(lines) if essence(line)]
    found = [i for i in range(len(solid)) if [text for _, text in solid[i:i + len(wanted)]] == wanted]
    if len(found) != 1:
        raise ValueError(f"{name}: there are {len(found)} places with:\n{old}")
    first, last = solid[found[0]][0], solid[found[0] + len(wanted) - 1][0]
    return "\n".join(lines[:first] + new.rstrip("\n").split("\n") + lines[last + 1:])


def patched_texts(mutant):
    """{file: its text with the mistake}"""
    texts = {file: (ROOT / file).read_text() for file, _, _ in mutant["patches"]}
    for file, old, new in mutant["patches"]:
        texts[file] = patched(texts[file], old, new, file)
    return texts


def check(mutants):
    """Which of these find no place any more: what is said of each."""
    stale = []
    for mutant in mutants:
        try:
            patched_texts(mutant)
        except (ValueError, OSError) as why:
            stale.append(f"{mutant['name']}: {why}")
    return stale


def build(tree, main, *options, link=()):
    """The core and that main program. What is as in the checkout is compiled once, for all mistakes."""
    objects = []
    headers_differ = any((tree / path).read_text() != (ROOT / path).read_text()
                         for path in (p.relative_to(ROOT) for p in (ROOT / "core").rglob("*.h")))
    for source in [*sorted((tree / "core").glob("*/*.c")), *sources(main, tree / "tests/torture")]:
        path = source.relative_to(tree)
        same = not headers_differ and source.read_text() == (ROOT / path).read_text()
        objects.append((tree.parent if same else tree) / f"{main}-{path.parent.name}-{path.stem}.o")
        if not objects[-1].exists():
            subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-g1", "-fno-pie", *options, f"-I{tree}/core",
                            f"-I{tree}/core/include", "-c", source, "-o", objects[-1]], check=True)
    subprocess.run(["gcc", "-no-pie", *objects, *link, "-pthread", "-ldl", "-Wl,-z,now", "-o", tree / main], check=True)
    return tree / main


def step(tree, arguments):
    return [build(tree, "step", "-O2"), "--quiet", *arguments]


def reader(tree, arguments):
    return [build(tree, "reader", "-O1"), *arguments]


def points(tree, arguments):
    return [build(tree, "points", "-O1", "-DSHOAL_POINTS", link=["-Wl,--wrap=shoal__wait,--wrap=open64,--wrap=syscall"]), "--seconds", 60, *arguments]


def contest(tree, arguments):
    return [build(tree, "contest", "-O2", "-DSHOAL_POINTS"), "--seconds", 12, *arguments]


def moment(tree, arguments):
    return [build(tree, "moment", "-O1", "-DSHOAL_POINTS"), *arguments]


def storm(tree, arguments):
    """Two kinds of workers: those whose core is the copy's."""
    shutil.copytree(HERE / "storm", tree / "tests/torture/storm")
    library, run = tree / "libshoal.so", tree / "tests/torture/storm/run.py"
    subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-fPIC", "-fvisibility=hidden", f"-I{tree}/core/include",
                    f"-I{tree}/core", *sorted((tree / "core").glob("*/*.c")), "-shared", "-pthread", "-o", library], check=True)
    command = ["env", f"SHOAL_BUILD={tree}/build", f"SHOAL_LIBRARY={library}", sys.executable, run, "--only", "forked,glibc",
               *arguments]
    subprocess.run([*command, "--build"], check=True)
    return command


def jobs_storm(tree, arguments):
    return [build(tree, "jobs_storm", "-O2"), "--seconds", 8, *arguments]


def keys_storm(tree, arguments):
    return [build(tree, "keys_storm", "-O2"), "--seconds", 8, *arguments]


def channels_storm(tree, arguments):
    return [build(tree, "channels_storm", "-O2"), "--seconds", 8, "--kills", 100000, *arguments]


def core(tree, arguments):
    """One test of tests/core: its file, its name."""
    program, name = arguments
    out = tree / f"test_{program}"
    subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-O1", f"-I{tree}/core/include", f"-I{tree}/core",
                    f"{ROOT}/tests/core/{program}.c", *KINDS, *sorted((tree / "core").glob("*/*.c")), "-pthread", "-lm", "-o", out], check=True)
    return [out, name]


def faults(tree, arguments):
    """The system calls of tests/faults on the copy: some of its operations."""
    folder = ROOT / "tests/faults"
    compile = ["gcc", "-std=c11", "-D_GNU_SOURCE", "-O1", f"-I{tree}/core/include", f"-I{tree}/core"]
    subprocess.run([*compile, "-c", folder / "interpose.c", "-o", tree / "interpose.o"], check=True)
    subprocess.run([*compile, "-D_FILE_OFFSET_BITS=64", "-r", "-nostdlib", *sorted((tree / "core").glob("*/*.c")), "-o", tree / "core.o"], check=True)
    have = re.findall(r" T fault_(\w+)", subprocess.run(["nm", tree / "interpose.o"], check=True, text=True, stdout=subprocess.PIPE).stdout)
    (tree / "names").write_text("".join(f"{name} fault_{name}\n" for name in have))
    subprocess.run(["objcopy", f"--redefine-syms={tree}/names", tree / "core.o"], check=True)
    sources = [folder / f"{part}.c" for part in ("faults", "harness", "judge", *(path.stem for path in folder.glob("operations*.c")))]
    subprocess.run([*compile, *sources, *KINDS, tree / "core.o", tree / "interpose.o", "-pthread", "-lm", "-o", tree / "faults"], check=True)
    return [tree / "faults", *arguments]


TOOLS = {"core": core, "channels_storm": channels_storm, "jobs_storm": jobs_storm, "keys_storm": keys_storm, "faults": faults, "contest": contest, "storm": storm, "step": step, "reader": reader, "points": points, "moment": moment}


def copy_tree(mutant, scratch):
    texts = patched_texts(mutant)
    tree = scratch / mutant["name"]
    shutil.copytree(ROOT / "core", tree / "core")
    shutil.copytree(ROOT / "tests/kinds", tree / "tests/kinds")
    shutil.copytree(HERE, tree / "tests/torture", ignore=shutil.ignore_patterns("__pycache__", "storm"))
    for file, text in texts.items():
        (tree / file).write_text(text)
    return tree


def run_tool(tree, tool, arguments):
    """Was it caught, after how many seconds, and its first words about it."""
    command = list(map(str, TOOLS[tool](tree, arguments)))
    told = float(command[command.index("--seconds") + 1]) if "--seconds" in command else 0
    start = time.monotonic()
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=told + LONGEST)
        caught, out = done.returncode != 0, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as hang:
        caught, out = True, "it hangs: " + (hang.stdout or b"").decode(errors="replace")
    said = [line for line in out.splitlines() if re.search("VIOLATION|FAILED|hangs", line)] or out.splitlines()[:1]
    return caught, time.monotonic() - start, said[0] if said else "?"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scratch", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    chosen = [mutant for mutant in read_all() if not options.names or mutant["name"] in options.names]
    if options.check:
        print(*(stale := check(chosen)), f"{len(chosen)} mistakes, {len(stale)} stale", sep="\n")
        return bool(stale)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="mutants-", dir=options.scratch))
    tried = missed = 0
    print("| mistake | file | tool | caught | s | said |\n|---|---|---|---|---|---|")
    for mutant in chosen:
        try:
            tree = copy_tree(mutant, scratch)
        except ValueError as stale:  # the core is another by now: mend the patch
            print(stale)
            missed += 1
            continue
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
