"""Many threads at once, each kind of use in a process of its own: races.py. With the GIL a sample; without it what they are for."""

import os
import pathlib
import re
import subprocess
import sys
import sysconfig

import pytest
import shoal

RACES = pathlib.Path(__file__).with_name("races.py")
SOURCES = "".join(RACES.with_name(f"races_of_{what}.py").read_text() for what in ("objects", "values"))
KINDS = re.findall(r"^@kind\ndef (\w+)\(", SOURCES, re.MULTILINE)
SECONDS = float(os.environ.get("SHOAL_RACE_SECONDS", "0.2"))
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def run(*arguments):
    """A crash says where every thread was. Another interpreter and its packages: with ThreadSanitizer, which is slow."""
    env, python = {**os.environ, "PYTHONFAULTHANDLER": "1"}, [sys.executable]
    if "SHOAL_RACE_PYTHON" in env:
        env["PYTHONPATH"], python = env["SHOAL_RACE_PATH"], env["SHOAL_RACE_PYTHON"].split()
    return subprocess.run([*python, RACES, *arguments], env=env, capture_output=True, text=True, timeout=600)


@pytest.mark.timeout(660)
@pytest.mark.parametrize("kind", KINDS)
def test_threads_do_it_at_once(kind):
    ended = run(kind, "--seconds", str(SECONDS))
    assert ended.returncode == 0, f"{ended.returncode}\n{ended.stdout}\n{ended.stderr[-6000:]}"
    assert re.match(rf"{kind}: [1-9][0-9]* rounds, GIL {'off' if FREE_THREADED else 'on'}, 0 failures$", ended.stdout.strip()), ended.stdout


def test_all_kinds_are_run():
    assert len(KINDS) >= 17 and run("--list").stdout.split() == KINDS


def test_the_import_leaves_the_gil_off():
    code = "import shoal, shoal._aio, shoal._records, shoal.compat.multiprocessing, sys; print(getattr(sys, '_is_gil_enabled', lambda: True)())"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    ended = subprocess.run([sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True)
    assert (ended.stdout, ended.stderr) == (f"{not FREE_THREADED}\n", "")


def test_threads_that_share_an_iterator_get_each_element_once_and_it_goes_through_pickle():
    import copy
    import operator
    import pickle

    with shoal.create() as segment:
        array = segment.array("a", (4, 2), "i8")
        array[...] = [[1, 2], [3, 4], [5, 6], [7, 8]]
        rows = iter(array)
        assert iter(rows) is rows and operator.length_hint(rows) == 4 and next(rows).tolist() == [1, 2]
        assert [row.tolist() for row in copy.copy(rows)] == [[3, 4], [5, 6], [7, 8]]
        assert [row.tolist() for row in pickle.loads(pickle.dumps(rows))] == [[3, 4], [5, 6], [7, 8]]
        assert len(list(rows)) == 3 and operator.length_hint(rows) == 0 and list(rows) == [] and list(copy.copy(rows)) == []
        with pytest.raises(TypeError):
            iter(segment.array("one", ()))
