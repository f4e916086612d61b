"""The torture programs in C: killed at random moments, and at every one."""

import os


def test_nothing_is_lost_torn_or_leaked_when_c_workers_are_killed(run, amount):
    assert "nothing leaked" in run("storm", "--kills", amount(1400), "--seconds", 1200, timeout=1500)


def test_nothing_is_lost_when_more_workers_than_processors_are_killed(run, amount):
    assert "nothing leaked" in run("storm", "--kills", amount(200), "--workers", 8, "--seconds", 600, timeout=900)


def test_everybody_gets_on_when_those_who_hold_and_wait_are_killed(run, amount):
    assert "everybody got on" in run("locks_storm", "--kills", amount(1500), "--seconds", 1200, timeout=1500)


def test_everybody_gets_on_when_more_than_there_are_processors_are_killed(run, amount):
    assert "everybody got on" in run("locks_storm", "--kills", amount(800), "--workers", 12, "--seconds", 600, timeout=900)


def test_64_processes_racing_open_or_create_end_up_on_one_segment(run, amount):
    assert "one segment each" in run("race", "--rounds", amount(1000), "--processes", 64, timeout=1500)


def test_a_death_at_any_instruction_of_any_operation_is_mended(run):
    """Each operation, one instruction at a time; of some images the recovery as well."""
    level = os.environ.get("SHOAL_TORTURE", "default")
    few = ["put_new", "put_replace", "put_grow", "lock_acquire", "rwlock_write_wait", "condition_wait"] if level == "short" else []
    again = {"short": 0, "default": 1, "long": 6}[level]
    out = run("step", "--again", again, *few, timeout=1800)
    assert "VIOLATION" not in out and "0 violations" in out


def test_no_wake_up_is_lost_whoever_is_interrupted_where(run):
    """Who waits, or who gives, stopped at each instruction near the sleep, while the other runs."""
    out = run("wakes", *(["--all"] if os.environ.get("SHOAL_TORTURE") == "long" else []), timeout=1800)
    assert "\n0 violations" in out


def test_a_reader_stopped_at_any_instruction_finds_one_version_whole(run):
    level = os.environ.get("SHOAL_TORTURE", "default")
    few = ["get:grow", "names:remove"] if level == "short" else []
    out = run("reader", "--seconds", {"short": 1, "default": 3, "long": 20}[level], *few, timeout=1800)
    assert "\n0 violations" in out
