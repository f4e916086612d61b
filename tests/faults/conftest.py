"""Builds the C programs of this folder: the core with its system calls renamed, so that they can be made to fail."""

import json
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LEVEL = os.environ.get("SHOAL_TORTURE", "default")
PARTS = ("operations", "operations_segments", "operations_objects", "operations_locks", "operations_queues", "operations_jobs", "operations_kinds", "harness", "judge")
KINDS = sorted(ROOT.glob("tests/kinds/*.c"))
LIBRARY = pathlib.Path(os.environ.get("SHOAL_LIBRARY", ROOT / "build/core/libshoal.so"))
CC = ["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-Wextra", f"-I{ROOT}/core/include"]


@pytest.fixture(scope="session")
def level():
    """"short", "default" or "long"."""
    return LEVEL


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="session")
def interposed(folder):
    """(the core in one object whose undefined symbols are fault_… where interpose.c has them, interpose.c's object)"""
    core, faults, names = folder / "core.o", folder / "interpose.o", folder / "names"
    archive = LIBRARY.with_suffix(".a")
    subprocess.run([*CC, "-c", HERE / "interpose.c", "-o", faults], check=True)
    subprocess.run(["ld", "-r", "--whole-archive", archive, "-o", core], check=True)
    have = {name.removeprefix("fault_") for name in symbols(faults, "T") if name.startswith("fault_")}
    names.write_text("".join(f"{name} fault_{name}\n" for name in sorted(have & symbols(core, "U"))))
    subprocess.run(["objcopy", f"--redefine-syms={names}", core], check=True)
    return core, faults


def symbols(path, kind):
    """The names of that kind: T, functions that are there; U, what is undefined."""
    lines = subprocess.run(["nm", path], check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()
    return {words[-1] for words in map(str.split, lines) if words[-2] == kind}


@pytest.fixture(scope="session")
def program(folder, interposed):
    """Compile <name>.c against the core whose calls can fail; the path of the program."""
    def compile(name):
        out = folder / name
        subprocess.run([*CC, HERE / f"{name}.c", *(HERE / f"{part}.c" for part in PARTS), *KINDS, *interposed, "-pthread", "-o", out], check=True)
        return out

    return compile


@pytest.fixture(scope="session")
def run(program):
    """Run one of the C programs; the figures of its last line. Its output is shown when it fails."""
    built = {}

    def call(name, *arguments, timeout=600):
        built[name] = built.get(name) or program(name)
        done = subprocess.run([built[name], *map(str, arguments)], timeout=timeout, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        print(done.stdout)
        if done.returncode == 77:
            pytest.skip(done.stdout.strip().splitlines()[-1])
        assert done.returncode == 0, done.stdout
        return json.loads(done.stdout.splitlines()[-1])

    return call


def needs_root(why):
    if os.geteuid() != 0:
        pytest.skip(f"needs root {why}")


@pytest.fixture(scope="session")
def deny(folder):
    """A program that runs another with system calls denied."""
    subprocess.run([*CC, HERE / "deny.c", "-o", folder / "deny"], check=True)
    return folder / "deny"


@pytest.fixture
def small_mount(tmp_path):
    """Mount a file system of that kind; its directory."""
    needs_root("to mount a file system")
    mounted = []

    def mount(options, kind="tmpfs"):
        target = tmp_path / kind
        target.mkdir()
        if kind == "overlay":
            base = mount("", "tmpfs")
            for name in ("lower", "upper", "work"):
                (base / name).mkdir()
            options = ",".join(f"{name}dir={base}/{name}" for name in ("lower", "upper", "work"))
        subprocess.run(["mount", "-t", kind, *(["-o", options] if options else []), kind, target], check=True)
        mounted.append(target)
        return target

    yield mount
    for target in reversed(mounted):
        subprocess.run(["umount", "-l", target], check=True)
