"""Builds the C programs of this folder, and says how much to torture."""

import os
import pathlib
import subprocess

import pytest
from programs import sources

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FACTOR = {"short": 0.1, "default": 1, "long": 20}[os.environ.get("SHOAL_TORTURE", "default")]


@pytest.fixture(scope="session")
def amount():
    """How many of something that is `n` in the default run."""
    return lambda n: max(1, int(n * FACTOR))


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """Compile tests/torture/<name> against the library that was built; the path of the program."""
    folder = tmp_path_factory.mktemp("programs")
    library = pathlib.Path(os.environ.get("SHOAL_LIBRARY", ROOT / "build/core/libshoal.so"))

    def compile(name):
        out = folder / name
        subprocess.run(
            ["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-Wextra", f"-I{ROOT}/core/include", f"-I{ROOT}/core",
             *sources(name), library, f"-Wl,-rpath,{library.parent}", "-Wl,-z,now", "-pthread", "-o", out], check=True)
        return out

    return compile


@pytest.fixture(scope="session")
def run(program):
    """Run one of the C programs; its output is shown when it fails."""

    def call(name, *arguments, timeout=600):
        done = subprocess.run([program(name), *map(str, arguments)], timeout=timeout, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        print(done.stdout)
        assert done.returncode == 0, done.stdout
        return done.stdout

    return call
