"""The storms: workers of several kinds on one segment, killed, stopped and continued at random moments."""

import json
import os
import pathlib
import subprocess
import sys

from programs import sources

STORM = pathlib.Path(__file__).resolve().parent / "storm" / "run.py"
LEVEL = os.environ.get("SHOAL_TORTURE", "default")


def run(*arguments, timeout):
    done = subprocess.run([sys.executable, STORM, *map(str, arguments)], timeout=timeout, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout.splitlines()[-1])


def test_nothing_is_lost_torn_or_leaked_when_workers_of_all_kinds_are_killed():
    seconds, heap = {"short": (4, 64), "default": (16, 512), "long": (600, 3072)}[LEVEL]
    figures = run("--seconds", seconds, "--heap", heap, timeout=seconds + 300)
    assert figures["violations"] == 0 and figures["kills"] > 10 * seconds
    assert {"forked", "glibc", "python", "php"} <= {kind for kind, n in figures["operations_of"].items() if n}
    assert figures["stops"] and figures["freezes"] and figures["forked"] and figures["outlived_parent"]
    assert figures["children_of_masters"] > seconds and figures["killed_by_masters"] and figures["uses_of_mixed_names"] > 100 * seconds


def test_nothing_is_lost_or_torn_when_many_store_under_few_names_and_under_many():
    seconds = {"short": 2, "default": 6, "long": 180}[LEVEL]
    for names in (3, 5000):
        figures = run("--names", names, "--only", "forked,glibc", "--seconds", seconds, timeout=seconds + 300)
        assert figures["violations"] == 0 and figures["kills"] > 5 * seconds


def test_the_same_seed_makes_the_same_decisions():
    first, again = (run("--decisions", 100, "--seed", 11, "--only", "forked,glibc", timeout=300) for _ in range(2))
    assert first["checksum"] == again["checksum"] and first["decisions"] == again["decisions"] == 100


def test_everybody_gets_on_when_those_who_hold_and_wait_are_killed():
    """More workers than processors in the second run. Many short runs: a run counts the generations of a barrier."""
    kills, runs = {"short": (100, 1), "default": (900, 1), "long": (5000, 8)}[LEVEL]
    for _ in range(runs):
        for workers in (6, 12):
            figures = run("--locks", "--kills", kills, "--seconds", kills / 100, "--workers", workers, timeout=kills / 100 + 300)
            assert figures["violations"] == 0 and figures["kills"] > 0


def run_alone(name, folder, seconds, workers):
    """A storm that is one C program; its figures."""
    core, program = STORM.parents[3] / "core", folder / name
    if not program.exists():
        subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-g", "-Wall", "-Wextra", f"-I{core}", f"-I{core}/include", *sources(name),
                        *sorted(core.glob("*/*.c")), "-pthread", "-o", program], check=True)
    done = subprocess.run([program, "--seconds", str(seconds), "--workers", str(workers)], timeout=seconds + 300, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout.splitlines()[-1])


def test_no_job_is_lost_or_done_twice_when_workers_are_killed(tmp_path):
    seconds = {"short": 3, "default": 10, "long": 300}[LEVEL]
    for workers in (4, 12):
        figures = run_alone("jobs_storm", tmp_path, seconds, workers)
        assert figures["violations"] == 0 and figures["kills"] > 5 * seconds and figures["taken_from_the_dead"] > 0


def test_what_a_key_guards_is_never_torn_and_no_key_stays_when_its_users_are_killed(tmp_path):
    seconds = {"short": 3, "default": 10, "long": 300}[LEVEL]
    for workers in (4, 12):
        figures = run_alone("keys_storm", tmp_path, seconds, workers)
        assert figures["violations"] == 0 and figures["kills"] > 5 * seconds and figures["told"] > 0


def test_no_message_of_a_queue_is_got_twice_or_torn_or_lost_but_with_who_got_it():
    """Also with a queue that is nearly always full, and one that is nearly always empty."""
    seconds = {"short": 2, "default": 6, "long": 120}[LEVEL]
    for options in ([], ["--capacity", 3000000, "--producers", 5, "--consumers", 2], ["--capacity", 45000, "--producers", 2, "--consumers", 6]):
        figures = run("--queue", "--kills", 100000, "--seconds", seconds, *options, timeout=seconds + 300)
        assert figures["violations"] == 0 and figures["kills"] > 2 * seconds and figures["got"] > 1000 * seconds
