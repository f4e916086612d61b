"""A check that begins beside a writer in the midst of a change finds nothing wrong in what is sound."""

import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
CORE = HERE.parent.parent / "core"


def test_a_change_that_ends_while_a_check_walks_is_no_damage(tmp_path):
    """Also one that had only been counted when the check began: nothing of it was noted."""
    program = tmp_path / "moment"
    subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-DSHOAL_POINTS", "-O1", "-g", "-Wall", "-Wextra", f"-I{CORE}/include", f"-I{CORE}", HERE / "moment.c",
                    *sorted(CORE.glob("*/*.c")), "-pthread", "-o", program], check=True)
    done = subprocess.run([program], text=True, stdout=subprocess.PIPE, timeout=300)
    assert done.returncode == 0 and "VIOLATION" not in done.stdout, done.stdout
    assert int(re.search(r"^(\d+) points, 0 wrong$", done.stdout, re.MULTILINE)[1]) > 15
