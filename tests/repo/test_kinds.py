"""Every kind of the core's list has all that a kind has: row, header, drivers, documents, stub, types."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = re.search(r"#define SHOAL_KIND_LIST\(X\)((?:.*\\\n)*.*)", (ROOT / "core/include/shoal/kind.h").read_text())[1]
KINDS = re.findall(r'X\(\w+, \d+, (\w+), "an?", "(\w+)"\)', LIST)  # what its files are called, what it is
NO_HANDLE = {"Value"}  # reading it gives a copy: nothing to be a class of
HEADING = r"^#+ [^\n]*\b(?:{name}|{plural}s)\b"  # NdArray is called "Arrays" there

# what it is: the file, and what stands in it; {file}, {name} and {plural} are the kind's
PARTS = {
    "a header of the core": ("core/include/shoal/{file}.h", r"^SHOAL_API int shoal_\w+_(open|put)\("),
    "its line in shoal.h": ("core/include/shoal.h", r'^#include "shoal/{file}\.h"'),
    "a row in core/objects": ("core/objects/{file}.c", r"^const struct shoal__kind shoal__{file}_kind = \{{"),
    "a driver in C": ("tests/kinds/{file}.c", r"^const struct driver {file}_driver = \{{"),
    "a driver in Python": ("tests/kinds/{file}.py", r"^DRIVER = {name}\(\)"),
    "a driver in PHP": ("tests/kinds/{file}.php", r"^return new Kind\("),
    "a section in docs/python.md": ("docs/python.md", HEADING),
    "a section in docs/php.md": ("docs/php.md", HEADING),
    "a section in docs/c.md": ("docs/c.md", HEADING),
    "a table in docs/format.md": ("docs/format.md", r"^### {name}\n(?:(?!#).*\n)*?\| ?-"),
}
PARTS_OF_HANDLES = {
    "a class in the .pyi": ("python/shoal/_shoal.pyi", r"^@final\nclass {name}:\n    \"\"\""),
    "its name in the package": ("python/shoal/__init__.py", r"^from \._shoal import {name} as {name}$"),
    "a file in python/src": ("python/src/{file}.c", r"\w"),
    "a class in a PHP stub": ("php/{file}.stub.php", r"^final class {name}\b"),
    "a file in php": ("php/{file}.c", r'^#include "{file}_arginfo\.h"'),
}


def lacks(file, name, root=ROOT):
    """What it has not."""
    told = {"file": file, "name": name, "plural": name.removeprefix("Nd")}
    for part, (path, pattern) in {**PARTS, **({} if name in NO_HANDLE else PARTS_OF_HANDLES)}.items():
        where = root / path.format(**told)
        if not where.is_file() or not re.search(pattern.format(**told), where.read_text(), re.MULTILINE):
            yield f"{part} ({where.relative_to(root)})"


def test_the_list_is_read_whole():
    assert len(KINDS) == LIST.count("X(") >= 9 and ("rwlock", "RWLock") in KINDS


@pytest.mark.parametrize("file, name", KINDS)
def test_a_kind_has_everything_that_a_kind_has(file, name):
    assert list(lacks(file, name)) == []


def test_a_kind_that_has_nothing_lacks_all_of_it():
    assert len(list(lacks("nothing", "Nothing"))) == len(PARTS) + len(PARTS_OF_HANDLES)


@pytest.mark.parametrize("part", [*PARTS, *PARTS_OF_HANDLES])
def test_each_thing_that_is_missing_is_told(part, tmp_path):
    """A tree in which a made-up kind has everything, but this."""
    told = {"file": "once", "name": "Once", "plural": "Once"}
    for each, (path, _) in {**PARTS, **PARTS_OF_HANDLES}.items():
        where = tmp_path / path.format(**told)
        where.parent.mkdir(parents=True, exist_ok=True)
        if each != part:
            lock = (ROOT / path.format(file="lock")).read_text() if where.suffix != ".h" or "{" in path else '#include "shoal/lock.h"\n'
            where.write_text(re.sub(r"(?i)lock", lambda found: "Once" if found[0][0] == "L" else "once", lock))
    assert [said.partition(" (")[0] for said in lacks("once", "Once", tmp_path)] == [part]


def test_there_are_drivers_of_these_kinds_only():
    files = {file for file, _ in KINDS}
    for suffix, others in (("py", {"__init__", "driver"}), ("php", {"kinds"}), ("c", {"kinds"})):
        assert {path.stem for path in (ROOT / "tests/kinds").glob(f"*.{suffix}")} - others == files, suffix
