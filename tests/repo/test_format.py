"""C looks as .clang-format says, in all files that are written by hand."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLANG_FORMAT = pathlib.Path(sys.executable).parent / "clang-format"
ROOMS = ("core", "cli", "python", "php", "tests", "bench", "examples")


def sources() -> list:
    return sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.[ch]") if not file.name.endswith("_arginfo.h"))


def unformatted(files: list) -> str:
    ran = subprocess.run([CLANG_FORMAT, "--style=file", "--dry-run", "--Werror", *files], cwd=ROOT, capture_output=True, text=True, timeout=300)
    return ran.stderr


def test_c_is_formatted():
    files = sources()
    assert len(files) > 150
    assert unformatted(files) == "", "run: clang-format -i FILE, with the version of script/requirements-test.txt"


def test_what_is_not_formatted_is_told(tmp_path):
    (tmp_path / ".clang-format").write_text((ROOT / ".clang-format").read_text())
    ill = tmp_path / "ill.c"
    ill.write_text("int f(void) { return 1 ; }\n")
    assert "ill.c:1" in unformatted([ill])
