"""What programs do with shoal.compat.multiprocessing they do with multiprocessing, but for what docs/multiprocessing.md lists."""

import os
import pathlib
import re

import programs_of_multiprocessing as programs
import pytest

import shoal.compat.multiprocessing as ours

LEVEL = os.environ.get("SHOAL_TEST", "default")
RANDOM = {"quick": 15, "default": 40, "all": 300}[LEVEL]
HERE = pathlib.Path(__file__).parent
BY_HAND = (HERE / "programs_of_multiprocessing.txt").read_text(encoding="utf-8").splitlines()
PAGE = HERE.parents[1] / "docs/multiprocessing.md"


def a_hold_that_ended(program, step, expected, found):
    """A process took it and has ended."""
    before = program[: program.index(step) + 1]
    return any(earlier.startswith("F(lambda: o.acquire") for earlier in before)


def refused(*classes):
    return lambda program, step, expected, found: found[0] == "raises" and found[1][0] in classes


def only_the_module(program, step, expected, found):
    bare = [re.sub(r"(multiprocessing\.(synchronize|sharedctypes)|shoal\.compat\.(multiprocessing|_values))\.", "", str(it[1])) for it in (expected, found)]
    return expected[0] == found[0] == "is" and bare[0] == bare[1]


def anything(program, step, expected, found):
    return True


# The first words of the row, the program's step, and what must be true of the two outcomes.
LISTED = [
    ("a process is killed, or ends, that holds", r"", a_hold_that_ended),
    ("`Lock.release` by another process", r"F\(o\.release\)", refused("RuntimeError", "AssertionError")),
    ("`Condition(lock)`", r"m\.Condition\((m\.Semaphore|threading\.Lock)", refused("TypeError")),
    ("`Barrier(parties)`", r"m\.Barrier\(", refused("ValueError", "TypeError")),
    ("a timeout that is no number, or nan", r"(wait|acquire|wait_for)\(.*(nan|'x'|\[\]|None)", refused("ValueError", "TypeError")),
    ("a timeout that is no number, or nan", r"m\.Barrier\(.*nan\)\.wait\(\)", refused("ValueError")),
    ("`Array('i', 2**40)`", r"m\.(Raw)?Array\(", lambda program, step, expected, found: found == ("raises", found[1]) and "MemoryError" in found[1]),
    ("`repr` of what lies in shared memory", r"", only_the_module),
    ("pickling", r"pickle\.dumps", lambda program, step, expected, found: expected[0] == "raises" and found == ("is", "1")),
    ("names with an underscore", r"\._[a-z]", refused("AttributeError")),
    ("more names", r"locked\(\)|BrokenBarrierError", anything),
]


def row_of(program, step, expected, found):
    """The row of the page that lists this difference, or None."""
    for row, pattern, holds in LISTED:
        if re.search(pattern, step) and holds(program, step, expected, found):
            return row
    return None


def unlisted(program):
    return [(program, *difference) for difference in programs.differences(program, ours) if row_of(program, *difference) is None]


def test_every_difference_that_is_let_pass_is_a_row_of_the_page():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    for row, _, _ in LISTED:
        assert any(line.startswith(f"| {row}") for line in rows), row


@pytest.mark.parametrize("part", range(8))
def test_programs_by_hand_do_what_they_do_with_the_standard_library(part):
    assert [found for program in BY_HAND[part::8] for found in unlisted([program])] == []


@pytest.mark.parametrize("part", range(20))
def test_programs_at_random_do_what_they_do_with_the_standard_library(part):
    assert [found for seed in range(part, RANDOM, 20) for found in unlisted(programs.made(seed))] == []


def test_the_comparison_finds_what_is_different(monkeypatch):
    monkeypatch.setattr(ours.Semaphore, "get_value", lambda self: 7)
    assert [step for _, step, _, _ in unlisted(["m.Semaphore(1)", "o.get_value()", "o.acquire(False)"])] == ["o.get_value()"]
    monkeypatch.setattr(ours.Lock, "release", lambda self: None)
    assert len(unlisted(["m.Lock()", "o.acquire()", "o.release()", "o.acquire(False)"])) == 1
