"""The examples of docs/asyncio.md and docs/multiprocessing.md are programs that print what they say."""

import pathlib
import re
import subprocess
import sys

import pytest

DOCUMENTS = pathlib.Path(__file__).parents[2] / "docs"


def programs():
    for name in ("asyncio.md", "multiprocessing.md"):
        text = (DOCUMENTS / name).read_text(encoding="utf-8")
        for number, found in enumerate(re.finditer(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)):
            yield pytest.param(found.group(1), id=f"{name}-{number}")


@pytest.mark.parametrize("program", list(programs()))
def test_the_example_prints_what_it_says(program, tmp_path):
    file = tmp_path / "example.py"
    file.write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=60,
        cwd=tmp_path,
    )  # fmt: skip
    expected = re.findall(r"# prints: (.*)$", program, re.MULTILINE)
    assert done.returncode == 0, done.stderr
    assert expected and done.stdout.splitlines() == expected, done.stderr
