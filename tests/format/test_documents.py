"""The documents of the core: what they name is there, and what they tell to run, runs."""

import os
import pathlib
import re
import shlex
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = ("docs/format.md", "docs/internals.md", "docs/recovery.md", "core/README.md")


def text(name: str) -> str:
    return (ROOT / name).read_text()


def anchors(name: str) -> set:
    headings = re.findall(r"^#+ (.*)$", text(name), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    for link in re.findall(r"\]\((?!http)([^)]+)\)", text(name)):
        file, _, anchor = link.partition("#")
        target = (ROOT / name).parent / file if file else ROOT / name
        assert target.exists(), link
        assert not anchor or anchor in anchors(str(target.resolve().relative_to(ROOT))), link


def test_tables_are_tables():
    for path in [ROOT / "README.md", ROOT / "core/README.md", *(ROOT / "docs").glob("*.md")]:
        width = 0
        for line in re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL).splitlines():
            cells = len(re.sub(r"`[^`]*`", "", line).replace("\\|", "").split("|")) if "|" in re.sub(r"`[^`]*`", "", line) else 0
            assert not cells or (line.startswith("|") and line.endswith("|")), f"{path.name}: {line}"
            assert not cells or width in (0, cells), f"{path.name}: {line}"
            width = cells


def test_every_file_of_the_core_is_on_its_map():
    rows = dict(re.findall(r"^\| `(\w+)/` \| (.*) \|$", text("core/README.md"), re.MULTILINE))
    rows["segment"] += re.search(r"^## The files of `segment/`$(.*?)^## ", text("core/README.md"), re.MULTILINE | re.DOTALL)[1]
    for path in (ROOT / "core").glob("*/*.c"):
        names = re.findall(r"`(\w+)(\*)?", rows[path.parent.name])
        assert any(path.stem == name or (star and path.stem.startswith(name)) for name, star in names), path


def test_every_shared_struct_has_an_owner_on_the_map():
    structs = {name for path in (ROOT / "core").glob("*/*.[ch]") for name in re.findall(r"^struct (\w+_sh) \{", path.read_text(), re.MULTILINE)}
    assert len(structs) >= 23
    assert structs <= set(re.findall(r"`(\w+_sh)", text("core/README.md").split("## Who writes")[1]))


def test_sections_that_the_core_names_in_recovery_are_there():
    headings = set(re.findall(r"^#+ (.*)$", text("docs/recovery.md"), re.MULTILINE))
    for path in (ROOT / "core").glob("*/*.[ch]"):
        for name in re.findall(r'docs/recovery\.md, "([^"]+)"', path.read_text()):
            assert name in headings, f"{path}: {name}"


def test_the_program_of_internals_runs(library_path, tmp_path):
    source, program = tmp_path / "writers.c", tmp_path / "writers"
    source.write_text(re.search(r"^```c\n(.*?)^```", text("docs/internals.md"), re.MULTILINE | re.DOTALL)[1])
    compiler = shlex.split(os.environ.get("CC", "cc"))
    folder = pathlib.Path(library_path).resolve().parent
    subprocess.run([*compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-I", ROOT / "core/include", source, library_path,
                    f"-Wl,-rpath,{folder}", "-o", program], check=True)
    said = subprocess.run([program, "2", "1"], check=True, capture_output=True, text=True, timeout=60).stdout
    assert re.fullmatch(r"2 processes, 1 segments: \d+\.\d\d million puts a second\n", said)
