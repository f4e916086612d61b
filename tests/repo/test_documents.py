"""What the documents say is what the code does: versions, errors, and the examples of README.md."""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WRAPPER = shlex.split(os.environ.get("SHOAL_WRAPPER", ""))  # valgrind, in script/test --all


def text(name: str) -> str:
    return (ROOT / name).read_text()


def header_version() -> str:
    return re.search(r'#define SHOAL_VERSION "([^"]+)"', text("core/include/shoal.h"))[1]


def test_errors_page_is_made_from_the_status_list():
    made = subprocess.run([sys.executable, ROOT / "script/make-errors-doc"], check=True, capture_output=True, text=True).stdout
    assert made == text("docs/errors.md"), "run: script/make-errors-doc > docs/errors.md"
    assert made.count("| `SHOAL_E") == 24


@pytest.mark.parametrize("file, pattern", [
    ("core/meson.build", r"version\s*:\s*'([^']+)'"),
    ("CHANGELOG.md", r"^## \[([^\]]+)\]"),
])
def test_version_is_the_same_in(file, pattern):
    assert re.search(pattern, text(file), re.MULTILINE)[1] == header_version()


def test_version_is_the_same_in_the_python_package():
    import importlib.metadata

    import shoal

    assert shoal.__version__ == header_version() == importlib.metadata.version("shoal")


def test_version_is_the_same_in_the_php_extension(php):
    assert php("echo phpversion('shoal');") == header_version()


@pytest.fixture
def php():
    def run(code: str, *arguments: str) -> str:
        command = [*WRAPPER, "php", "-n", "-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}", "-r", code, "--", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    return run


def example(language: str) -> str:
    blocks = re.findall(rf"^```{language}\n(.*?)^```", text("README.md"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, f"README.md has one {language} example"
    return blocks[0]


def shown_output(code: str, comment: str) -> list:
    """What the example says that it prints: the comments at the ends of its print lines."""
    return [line.partition(comment)[2].strip() for line in code.splitlines() if line.lstrip().startswith(("print(", "echo "))]


def test_readme_examples_run_and_print_what_they_say(php, tmp_path):
    python_code, php_code = example("python"), example("php").removeprefix("<?php\n")
    first = subprocess.run([*WRAPPER, sys.executable, "-c", python_code], capture_output=True, text=True, timeout=300)
    try:
        assert first.returncode == 0, first.stderr
        assert first.stdout.splitlines() == shown_output(python_code, "# ")
        assert php(php_code).splitlines() == shown_output(php_code, "// ")
    finally:
        subprocess.run([sys.executable, "-c", "import shoal; shoal.unlink('demo')"], capture_output=True, timeout=60)


def test_readme_links_lead_somewhere():
    for file in ("README.md", "CONTRIBUTING.md"):
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(file)):
            assert (ROOT / link).exists(), f"{file}: {link}"


def test_every_accepted_skip_is_explained():
    accepted = re.search(r"MAY_SKIP = \(([^)]*)\)", text("script/run-tests"))[1]
    for reason in re.findall(r'"([^"]+)"', accepted):
        assert reason in text("README.md"), f"README.md does not say why a test may skip itself for: {reason}"


def test_scripts_are_executable_and_parse():
    for script in [*(ROOT / "script").iterdir(), ROOT / ".ci/run"]:
        if script.suffix in (".txt", ".supp") or script.name in ("env.sh", "__pycache__"):
            continue
        assert os.access(script, os.X_OK), script
        if script.read_text().startswith("#!/usr/bin/env bash"):
            subprocess.run(["bash", "-n", script], check=True)
