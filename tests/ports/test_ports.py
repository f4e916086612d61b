"""The core on other machines and libcs: built without a warning, its own tests passed, and two kinds on one segment.

Each target is a Meson file of this folder, or the compiler of this machine with other options. It is built into build/ports.
In the default run only 32-bit processes are tried beside 64-bit ones; SHOAL_TORTURE=long (script/test --all) tries all.
"""

from __future__ import annotations

import ast
import configparser
import contextlib
import dataclasses
import itertools
import json
import os
import pathlib
import signal
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("SHOAL_BUILD", ROOT / "build"))
LONG = os.environ.get("SHOAL_TORTURE") == "long"
COUNT = itertools.count()

# They step through a call with ptrace, which qemu-user does not do (ENOSYS): to see what a death at one instruction leaves.
STEPPED = {
    "a_writer_goes_on_when_one_died_going_over_to_reading",
    "a_lock_that_was_given_back_without_a_wake_is_found",
    "an_rwlock_that_was_given_back_without_a_wake_is_found",
    "a_permit_that_was_given_back_without_a_wake_is_found",
    "an_event_that_was_set_without_a_wake_is_found",
    "a_notification_without_a_wake_is_found",
    "a_barrier_that_was_passed_without_a_wake_is_passed",
    "a_barrier_whose_last_party_died_before_it_let_all_pass_is_broken",
}


@dataclasses.dataclass(frozen=True)
class Target:
    name: str
    options: tuple[str, ...] = ()
    file: str | None = None  # of this folder
    skips: frozenset[str] = frozenset()  # tests that skip themselves there
    patience: int = 2  # how much slower it may be

    @property
    def folder(self) -> pathlib.Path:
        return BUILD / "ports" / self.name

    def machine(self, section: str, name: str) -> list[str]:
        """What the Meson file says, as a list."""
        if self.file is None:
            return ["cc"] if name == "c" else []
        parser = configparser.ConfigParser()
        parser.read(HERE / self.file)
        value = ast.literal_eval(parser.get(section, name, fallback="[]"))
        return [value] if isinstance(value, str) else value


NATIVE = Target("native")
M32 = Target("m32", file="m32.ini")
MUSL = Target("musl", file="musl.ini")
AARCH64 = Target("aarch64", file="aarch64.ini", skips=frozenset(STEPPED), patience=8)
S390X = Target("s390x", file="s390x.ini", skips=frozenset(STEPPED), patience=8)
TARGETS = [
    M32,
    MUSL,
    Target("m32-clang", ("-Doptimization=2",), file="m32-clang.ini"),
    Target("clang", ("-Doptimization=2",), file="clang.ini"),
    Target("gcc-O0", ("-Doptimization=0",)),
    Target("gcc-O3", ("-Doptimization=3",)),
    AARCH64,
    S390X,
]


def only_long(test):
    """Not even skipped in the default run."""
    return test if LONG else None


def meson(*words) -> None:
    done = subprocess.run(["meson", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-4000:]


def set_up(target: Target) -> None:
    machine = []
    if target.file:
        crossing = "[host_machine]" in (HERE / target.file).read_text()
        machine = ["--cross-file" if crossing else "--native-file", HERE / target.file]
    again = ["--reconfigure"] if (target.folder / "build.ninja").exists() else []
    meson("setup", *again, *machine, "-Dwerror=true", *target.options, target.folder, ROOT / "core")


def results_of(target: Target) -> dict[str, str]:
    log = target.folder / "meson-logs" / "testlog.json"
    return {test["name"].split(" / ")[-1]: test["result"] for test in map(json.loads, log.read_text().splitlines())}


@only_long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_core_builds_without_a_warning_and_passes_its_tests(target):
    set_up(target)
    meson("compile", "-C", target.folder)
    log = target.folder / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    subprocess.run(["meson", "test", "-C", target.folder, "--no-rebuild", "--quiet", "--timeout-multiplier", str(target.patience)],
                   stdout=subprocess.DEVNULL)
    results = results_of(target)
    print(f"{target.name}: {sum(result == 'OK' for result in results.values())} passed, skipped for want of ptrace:",
          *sorted(target.skips) or ["none"])
    wrong = {name: result for name, result in results.items() if result != ("SKIP" if name in target.skips else "OK")}
    assert not wrong and len(results) > 300


# ---- Two kinds of process on one segment ----


@pytest.fixture(scope="session")
def pair():
    """pair(target): the command that runs tests/ports/pair.c of that kind, built when it is asked for first."""
    made = {}

    def command(target: Target) -> list[str]:
        if target in made:
            return made[target]
        if target is NATIVE:
            target.folder.mkdir(parents=True, exist_ok=True)
            library = BUILD / "core" / "libshoal.a"
        else:
            set_up(target)
            meson("compile", "-C", target.folder, "shoal:static_library")
            library = target.folder / "libshoal.a"
        program = target.folder / "pair"
        arguments = target.machine("built-in options", "c_args") + target.machine("built-in options", "c_link_args")
        subprocess.run([*target.machine("binaries", "c"), "-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-Wextra", "-Werror",
                        *arguments, f"-I{ROOT}/core/include", HERE / "pair.c", *sorted(ROOT.glob("tests/kinds/*.c")), library, "-pthread", "-lm", "-o", program],
                       check=True)
        made[target] = [*target.machine("binaries", "exe_wrapper"), str(program)]
        return made[target]

    return command


@pytest.fixture
def start(pair):
    """start(target, test, number): a process that runs this test of pair.c on the segment that this test is about."""
    name = f"test-{os.getpid()}-ports-{next(COUNT)}"
    environment = {**os.environ, "SHOAL_NAME": name}
    running = []

    def start_one(target: Target, test: str, number: int = 0) -> subprocess.Popen:
        process = subprocess.Popen([*pair(target), test], env={**environment, "SHOAL_NUMBER": str(number)}, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        running.append(process)
        return process

    yield start_one
    for process in running:
        process.kill()
        process.communicate()
    directory = pathlib.Path(os.environ.get("SHOAL_DIR", "/dev/shm"))
    with contextlib.suppress(FileNotFoundError):
        (directory / f"shoal.{name}").unlink()


@pytest.fixture
def run(start):
    def run_one(target: Target, test: str, number: int = 0, ends: int = 0) -> str:
        process = start(target, test, number)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == ends, f"{target.name}: {output}"
        return output

    return run_one


PAIRS = [(NATIVE, M32), (M32, NATIVE)]
if LONG:
    PAIRS += [(MUSL, M32), (M32, MUSL), (NATIVE, AARCH64), (AARCH64, NATIVE), (AARCH64, M32), (MUSL, AARCH64)]
of_two_kinds = pytest.mark.parametrize("one, other", PAIRS, ids=lambda target: target.name)


@of_two_kinds
def test_what_one_kind_writes_the_other_reads_and_replaces(run, one, other):
    run(one, "fill_it", 1)
    run(other, "look_readonly", 1)
    run(other, "look", 1)
    run(other, "fill_it", 2)
    run(one, "look_readonly", 2)
    run(one, "look", 2)


@of_two_kinds
def test_two_kinds_work_under_the_same_locks_and_wake_each_other(start, one, other):
    both = [start(one, "work", 1), start(other, "work", 2)]
    for process in both:
        output, _ = process.communicate(timeout=100)
        assert process.returncode == 0, output


@of_two_kinds
def test_one_kind_is_told_of_the_death_of_the_other(run, one, other):
    run(one, "die", ends=-signal.SIGKILL)
    run(other, "inherit")


def test_a_32_bit_process_refuses_a_segment_that_is_too_wide_for_it(run):
    run(NATIVE, "make_wide")
    assert "address space" in run(M32, "find_it_too_wide")


@only_long
@pytest.mark.parametrize("one, other", [(S390X, NATIVE), (NATIVE, S390X), (S390X, M32)], ids=lambda target: target.name)
def test_a_machine_of_the_other_byte_order_is_told_so(run, one, other):
    run(one, "fill_it", 1)
    assert "byte order" in run(other, "find_it_foreign")
    run(one, "look", 1)
