"""The torture programs in C: many processes, killed at random moments."""


def test_nothing_is_lost_torn_or_leaked_when_c_workers_are_killed(run, amount):
    assert "nothing leaked" in run("storm", "--kills", amount(1400), "--seconds", 1200, timeout=1500)


def test_nothing_is_lost_when_more_workers_than_processors_are_killed(run, amount):
    assert "nothing leaked" in run("storm", "--kills", amount(200), "--workers", 8, "--seconds", 600, timeout=900)


def test_64_processes_racing_open_or_create_end_up_on_one_segment(run, amount):
    assert "one segment each" in run("race", "--rounds", amount(1000), "--processes", 64, timeout=1500)
