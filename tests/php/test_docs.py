"""The examples of docs/php.md run, in their order, and print what stands below them."""

import os
import pathlib
import re
import subprocess

import pytest

from serving import extension

DOC = pathlib.Path(__file__).resolve().parents[2] / "docs/php.md"
EXAMPLES = re.findall(r"^```php\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", DOC.read_text(), re.M | re.S)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("docs")


def test_there_are_examples():
    assert len(EXAMPLES) >= 12 and all(output for _, output in EXAMPLES)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_example(directory, number):
    code, output = EXAMPLES[number]
    script = directory / f"example{number}.php"
    script.write_text(code)
    command = ["php", "-n", "-d", "display_errors=1", "-d", f"extension={extension()}", str(script)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60,
                         env={**os.environ, "SHOAL_DIR": str(directory)})
    assert ran.stdout == output and ran.returncode == 0, ran.stdout + ran.stderr


def test_nothing_is_left(directory):
    assert not list(directory.glob("shoal.*"))
