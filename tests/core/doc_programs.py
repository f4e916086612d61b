"""Build and run every program of docs/c.md and examples/c against a built libshoal.

    doc_programs.py ROOT BUILD_DIRECTORY [compiler flags...]

A block that begins with ```c NAME.c is a program, one with ```c NAME.h a header of them.
"""

import os
import re
import subprocess
import sys
import tempfile


def programs(page):
    with open(page, encoding="utf-8") as text:
        return re.findall(r"^```c (\S+)\n(.*?)^```$", text.read(), re.M | re.S)


def build(folder, source, root, library, flags):
    program = os.path.join(folder, os.path.basename(source)[:-2])
    include = os.path.join(root, "core", "include")
    command = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", *flags, source, "-I", include, "-I", folder]
    subprocess.run([*command, os.path.join(library, "libshoal.a"), "-pthread", "-o", program], check=True)
    return program


def run(*command, expect=None, **environment):
    result = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, timeout=60)
    print(os.path.basename(command[0]), "->", result.stdout.strip() or "(nothing)")
    if result.returncode != 0:
        sys.exit(f"{command[0]} ended with {result.returncode}")
    if expect is not None and expect not in result.stdout:
        sys.exit(f"{command[0]} did not print {expect!r}")


EXPECTED = {
    "rwlock.c": "writing: yes\nreading: yes\nrwlock \"table\": this thread holds it for reading already",
    "meeting.c": "jobs left: 0",
    "queue.c": "5 bytes, copied\n100000 bytes, in place\nno more",
    "permits.c": "free: 2 of 3\none too many\nready",
    "segments.c": "there is weather",
    "values.c": "33 bytes of MessagePack",
    "names.c": "visits is a Counter",
    "arrays.c": "17.25 degrees",
    "counters.c": "all three are done",
    "stream.c": "tick 100 costs 149.5; missed 0\ntick 37, after 36 that were missed",
    "locks.c": "the last holder died",
    "keys.c": "order 17: 1 hold it\norder 17: 1 hold it, shared\n0 keys are left",
    "jobs.c": "to Bob, attempt 1\nto Ada, attempt 2\ndead: to Ada, tried 2 times",
    "map.c": "Ada, 10 hits, no such key",
    "camera.c": "frame 1: 7",
    "errors.c": "SHOAL_ENOTFOUND",
}


def main(root, library, *flags):
    with tempfile.TemporaryDirectory() as folder:
        segments = os.path.join(folder, "directory")
        os.mkdir(segments)
        found = programs(os.path.join(root, "docs", "c.md"))
        for name, text in found:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        missing = set(EXPECTED) - {name for name, _ in found}
        if missing:
            sys.exit(f"docs/c.md lost {sorted(missing)}")
        for name, _ in found:
            if name.endswith(".c"):
                program = build(folder, os.path.join(folder, name), root, library, flags)
                run(program, expect=EXPECTED[name], SHOAL_DIR=segments)
        example = os.path.join(root, "examples", "c", "print_value.c")
        run(build(folder, example, root, library, ("-D_GNU_SOURCE", *flags)), "values", "today",
            expect='{"city": "Zürich", "degrees": [18.5, null]}', SHOAL_DIR=segments)


if __name__ == "__main__":
    main(*sys.argv[1:])
