"""Values of both languages in contests: values/fidelity.py and values/many.py say what they do. Nobody dies here."""

import datetime
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LEVEL = os.environ.get("SHOAL_TORTURE", "default")
SEED = datetime.date.today().toordinal()  # another sample every day


def figures(program, *arguments, timeout):
    done = subprocess.run([sys.executable, HERE / "values" / program, *map(str, arguments), "--seed", str(SEED)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout.splitlines()[-1])


def test_any_value_goes_to_php_and_back_bit_for_bit_or_is_refused_with_its_path():
    values = {"short": 250, "default": 1000, "long": 30000}[LEVEL]
    counted = figures("fidelity.py", "--values", values, timeout=120 + values // 5)
    assert counted["values"] == values and counted["differences"] == 0
    assert counted["of_php"] > values / 2 and counted["edges_accepted"] > values / 5 and counted["edges_refused"] > values / 5


def test_no_value_is_torn_under_two_writers_while_names_become_other_kinds():
    seconds = {"short": 3, "default": 10, "long": 120}[LEVEL]
    counted = figures("many.py", "race", "--seconds", seconds, timeout=seconds + 120)
    assert counted["reads"] > 100 * seconds and counted["checks"] > seconds
    assert counted["torn"] == counted["findings"] == counted["wrong"] == 0


def test_a_soak_leaves_descriptors_mappings_and_memory_as_they_were():
    seconds = {"short": 4, "default": 12, "long": 600}[LEVEL]
    counted = figures("many.py", "soak", "--seconds", seconds, timeout=2 * seconds + 120)
    assert counted["operations"] > 100 * seconds and counted["checks"] > 3
    assert counted["torn"] == counted["findings"] == counted["wrong"] == 0
