"""Deaths and pauses at the named points of core/platform/point.h, of up to two processes at once."""

import datetime
import os
import pathlib
import subprocess

import pytest
from programs import sources

HERE = pathlib.Path(__file__).resolve().parent
CORE = HERE.parent.parent / "core"
LEVEL = os.environ.get("SHOAL_TORTURE", "default")
AMOUNT = {
    "short": ["--pairs", "0", "put_replace", "put_big_from_big", "lock_wait", "rwlock_grace", "recover_redo", "reap_run"],
    "default": ["--pairs", "1", "--seconds", "20"],
    "long": ["--all"],
}


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """The program, with the whole core in it, and the points in that."""
    out = tmp_path_factory.mktemp("points") / "points"
    subprocess.run(
        ["cc", "-std=c11", "-D_GNU_SOURCE", "-DSHOAL_POINTS", "-O1", "-g", "-Wall", "-Wextra", "-Wl,--wrap=shoal__wait,--wrap=open64,--wrap=syscall",
         f"-I{CORE}/include", f"-I{CORE}", *sources("points"), *sorted(CORE.glob("*/*.c")), "-pthread", "-o", out], check=True)
    return out


@pytest.mark.timeout(7200)
def test_a_death_or_a_pause_at_any_point_is_no_harm_to_others(points):
    """A victim at one point, one who comes next dead at another, a third that goes on. Another sample every day."""
    seed = datetime.date.today().toordinal()
    done = subprocess.run([points, "--seed", str(seed), *AMOUNT[LEVEL]], text=True, stdout=subprocess.PIPE, timeout=7000)
    print(done.stdout)
    assert done.returncode == 0 and "VIOLATION" not in done.stdout, done.stdout
