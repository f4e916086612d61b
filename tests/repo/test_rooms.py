"""The house rules of core/README.md that a machine can hold."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE = ROOT / "core"
PUBLIC = CORE / "include/shoal.h"
ROOMS = ("platform", "value", "sync", "segment", "objects")  # low to high
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def sources(folder: pathlib.Path) -> list:
    return sorted(path for path in folder.rglob("*.[ch]") if not path.name.endswith("_arginfo.h"))


def includes(path: pathlib.Path) -> list:
    return INCLUDE.findall(path.read_text())


def core_sources() -> list:
    return [path for room in ROOMS for path in sources(CORE / room)]


def breaches(room: str, text: str) -> list:
    """The includes of a core file that its room may not have."""
    wrong = []
    for bracket, name in INCLUDE.findall(text):
        entered = name.partition("/")[0]
        if bracket == "<":
            if entered in ROOMS or name in ("Python.h", "php.h") or name.startswith(("Zend/", "zend")):
                wrong.append(name)
        elif name != "shoal.h" and (entered not in ROOMS[: ROOMS.index(room) + 1] or "/" not in name):
            wrong.append(name)
    return wrong


def test_the_core_has_all_its_rooms_and_no_others():
    folders = {path.name for path in CORE.iterdir() if path.is_dir()}
    assert folders == {*ROOMS, "include"}


@pytest.mark.parametrize("path", core_sources(), ids=lambda path: str(path.relative_to(CORE)))
def test_includes_go_downward_only(path):
    assert breaches(path.parent.name, path.read_text()) == []


@pytest.mark.parametrize("text", ['#include "objects/lock.h"', '#include "../sync/mutex.h"', '#include "mutex.h"',
                                  "#include <Python.h>", "#  include <php.h>", '#include "segment/heap.h"'])
def test_the_include_rule_sees_a_breach(text):
    assert breaches("sync", "#include <stdint.h>\n" + text + "\n")


def test_objects_never_include_a_sibling():
    for path in sources(CORE / "objects"):
        entered = [name for bracket, name in includes(path) if name.startswith("objects/")]
        siblings = [name for name in entered if pathlib.Path(name).stem not in (path.stem, "object", "objects", "kinds")]
        assert siblings == [], path


@pytest.mark.parametrize("binding", ["python", "php"])
def test_a_binding_includes_only_the_public_header_of_the_core(binding):
    private = {path.name for room in ROOMS for path in (CORE / room).glob("*.h")}
    own = {path.name for path in (ROOT / binding).rglob("*.h")}
    for path in sources(ROOT / binding):
        for _, name in includes(path):
            parts = pathlib.PurePath(name).parts
            assert parts[0] not in (*ROOMS, "core", "..", "include"), f"{path}: {name}"
            assert parts[-1] in own or parts[-1] not in private, f"{path}: {name}"


def test_the_public_header_includes_its_parts_and_the_standard_library_only():
    parts = sorted(f"shoal/{path.name}" for path in (CORE / "include/shoal").iterdir())
    assert sorted(name for bracket, name in includes(PUBLIC) if bracket == '"') == parts and len(parts) > 15
    assert {name for bracket, name in includes(PUBLIC) if bracket == "<"} <= {"stdbool.h", "stddef.h", "stdint.h"}
    assert all(includes(CORE / "include" / part) == [] for part in parts)


def test_no_public_header_is_longer_than_150_lines():
    assert {path.name for path in [PUBLIC, *(CORE / "include/shoal").iterdir()] if len(path.read_text().splitlines()) > 150} == set()


def test_system_calls_stay_in_the_platform_room():
    forbidden = {"sys/mman.h", "sys/stat.h", "sys/syscall.h", "linux/futex.h", "fcntl.h", "unistd.h", "signal.h", "time.h", "dirent.h"}
    for room in ROOMS[1:]:
        for path in sources(CORE / room):
            assert not forbidden & {name for _, name in includes(path)}, path


def test_no_room_or_file_is_named_for_nothing():
    for folder in ("core", "python", "php", "tests", "script", "examples", "bench"):
        for path in (ROOT / folder).rglob("*"):
            assert path.stem not in ("util", "utils", "common", "misc", "helpers"), path


def test_shared_structs_hold_only_what_every_process_reads_alike():
    """A struct that ends in _sh lives in the segment: fixed-width integers, offsets and other _sh structs only."""
    forbidden = re.compile(r"\*|\b(size_t|long|bool|pthread_\w+|int|unsigned|time_t|off_t)\b")
    found = 0
    for path in core_sources():
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(), flags=re.DOTALL)
        for name, body in re.findall(r"struct\s+(\w+_sh)\s*\{(.*?)\n\}", text, re.DOTALL):
            found += 1
            assert not forbidden.search(body), f"{path}: struct {name}: {forbidden.search(body)}"
    assert found >= 3


def test_the_python_binding_gives_the_gil_up_in_one_way_only():
    """The core asks it to when it waits for a structure's lock, so it must know of each thread whether it has the GIL."""
    for path in sources(ROOT / "python" / "src"):
        if path.suffix == ".c" and path.name != "gil.c":
            assert not re.search(r"Py_BEGIN_ALLOW_THREADS|PyEval_SaveThread\(|Py_UNBLOCK_THREADS", path.read_text()), path
