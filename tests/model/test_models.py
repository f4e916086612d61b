"""Every protocol of core/sync and core/store, as a SPIN model: nothing wrong in it, and something wrong in it once a mistake is made.

Each model (a .pml file) is verified in several sizes and ways:

    safe        assertions, and no state in which somebody waits for ever (an invalid end state)
    progress    under weak fairness nobody goes round in circles for ever (a non-progress cycle)

A mistake is the same file compiled with -DMISTAKE=n, and must be found.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
import resource
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
MEMORY = 2000  # MiB for one verification
SECONDS = 110  # for one verification, on a busy machine
COMPILE = ["cc", "-w", "-DCOLLAPSE", "-DNOREDUCE", "-DNFAIR=3", f"-DMEMLIM={MEMORY}"]


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to verify a model: its size, and what is looked for."""

    defines: str
    progress: bool = False
    large: bool = False  # worth a compiler that takes three seconds more
    mistake: int = 0

    def __str__(self) -> str:
        words = [f"mistake {self.mistake}" if self.mistake else "right", "progress" if self.progress else "safe"]
        return ", ".join(words + self.defines.split())


def safe(defines: str = "") -> Way:
    return Way(defines)


def large(defines: str = "") -> Way:
    return Way(defines, large=True)


def progress(defines: str = "") -> Way:
    return Way("FAIR " + defines, progress=True)


# Three waiters, of whom any one may be killed; they look at all cells at once.
FOUR_AT_A_CONDITION = "PARTIES=4 NOTIFICATIONS=2 DEATHS=1 VICTIM=0 AT_ONCE"

MODELS = {
    "value": {
        "right": [large("PUTS=4 DEATHS=1")],
        "wrong": {1: safe(), 2: safe(), 3: safe(), 4: safe(), 5: safe(), 6: safe(), 7: safe("PUTS=4 DEATHS=0")},
    },
    "mutex": {
        "right": [
            large("DEATHS=0 ROUNDS=2"),
            large("DEATHS=1 SLICES_ANYTIME"),
            large("DEATHS=2"),
            progress("DEATHS=1 SLICES_ANYTIME PARTIES=2 ROUNDS=2"),
            progress("DEATHS=1 PATIENT"),
        ],
        "wrong": {
            1: safe("DEATHS=1"),
            2: safe("DEATHS=0 ROUNDS=2"),
            3: safe("DEATHS=1"),
            4: safe("DEATHS=0 ROUNDS=2"),
            5: safe("DEATHS=1"),
            6: safe("DEATHS=0 ROUNDS=2"),
        },
    },
    "rwlock": {
        "right": [
            safe("DEATHS=0 READERS=2 GRACE_ENDS"),
            large("DEATHS=0 READERS=1 GRACE_ENDS"),
            large("DEATHS=1 READERS=2"),
            large("DEATHS=1 READERS=1 PATIENT"),
            safe("DEATHS=2 READERS=1 PARTIES=2 ROUNDS=2 SLICES_ANYTIME"),
            progress("DEATHS=1 READERS=1 PARTIES=2 SLICES_ANYTIME"),
            large("DEATHS=0 READERS=2 STOPS SLICES_ANYTIME"),
            large("DEATHS=0 READERS=1 STOPS SLICES_ANYTIME PATIENT"),
            large("DEATHS=1 READERS=1 PARTIES=2 ROUNDS=2 STOPS SLICES_ANYTIME"),
        ],
        "wrong": {
            1: safe("DEATHS=0"),
            2: safe("DEATHS=0 READERS=1"),
            3: safe("DEATHS=0"),
            4: safe("DEATHS=1"),
            5: safe("DEATHS=1"),
            6: safe("DEATHS=0"),
            7: safe("DEATHS=1"),
            8: safe("DEATHS=0 READERS=2 STOPS SLICES_ANYTIME"),
            9: safe("DEATHS=0 READERS=1 STOPS SLICES_ANYTIME"),
        },
    },
    "eventcount": {
        "right": [safe("DEATHS=0"), safe("DEATHS=1"), progress("DEATHS=0 SLICES_ANYTIME")],
        "wrong": {
            1: safe("DEATHS=0"),
            2: safe("DEATHS=0"),
            3: safe("DEATHS=0"),
            4: safe("DEATHS=0"),
            5: safe("DEATHS=1"),
        },
    },
    "semaphore": {
        "right": [
            safe("DEATHS=0 ROUNDS=2"),
            safe("DEATHS=0 ROUNDS=2 PERMITS=2"),
            safe("DEATHS=2 SLICES_ANYTIME"),
            safe("DEATHS=2 SLICES_ANYTIME PERMITS=2"),
            large("DEATHS=1 SLICES_ANYTIME PERMITS=2 ROUNDS=2"),
            progress("DEATHS=1 SLICES_ANYTIME"),
        ],
        "wrong": {
            1: safe("DEATHS=1"),
            2: safe("DEATHS=0"),
            3: safe("DEATHS=0 ROUNDS=2"),
            4: safe("DEATHS=1"),
            5: safe("DEATHS=1"),
            6: safe("DEATHS=1 PERMITS=2"),
        },
    },
    "condition": {
        "right": [
            safe("DEATHS=0 NOTIFICATIONS=2"),
            large("DEATHS=1 NOTIFICATIONS=2 GIVE_UP"),
            safe("DEATHS=2 NOTIFICATIONS=2"),
            large(FOUR_AT_A_CONDITION),
            progress("DEATHS=1 NOTIFICATIONS=2"),
        ],
        "wrong": {
            1: safe("DEATHS=0"),
            2: safe(FOUR_AT_A_CONDITION),
            3: safe("DEATHS=1"),
            4: safe(FOUR_AT_A_CONDITION),
            5: safe(FOUR_AT_A_CONDITION),
            6: safe("DEATHS=0 GIVE_UP"),
        },
    },
    "barrier": {
        "right": [
            large("DEATHS=0 ROUNDS=2"),
            safe("DEATHS=1"),
            safe("DEATHS=1 NEEDED=3"),
            large("DEATHS=1 RESETS ROUNDS=2"),
            large("DEATHS=2 PARTIES=2 ROUNDS=2 GIVE_UP"),
            progress("DEATHS=1 PARTIES=2 ROUNDS=2"),
        ],
        "wrong": {
            1: safe("DEATHS=0 RESETS ROUNDS=2"),
            2: safe("DEATHS=0 RESETS ROUNDS=2"),
            3: progress("DEATHS=1 PARTIES=2"),
            4: safe("DEATHS=1 RESETS"),
            5: safe("DEATHS=0 ROUNDS=2"),
            6: safe("DEATHS=0"),
            7: safe("DEATHS=0 RESETS ROUNDS=2"),
        },
    },
    "baton": {
        "right": [
            safe("DEATHS=0 PUTS=4"),
            large("DEATHS=0 GIVE_UP PRODUCERS=2"),
            large("DEATHS=0 PARTIES=4 PUTS=3"),
            large("DEATHS=1 PARTIES=4"),
            safe("DEATHS=1 PRODUCERS=2"),
            safe("DEATHS=1 GIVE_UP"),
            safe("DEATHS=1 PUTS=3 UNITS=4 BATCH=2"),
            large("DEATHS=2 EARLY=true"),
            safe("DEATHS=0 SHUT PRODUCERS=2"),
            safe("DEATHS=1 SHUT"),
        ],
        "wrong": {
            1: safe("DEATHS=0"),
            2: safe("DEATHS=0"),
            3: safe("DEATHS=0"),
            4: safe("DEATHS=0"),
            5: safe("DEATHS=0"),
            6: safe("DEATHS=0 GIVE_UP"),
            7: safe("DEATHS=0 GIVE_UP"),
            8: safe("DEATHS=1"),
            9: safe("DEATHS=0"),
            10: safe("DEATHS=0 SHUT"),
            11: safe("DEATHS=0"),
            12: safe("DEATHS=0"),
        },
    },
    "frames": {
        "right": [
            large("DEATHS=1 ROUNDS=2"),
            large("DEATHS=2 ROUNDS=2"),
            large("DEATHS=1 ROUNDS=2 HISTORY=2"),
            large("DEATHS=1 ROUNDS=2 KEEPS SLOTS=4"),
            large("DEATHS=1 ROUNDS=3 WRITERS=1 KEEPS"),
            large("DEATHS=1 ROUNDS=2 DROPS"),
            safe("DEATHS=0 ROUNDS=4 WRITERS=1"),
            progress("DEATHS=1 ROUNDS=2 WRITERS=1 SLOTS=2"),
            progress("DEATHS=1 ROUNDS=3 WRITERS=1 SLOTS=2 PARTIES=2 KEEPS"),
            progress("DEATHS=1 ROUNDS=2 PARTIES=2 SLOTS=2"),
            progress("DEATHS=1 LOOKS=1"),
        ],
        "wrong": {
            1: safe("DEATHS=0 ROUNDS=2"),
            2: safe("DEATHS=0 ROUNDS=2"),
            3: progress("DEATHS=1 ROUNDS=3 WRITERS=1 SLOTS=2 PARTIES=2 KEEPS"),
            4: safe("DEATHS=0 ROUNDS=4 WRITERS=1 PARTIES=2 LOOKS=1"),
            5: safe("DEATHS=0 ROUNDS=2"),
            6: progress("DEATHS=1 ROUNDS=3 WRITERS=1 SLOTS=2 PARTIES=2"),
            7: progress("DEATHS=1 ROUNDS=2 PARTIES=2 SLOTS=2"),
            8: progress("DEATHS=1 LOOKS=1"),
            9: progress("DEATHS=1 LOOKS=1"),
            10: progress("DEATHS=1 LOOKS=1"),
            11: safe("DEATHS=0 ROUNDS=2"),
            12: safe("DEATHS=0 ROUNDS=2"),
            13: safe("DEATHS=0 ROUNDS=2"),
        },
    },
    "roster": {
        "right": [
            large("DEATHS=2"),
            safe("DEATHS=1 SLOTS=1 ROUNDS=2"),
            progress("DEATHS=1 PARTIES=2 ROUNDS=2"),
            progress("DEATHS=1 PARTIES=2 ROUNDS=3 SLOTS=1"),
            large("DEATHS=2 FORKS"),
            large("DEATHS=1 FORKS SLOTS=3"),
            progress("DEATHS=1 FORKS"),
        ],
        "wrong": {
            1: safe("DEATHS=1"),
            2: safe("DEATHS=1"),
            3: progress("DEATHS=1 PARTIES=2"),
            4: progress("DEATHS=1 PARTIES=2 ROUNDS=3 SLOTS=1"),
            5: progress("DEATHS=1 PARTIES=2 ROUNDS=3 SLOTS=1"),
            6: safe("DEATHS=1"),
            7: safe("DEATHS=1"),
            8: safe("DEATHS=1 FORKS"),
            9: progress("DEATHS=1 FORKS"),
            10: safe("DEATHS=1 FORKS"),
        },
    },
}


@dataclasses.dataclass(frozen=True)
class Verdict:
    errors: int
    finding: str  # what SPIN says of the first
    states: int
    seconds: float
    complete: bool  # it has seen all states there are


def verify(model: str, way: Way, folder: pathlib.Path) -> Verdict:
    defines = [f"-D{define}" for define in way.defines.split() + [f"MISTAKE={way.mistake}"]]
    for path in HERE.glob("*.pml"):
        shutil.copy(path, folder)
    # An error is found sooner from behind, as it happens.
    how = ["-O2" if way.large or way.progress else "-O0", *(["-DREVERSE"] if way.mistake else [])]
    for command in (
        ["spin", "-a", *defines, f"{model}.pml"],
        [*COMPILE, *how, "-DNP" if way.progress else "-DSAFETY", "-o", "pan", "pan.c"],
    ):
        made = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert made.returncode == 0 and "Error" not in made.stdout, made.stdout + made.stderr
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    run = subprocess.run(["./pan", "-m2000000", *(["-l", "-f"] if way.progress else [])], cwd=folder,
                         capture_output=True, text=True, timeout=SECONDS)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    return judged(run.stdout + run.stderr, seconds)


def judged(said: str, seconds: float) -> Verdict:
    errors, states = re.search(r"errors: (\d+)", said), re.search(r"(\d\S*) states, stored", said)
    assert errors and states, said
    finding = re.search(r"^pan:\d+: (.*)", said, re.MULTILINE)
    complete = "Search not completed" not in said and "max search depth too small" not in said
    return Verdict(int(errors[1]), finding[1][:60] if finding else "", int(float(states[1])), seconds, complete)


def right_ways(model: str) -> list:
    return MODELS[model]["right"]


def wrong_ways(model: str) -> list:
    return [dataclasses.replace(way, mistake=number) for number, way in MODELS[model]["wrong"].items()]


def cases(ways) -> list:
    return [pytest.param(model, way, id=f"{model}: {way}") for model in MODELS for way in ways(model)]


@pytest.fixture
def report(capsys, request):
    def say(verdict: Verdict) -> None:
        with capsys.disabled():
            print(f"\n{request.node.callspec.id}: {verdict.states} states, {verdict.seconds:.1f} s"
                  f"{', ' + verdict.finding if verdict.errors else ''}", end=" ")

    return say


@pytest.mark.parametrize("model, way", cases(right_ways))
def test_nothing_is_wrong(model, way, tmp_path, report):
    verdict = verify(model, way, tmp_path)
    report(verdict)
    assert verdict.errors == 0, f"{verdict.finding}; the way there: cd {tmp_path}; spin -t -p -g {model}.pml"
    assert verdict.complete


@pytest.mark.parametrize("model, way", cases(wrong_ways))
def test_a_mistake_is_found(model, way, tmp_path, report):
    verdict = verify(model, way, tmp_path)
    report(verdict)
    assert verdict.errors > 0


def test_every_mistake_that_a_model_names_is_tried():
    for path in sorted(HERE.glob("*.pml")):
        named = {int(number) for number in re.findall(r"MISTAKE [!=]= (\d+)", path.read_text())} - {0}
        assert named == set(MODELS.get(path.stem, {"wrong": {}})["wrong"]), path.name
