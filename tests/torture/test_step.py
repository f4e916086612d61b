"""A death at every instruction of every operation that changes a segment, as four compilers and two word sizes order them."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
from programs import sources

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LEVEL = os.environ.get("SHOAL_TORTURE", "default")

M32 = ["-m32", "-idirafter", "/usr/include/x86_64-linux-gnu"]
VARIANTS = {
    "gcc-O2": ["gcc", "-O2"],
    "gcc-O2-32": ["gcc", "-O2", *M32],
    "gcc-O0": ["gcc", "-O0"],
    "gcc-O3": ["gcc", "-O3"],
    "clang-O2": ["clang", "-O2"],
    "gcc-O0-32": ["gcc", "-O0", *M32],
    "gcc-O3-32": ["gcc", "-O3", *M32],
    "clang-O2-32": ["clang", "-O2", *M32],
}
A_FEW = ["put_new", "put_replace", "put_grow", "remove_small", "array_small", "counter_add", "lock_acquire", "lock_wait",
         "rwlock_write_wait", "semaphore_steal", "condition_notify", "barrier_pass", "rejoin", "reap"]


def build(variant, out, root=ROOT):
    """The core and step as one program: what the victim's instructions are is the compiler's choice."""
    compiler, *options = VARIANTS[variant]
    subprocess.run([compiler, *options, "-std=c11", "-D_GNU_SOURCE", "-g1", "-Wall", "-Wextra", "-fno-pie", "-no-pie",
                    f'-DVARIANT="{variant}"', f"-I{root}/core", f"-I{root}/core/include",
                    *sorted((root / "core").glob("*/*.c")), *sources("step", root / "tests/torture"), "-pthread", "-ldl", "-Wl,-z,now", "-o", out], check=True)
    return out


@pytest.fixture(scope="session")
def step(tmp_path_factory):
    """Run step, built as that variant: the figures of its last line."""
    folder = tmp_path_factory.mktemp("step")

    def call(variant, *arguments, timeout=3600):
        program = folder / variant
        if not program.exists():
            build(variant, program)
        done = subprocess.run([program, *map(str, arguments)], timeout=timeout, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        print(done.stdout)
        assert done.returncode == 0, done.stdout
        return json.loads(done.stdout.splitlines()[-1])

    return call


def test_step_knows_every_function_of_the_headers(tmp_path):
    """A function that is new in the headers is red here until step says what it does with it."""
    text = "".join(path.read_text() for path in (ROOT / "core/include/shoal").glob("*.h"))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    declared = re.findall(r"^SHOAL_API\b[^;(]*?(shoal_\w+)\(", text, flags=re.M)
    listed = re.findall(r"X\((?:LOCAL|STEPS|READS), (\w+)\)", (HERE / "step/functions.h").read_text())
    assert len(declared) > 130 and sorted(listed) == sorted(declared)


def how_much(variant):
    if LEVEL == "short":
        return ["--every", 4, "--again", 1, *A_FEW]
    if LEVEL == "long":
        return ["--again", 3, "--seed", 1 + list(VARIANTS).index(variant)]
    if variant == "gcc-O2":
        return ["--every", 3, "--again", 1, "--again-every", 10]
    return ["--every", 8, "--again", 1, "--again-every", 20, *A_FEW]


@pytest.mark.parametrize("variant", {"short": ["gcc-O2"], "default": ["gcc-O2", "gcc-O2-32"], "long": list(VARIANTS)}[LEVEL])
@pytest.mark.timeout(600)  # so many operations take three minutes beside other work
def test_a_death_at_any_instruction_of_any_operation_is_mended(step, variant):
    """All operations; that each function of the API was entered while stepping, step sees to itself ("unmet")."""
    arguments = how_much(variant)
    figures = step(variant, *arguments)
    assert figures["images"] > 50 and figures["recoveries_stepped"] >= len(A_FEW) / 2
    if A_FEW[0] not in arguments:
        assert figures["unmet"] == [] and figures["functions"] > 95


def test_the_images_are_the_same_when_only_stores_are_stepped(step):
    """The second round steps only the instructions that fault on the read-only pages; --literal all of them."""
    few = ["put_new", "remove_small", "lock_wait", "rwlock_write_cancel", "barrier_pass"]
    stores = step("gcc-O2", "--rounds", 2, "--again", 0, *few)
    literal = step("gcc-O2", "--rounds", 2, "--again", 0, "--literal", *few)
    assert literal["steps"] > 1.5 * stores["steps"]
    assert (literal["images"], literal["distinct_images"]) == (stores["images"], stores["distinct_images"])


def test_mistakes_in_the_core_are_caught():
    """Each of mutants.txt in a copy: by the tools it names. In all but the long run the first of them."""
    few = [] if LEVEL == "long" else ["intent_late"]
    done = subprocess.run([sys.executable, HERE / "mutants.py", *few], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout)
    assert done.returncode == 0, done.stdout
