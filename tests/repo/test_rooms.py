"""The house rules of core/README.md that a machine can hold."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE = ROOT / "core"
PUBLIC = CORE / "include/shoal.h"
ROOMS = ("platform", "value", "sync", "segment", "store", "objects")  # low to high
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


NO_CODE = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", re.DOTALL)
FUNCTION = r"[^;{}=#]*?\b(shoal_\w+)\s*\([^;{}]*\)\s*\{"
DEFINED = {".c": re.compile(r"^(?!static\b)\w" + FUNCTION, re.MULTILINE), ".h": re.compile(r"^static inline\b" + FUNCTION, re.MULTILINE)}
IN_HEADER = re.compile(r"^#define(?:[^\n]*\\\n)*[^\n]*|^\{.*?^\}", re.MULTILINE | re.DOTALL)  # what is code there: macros and bodies
PROTOTYPE = re.compile(r"^(?!typedef)\w[^;{}=#()]*\b(shoal_\w+)\s*\([^;{}]*\)[^;{}()]*(?:\([^;{}]*\))?;", re.MULTILINE)
USED = re.compile(r"(?<!struct )(?<!enum )(?<!union )\bshoal_\w+")


def core_texts() -> dict:
    """The code of every file of the core, by "room/file.c"."""
    return {str(path.relative_to(CORE)): path.read_text() for path in core_sources()}


def part(file: str) -> str:
    return file.rpartition(".")[0]  # a .c and its header are one


def arrows(texts: dict) -> dict:
    """{(part, another): why}: the first includes a header of the other, or uses a function that the other defines."""
    code = {file: NO_CODE.sub(" ", text) for file, text in texts.items()}
    home = {name: part(file) for file, text in code.items() for name in DEFINED[file[-2:]].findall(text)}
    found = {}
    for file, text in code.items():
        used = USED.findall(" ".join(IN_HEADER.findall(text)) if file.endswith(".h") else text)
        reasons = [(part(name), f'#include "{name}"') for bracket, name in INCLUDE.findall(texts[file]) if bracket == '"' and "/" in name]
        for to, why in reasons + [(home[name], name) for name in used if name in home]:
            if to != part(file):
                found.setdefault((part(file), to), f"{file}: {why}")
    return found


def upward(texts: dict, place) -> list:
    """Arrows from a part to one whose place is not below its own; `place` is None for what is not looked at."""
    seen = [(place(a), place(b), why) for (a, b), why in arrows(texts).items()]
    return sorted(why for a, b, why in seen if a is not None and b is not None and b >= a)


def room_of(name: str):
    return ROOMS.index(name.partition("/")[0]) if name.partition("/")[0] in ROOMS else None


def order_of_segment() -> list:
    """The files of segment/, low to high, as core/README.md has them."""
    _, _, text = (CORE / "README.md").read_text().partition("## The files of `segment/`")
    rows = [line for line in text.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    return ["segment/" + name for row in rows for name in re.findall(r"`(\w+)`", row.rpartition(" | ")[2])]


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


def test_calls_go_downward_only():
    between = {(a, b): why for (a, b), why in arrows(core_texts()).items() if None not in (room_of(a), room_of(b))}
    assert [why for (a, b), why in between.items() if room_of(b) > room_of(a)] == []
    assert len(between) > 300  # it looks


def test_each_file_of_segment_has_its_place():
    order = order_of_segment()
    assert sorted(order) == sorted({part(f"segment/{path.name}") for path in sources(CORE / "segment")})


def test_no_file_of_segment_knows_one_above_it():
    """So there is no circle among them, either. What has to call upward is handed a pointer: core/README.md names these."""
    order = order_of_segment()
    assert upward(core_texts(), lambda name: order.index(name) if name in order else None) == []


def test_what_a_header_of_segment_declares_its_own_file_defines():
    for path in (CORE / "segment").glob("*.h"):
        text, body = NO_CODE.sub(" ", path.read_text()), path.with_suffix(".c")
        declared = set(PROTOTYPE.findall(re.sub(r"^\{.*?^\}", "{}", text, flags=re.MULTILINE | re.DOTALL)))
        defined = set(DEFINED[".c"].findall(NO_CODE.sub(" ", body.read_text()))) if body.exists() else set()
        assert declared <= defined, path.name


LOW, HIGH = "void shoal__low(void)\n{\n}\n", "void shoal__high(void)\n{\n    shoal__low();\n}\n"


@pytest.mark.parametrize("more, seen", [
    ({}, 0),
    ({"segment/low.c": LOW + "static void look(void)\n{\n    shoal__high();\n}\n"}, 1),
    ({"segment/low.c": LOW + "static void (*const later)(void) = shoal__high;\n"}, 1),
    ({"segment/low.h": "static inline int shoal__look(void)\n{\n    return shoal__high();\n}\n"}, 1),
    ({"segment/low.h": "#define LOOK(a) \\\n    (shoal__high(), a)\n"}, 1),
    ({"segment/low.h": '#include "segment/high.h"\n'}, 1),
    ({"segment/low.h": "void shoal__high(void);\nstruct shoal__high *it;\n/* shoal__high() */\n"}, 0),
    ({"segment/low.c": LOW + "static struct shoal__high it; /* shoal__high() */\nstatic const char *const name = \"shoal__high\";\n"}, 0),
])
def test_the_look_at_calls_sees_a_breach(more, seen):
    texts = {"segment/low.c": LOW, "segment/high.c": HIGH, **more}
    order = ["segment/low", "segment/high"]
    assert len(upward(texts, order.index)) == seen
    assert len(upward(texts, order[::-1].index)) == 1  # the one call of HIGH


def test_objects_never_include_a_sibling():
    for path in sources(CORE / "objects"):
        entered = [name for bracket, name in includes(path) if name.startswith("objects/")]
        family = path.stem.partition("_")[0]  # a kind of several files: queue.c, queue_put.c
        siblings = [name for name in entered if pathlib.Path(name).stem not in (path.stem, family, "object", "objects", "kinds")]
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


def test_the_command_includes_only_the_public_header_of_the_core():
    private, own = {path.name for room in ROOMS for path in (CORE / room).glob("*.h")}, {path.name for path in (ROOT / "cli").glob("*.h")}
    files = sources(ROOT / "cli")
    assert len(files) > 15
    for path in files:
        assert {name for bracket, name in includes(path) if bracket == '"'} <= own, path
        for _, name in includes(path):
            assert name.partition("/")[0] not in (*ROOMS, "core", "..", "include"), f"{path}: {name}"
            assert name in own or name.rpartition("/")[2] not in private, f"{path}: {name}"


def test_the_command_names_no_kind():
    """What there is of an object comes out of its description."""
    texts = "".join(path.read_text() for path in (CORE / "include").rglob("*.h"))
    names = re.findall(r"^    X\(\w+, \d+, \w+, \"an?\", \"(\w+)\"\)", texts, re.MULTILINE)
    assert len(names) >= 9
    for path in sources(ROOT / "cli"):
        assert not re.search(r"SHOAL_KIND_(?!LIST\b)\w+", path.read_text()), path
        assert not set(re.findall(r'"(\w+)"', path.read_text())) & set(names), path


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
    for folder in ("core", "cli", "python", "php", "tests", "script", "examples", "bench"):
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


def kinds() -> list:
    """(SHOAL_KIND_<code>, what its files are called) of each kind, from the core's list."""
    text = "".join(path.read_text() for path in sources(CORE / "include"))
    return re.findall(r"^    X\((\w+), \d+, (\w+), \"an?\", ", text, re.MULTILINE)


def test_the_python_binding_names_a_kind_in_its_own_files_only():
    assert len(kinds()) >= 9
    for path in sources(ROOT / "python" / "src"):
        own = {file for _, file in kinds() if path.stem == file or path.stem.startswith(file + "_")}
        named = set(re.findall(r"SHOAL_KIND_(\w+)", path.read_text())) & {code for code, _ in kinds()}
        assert named <= {code for code, file in kinds() if file in own}, path
