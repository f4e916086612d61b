"""A million rounds of create, put, get and remove leave the heap, the process's memory, descriptors and maps where they were."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
PHP = ["php", "-n", "-d", f"extension={os.environ.get('SHOAL_PHP_EXTENSION')}", str(HERE / "rounds.php")]


def test_nothing_grows_in_c(run, amount):
    assert "nothing grew" in run("rounds", "--rounds", amount(1_000_000))


@pytest.mark.parametrize("command", [[sys.executable, str(HERE / "rounds.py")], PHP], ids=["python", "php"])
def test_nothing_grows_in_an_interpreter(command, amount):
    done = subprocess.run([*command, str(amount(1_000_000))], check=True, stdout=subprocess.PIPE, timeout=900)
    before, after, findings = json.loads(done.stdout)
    print("used, resident KiB, maps, descriptors:", before, after)
    assert findings == []
    assert after[0] == before[0], "the heap grew"
    assert after[1] <= before[1] + 1024, "the process grew"
    assert after[3] == before[3], "descriptors are left open"
    assert after[2] <= before[2] + 2, "mappings are left"  # an allocator may split one of its own
