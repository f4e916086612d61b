"""Nobody dies here: processes that use the same few names for different kinds, on all processors at once, checked at the end."""

import datetime
import json
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
SEED = datetime.date.today().toordinal()  # another sample every day
SECONDS = {"short": 2.5, "default": 8, "long": 300}[os.environ.get("SHOAL_TORTURE", "default")]
OTHERS = {
    "python": [sys.executable, HERE / "contest_worker.py"],
    "php": ["php", "-n", "-d", f"extension={os.environ.get('SHOAL_PHP_EXTENSION')}", HERE / "contest_worker.php"],
}


def contest(run, *arguments):
    out = run("contest", "--seed", SEED, *arguments, timeout=SECONDS + 120)
    figures = json.loads(out.splitlines()[-1])
    assert figures["violations"] == 0 and figures["operations"] > 1000
    return figures


def test_names_that_become_other_kinds_leave_the_segment_sound(run):
    contest(run, "--seconds", SECONDS)


def test_names_that_become_other_kinds_in_a_file_on_disk_leave_the_segment_sound(run, tmp_path):
    contest(run, "--seconds", SECONDS, "--directory", tmp_path)


def test_names_that_become_other_kinds_beside_a_reader_leave_the_segment_sound(run):
    contest(run, "--seconds", SECONDS / 2, "--processes", 2, "--readers", 1)


@pytest.mark.parametrize("language", OTHERS)
def test_names_that_become_other_kinds_leave_the_segment_sound_when_a_competitor_is_in(run, language):
    contest(run, "--seconds", SECONDS / 2, "--processes", 2, "--", *OTHERS[language])
