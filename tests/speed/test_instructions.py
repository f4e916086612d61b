"""The hot paths take no more instructions than was recorded: counted, so the same on each run. Only with script/test --all."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = pathlib.Path(os.environ.get("SHOAL_LIBRARY", ROOT / "build/core/libshoal.so"))


def test_no_hot_path_takes_more_instructions_than_was_recorded():
    done = subprocess.run([sys.executable, ROOT / "bench/instructions.py", "--library", LIBRARY], text=True, timeout=3000,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
