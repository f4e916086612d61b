"""The torture programs in C: killed at random moments, and at every one."""

import datetime
import os

SEED = datetime.date.today().toordinal()  # another sample every day; printed by each
LEVEL = os.environ.get("SHOAL_TORTURE", "default")


def test_64_processes_racing_open_or_create_end_up_on_one_segment(run, amount):
    assert "one segment each" in run("race", "--rounds", amount(150), "--processes", 64, "--seed", SEED, timeout=1500)


def test_no_wake_up_is_lost_whoever_is_interrupted_where(run):
    """Who waits, or who gives, stopped at each instruction near the sleep, or at some of them, while the other runs."""
    amount = {"short": ["--meetings", 5], "default": ["--meetings", 25], "long": ["--all"]}[LEVEL]
    out = run("wakes", "--seed", SEED, *amount, timeout=1800)
    assert "\n0 violations" in out


def test_a_reader_stopped_at_any_instruction_finds_one_version_whole(run):
    amount = {"short": ["--seconds", 1, "get:grow", "names:remove"], "default": ["--seconds", 0.4, "--seed", SEED],
              "long": ["--seconds", 20]}[LEVEL]
    out = run("reader", *amount, timeout=1800)
    assert "\n0 violations" in out
