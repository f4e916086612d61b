"""The examples that are programs of both languages run, and find nothing wrong."""

import pathlib
import subprocess
import sys

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def test_the_camera_is_watched_in_both_languages():
    done = subprocess.run([sys.executable, str(EXAMPLES / "camera/run.py"), "40"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    assert [line.split()[0] for line in said[:3]] == ["quick", "slow", "php"] and said[-1] == "camera: ok" and "40 pictures were published" in said[-2]


def test_the_jobs_of_a_page_in_php_are_done_by_workers_in_python():
    done = subprocess.run([sys.executable, str(EXAMPLES / "jobs/run.py"), "40"], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    assert said[0].startswith("40 reports ordered") and len(said) == 45 and said[-1] == "jobs: ok"
