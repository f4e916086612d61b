#!/usr/bin/env python3
"""Build the workers of each kind that this machine can build, and run a storm with them.

    run.py [--only KIND,KIND…] [options of storm, see killer.c]
    run.py --locks [--only …]  [options of ../locks_storm.c]
    run.py --queue             [options of ../queue_storm.c]
    run.py --build …           only build what that would run
    run.py --build             build all of it, and run nothing

The kinds: C with glibc, linked with the library under test (SHOAL_LIBRARY); C with musl, and C of 32 bits, with the core
in them; forked by the killer without exec; Python (this one) and PHP (SHOAL_PHP_EXTENSION), where they are there.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-g", "-Wall", "-Wextra", "-Wno-psabi", f"-I{ROOT}/core/include", f"-I{ROOT}/core"]
WORKER = ["journal.c", "operations.c", "mixed.c", "settle.c", "masters.c", "lives.c"]
KERNEL = ["-idirafter", "/usr/include", "-idirafter", "/usr/include/x86_64-linux-gnu"]  # headers that musl does not bring
OTHERS = {
    "musl": ["musl-gcc", "-static", *KERNEL],
    "i386": ["cc", "-m32", "-D_FILE_OFFSET_BITS=64", "-idirafter", "/usr/include/x86_64-linux-gnu"],
}


def build_folder() -> pathlib.Path:
    folder = pathlib.Path(os.environ.get("SHOAL_BUILD", ROOT / "build")) / "storm"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


CORE = sorted(ROOT.glob("core/**/*.[ch]"))
KINDS = sorted(ROOT.glob("tests/kinds/*.[ch]"))
DRIVERS = [path for path in KINDS if path.suffix == ".c"]
STORM = [*sorted(HERE.glob("*.[ch]")), HERE.parent / "locks_storm.c", HERE.parent / "queue_storm.c", *KINDS]


def changed(out: pathlib.Path, sources: list, *what) -> bool:
    """Since it was made of these sources by `what`."""
    seen = hashlib.sha256(repr(what).encode())
    for path in sources:
        seen.update(path.read_bytes())
    stamp = out.with_suffix(".stamp")
    if out.exists() and stamp.exists() and stamp.read_text() == seen.hexdigest():
        return False
    out.unlink(missing_ok=True)
    stamp.write_text(seen.hexdigest())
    return True


def compile(out: pathlib.Path, command: list, sources: list, libraries: list) -> pathlib.Path:
    if changed(out, CORE + STORM, command, sources, libraries):
        subprocess.run([*command, *FLAGS, *sources, *libraries, "-pthread", "-o", out], check=True)
    return out


def core(folder: pathlib.Path, name: str) -> pathlib.Path:
    """The core as an archive, for another libc or word size than the library under test."""
    archive, command = folder / f"core-{name}.a", OTHERS[name]
    if changed(archive, CORE, command):
        with tempfile.TemporaryDirectory() as objects:
            for room in {path.parent for path in ROOT.glob("core/*/*.c")}:  # rooms have files of the same name
                there = pathlib.Path(objects, room.name)
                there.mkdir()
                subprocess.run([*command, *FLAGS, "-c", *sorted(room.glob("*.c"))], check=True, cwd=there)
            subprocess.run(["ar", "rcsP", archive, *sorted(pathlib.Path(objects).glob("*/*.o"))], check=True)
    return archive


def works(command: list) -> bool:
    """Can it build a program?"""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "try.c")
        source.write_text("#include <linux/futex.h>\n#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n")
        return bool(shutil.which(command[0])) and subprocess.run(
            [*command, source, "-o", folder + "/try"], stderr=subprocess.DEVNULL).returncode == 0


def others(folder: pathlib.Path, only: list | None):
    """The kinds of C, beside the usual one, that are wanted and can be built here: name, compiler, and the core for it."""
    for name, command in OTHERS.items():
        if only is not None and name not in only:
            continue
        if works(command):
            yield name, command, core(folder, name)
        else:
            print(f"no workers of the kind {name}: {command[0]} {command[1]} builds nothing here", flush=True)


def python_and_php():
    if subprocess.run([sys.executable, "-c", "import shoal"], stderr=subprocess.DEVNULL).returncode == 0:
        yield "python", [sys.executable, HERE / "worker.py"]
    else:
        print("no workers in Python: no package shoal here", flush=True)
    extension = os.environ.get("SHOAL_PHP_EXTENSION", "")
    if os.path.exists(extension) and shutil.which("php"):
        php = [shutil.which("php"), "-n"]  # where posix, which masters need, is not built in, it is a module beside
        modules = subprocess.run([*php, "-m"], stdout=subprocess.PIPE, text=True).stdout.split()
        yield "php", [*php, *([] if "posix" in modules else ["-d", "extension=posix"]), "-d", f"extension={extension}", HERE / "worker.php"]
    else:
        print("no workers in PHP: SHOAL_PHP_EXTENSION names none", flush=True)


def storm(folder: pathlib.Path, library: list, only: list | None) -> list:
    """The command."""
    sources = [*(HERE / name for name in ("worker.c", *WORKER)), *DRIVERS]
    program = compile(folder / "storm", ["cc"], [*(HERE / name for name in ("killer.c", "start.c", "judge.c", "setup.c", *WORKER)), *DRIVERS], library)
    found = {"forked": [], "glibc": [compile(folder / "worker-glibc", ["cc"], sources, library)]}
    for name, command, archive in others(folder, only):
        found[name] = [compile(folder / f"worker-{name}", command, sources, [archive])]
    found.update(python_and_php() if only is None or {"python", "php"} & set(only) else [])
    kinds = [f"{name}={' '.join(map(str, command))}" for name, command in found.items() if only is None or name in only]
    return [program, *(word for kind in kinds for word in ("--kind", kind))]


def locks_storm(folder: pathlib.Path, library: list, only: list | None) -> list:
    sources = [HERE.parent / "locks_storm.c", *DRIVERS]
    program = compile(folder / "locks", ["cc"], sources, library)
    kinds = [compile(folder / f"locks-{name}", command, sources, [archive]) for name, command, archive in others(folder, only)]
    return [program, *(word for kind in [program, *kinds] for word in ("--kind", kind))]


def queue_storm(folder: pathlib.Path, library: list, only: list | None) -> list:
    return [compile(folder / "queue", ["cc"], [HERE.parent / "queue_storm.c"], library)]


OTHER_STORMS = {"--locks": locks_storm, "--queue": queue_storm}


def main() -> int:
    arguments, only = sys.argv[1:], None
    if "--only" in arguments:
        at = arguments.index("--only")
        only = arguments[at + 1].split(",")
        del arguments[at:at + 2]
    path = pathlib.Path(os.environ.get("SHOAL_LIBRARY", ROOT / "build/core/libshoal.so"))
    library = [path, f"-Wl,-rpath,{path.parent}", "-Wl,-z,now"]
    make = next((OTHER_STORMS[word] for word in arguments if word in OTHER_STORMS), storm)
    command = make(build_folder(), library, only)
    if "--build" in arguments:
        return 0
    return subprocess.run([*command, *(word for word in arguments if word not in OTHER_STORMS)]).returncode


if __name__ == "__main__":
    sys.exit(main())
